#include "foundation/net/single_flight.h"

#include <chrono>
#include <exception>

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "foundation/net/worker.h"

namespace valetkey::net {
namespace {

using Timer = asio::basic_waitable_timer<std::chrono::steady_clock,
                                         asio::wait_traits<std::chrono::steady_clock>, Executor>;

}  // namespace

void spawn_detached(const Executor& executor, Task<void> task) {
  Worker* worker = Worker::current();
  if (worker != nullptr && worker->executor() == executor) {
    worker->spawn(std::move(task));
    return;
  }
  asio::co_spawn(executor, std::move(task), [](std::exception_ptr escaped) {
    if (escaped) std::terminate();
  });
}

struct Rendezvous::Waiter {
  Executor executor;
  std::weak_ptr<Timer> timer;  // touched on its own worker only
};

Rendezvous::Rendezvous() = default;
Rendezvous::~Rendezvous() = default;

void Rendezvous::fire() {
  std::vector<Waiter> waiters;
  {
    std::lock_guard lock(mutex_);
    fired_ = true;
    waiters.swap(waiters_);
  }
  for (Waiter& waiter : waiters) {
    asio::post(waiter.executor, [timer = std::move(waiter.timer)] {
      if (auto alive = timer.lock()) alive->cancel();
    });
  }
}

Task<bool> Rendezvous::wait(std::shared_ptr<Rendezvous> self, Millis patience, Cancellation* cancellation) {
  Executor executor = co_await asio::this_coro::executor;
  auto timer = std::make_shared<Timer>(executor);
  timer->expires_after(std::chrono::milliseconds(patience > 0 ? patience : 0));
  {
    std::lock_guard lock(self->mutex_);
    if (self->fired_) co_return true;
    if (cancellation != nullptr && cancellation->requested()) co_return false;
    self->waiters_.push_back(Waiter{executor, timer});
  }
  std::optional<OnCancel> on_cancel;
  if (cancellation != nullptr) on_cancel.emplace(*cancellation, [&timer] { timer->cancel(); });
  boost::system::error_code
      ignored;  // how the timer ended does not matter, only whether the event has happened
  co_await timer->async_wait(asio::redirect_error(asio::use_awaitable_t<Executor>(), ignored));
  std::lock_guard lock(self->mutex_);
  co_return self->fired_;
}

}  // namespace valetkey::net
