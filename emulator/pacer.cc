#include "pacer.h"

#include <algorithm>

#include "foundation/net/blocking_pool.h"

namespace valetkey::emulator {

Pacer::Pacer(asio::io_context& context) : timer_(context.get_executor()), swept_(steady_millis()) {}

void Pacer::Waiter::unlink() {
  if (!head) return;
  if (previous)
    previous->next = next;
  else
    *head = next;
  if (next) next->previous = previous;
  head = nullptr;
  --*waiting;
}

void Pacer::Waiter::finish(bool passed) {
  unlink();
  if (auto wake = std::exchange(done, nullptr)) wake(passed);
}

void Pacer::link(Waiter& waiter) {
  Waiter*& head = slots_[static_cast<size_t>(waiter.due) % kSlots];
  waiter.head = &head;
  waiter.next = head;
  if (head) head->previous = &waiter;
  head = &waiter;
  waiter.waiting = &waiting_;
  ++waiting_;
  schedule();
}

void Pacer::schedule() {
  if (scheduled_ || waiting_ == 0) return;
  scheduled_ = true;
  timer_.expires_after(std::chrono::milliseconds(1));
  timer_.async_wait([this](boost::system::error_code error) {
    scheduled_ = false;
    if (!error) tick();
  });
}

void Pacer::tick() {
  const Millis now = steady_millis();
  swept_ = std::max(swept_, now - static_cast<Millis>(kSlots));  // a full turn visits every slot
  while (swept_ < now) {
    ++swept_;
    // Finishing a waiter unlinks it, so the next one is read before.
    for (Waiter* waiter = slots_[static_cast<size_t>(swept_) % kSlots]; waiter != nullptr;) {
      Waiter* next = waiter->next;
      if (waiter->due <= now) waiter->finish(true);
      waiter = next;
    }
  }
  schedule();
}

Task<bool> Pacer::wait(Millis duration, Cancellation& cancellation) {
  if (cancellation.requested()) co_return false;
  if (duration <= 0) co_return true;
  Waiter waiter;
  waiter.due = std::max(steady_millis(), swept_) + duration;
  OnCancel on_cancel(cancellation, [&waiter] { waiter.finish(false); });
  std::function<void(std::function<void(bool)>)> start = [this, &waiter](std::function<void(bool)> done) {
    waiter.done = std::move(done);
    link(waiter);
  };
  co_return co_await net::suspend_until<bool>(std::move(start));
}

}  // namespace valetkey::emulator
