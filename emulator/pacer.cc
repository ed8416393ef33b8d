#include "pacer.h"

#include <algorithm>

#include "foundation/net/blocking_pool.h"

namespace valetkey::emulator {

void Pacer::finish(Waiters::iterator waiter, bool passed) {
  auto done = std::move(waiter->second);
  waiters_.erase(waiter);
  done(passed);
}

void Pacer::schedule() {
  if (waiters_.empty()) return;
  const Instant next = std::max(waiters_.begin()->first, woken_ + std::chrono::milliseconds(1));
  if (next >= planned_) return;
  planned_ = next;
  timer_.expires_at(next);  // an earlier wait of this timer ends with an error
  timer_.async_wait([this](boost::system::error_code error) {
    if (!error) wake_due();
  });
}

void Pacer::wake_due() {
  planned_ = Instant::max();
  woken_ = std::chrono::steady_clock::now();
  while (!waiters_.empty() && waiters_.begin()->first <= woken_) finish(waiters_.begin(), true);
  schedule();
}

Task<bool> Pacer::wait(Millis duration, Cancellation& cancellation) {
  return wait_until(std::chrono::steady_clock::now() + std::chrono::milliseconds(duration), cancellation);
}

Task<bool> Pacer::wait_until(Instant due, Cancellation& cancellation) {
  if (cancellation.requested()) co_return false;
  if (due <= std::chrono::steady_clock::now()) co_return true;
  bool waiting = false;
  Waiters::iterator waiter;
  OnCancel on_cancel(cancellation, [&] {
    if (waiting) finish(waiter, false);
  });
  std::function<void(std::function<void(bool)>)> start = [&](std::function<void(bool)> done) {
    waiter = waiters_.emplace(due, [&waiting, done = std::move(done)](bool passed) {
      waiting = false;
      done(passed);
    });
    waiting = true;
    schedule();
  };
  co_return co_await net::suspend_until<bool>(std::move(start));
}

}  // namespace valetkey::emulator
