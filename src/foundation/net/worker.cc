#include "foundation/net/worker.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <exception>
#include <optional>
#include <utility>

#include "foundation/base/log.h"

namespace valetkey::net {
namespace {

thread_local Worker* current_worker = nullptr;

using Timer = asio::basic_waitable_timer<std::chrono::steady_clock,
                                         asio::wait_traits<std::chrono::steady_clock>, Executor>;
constexpr asio::use_awaitable_t<Executor> kAwait;

[[noreturn]] void end_process(std::exception_ptr escaped) {
  try {
    std::rethrow_exception(std::move(escaped));
  } catch (const std::exception& e) {
    log::error("task_threw", {{"what", e.what()}});
  } catch (...) {
    log::error("task_threw");
  }
  std::terminate();
}

}  // namespace

Worker::Worker(unsigned index) : index_(index), context_(1) {
  asio::co_spawn(executor(), tick(), [](std::exception_ptr) {});  // not counted in running()
}

Worker::~Worker() = default;

Worker* Worker::current() {
  return current_worker;
}

void Worker::spawn(Task<void> task) {
  running_.fetch_add(1, std::memory_order_relaxed);
  asio::co_spawn(executor(), std::move(task), [this](std::exception_ptr escaped) {
    running_.fetch_sub(1, std::memory_order_relaxed);
    if (escaped) end_process(std::move(escaped));
  });
}

void Worker::post(std::function<void()> function) {
  asio::post(context_, std::move(function));
}

void Worker::run() {
  Worker* outer = std::exchange(current_worker, this);
  context_.run();
  current_worker = outer;
}

void Worker::stop() {
  context_.stop();
}

Task<void> Worker::tick() {
  static_assert(DeadlineWheel::kTick == 2 * DeadlineWheel::kSoon);
  Timer timer(context_);
  for (bool both = false;; both = !both) {
    timer.expires_after(std::chrono::milliseconds(DeadlineWheel::kSoon));
    boost::system::error_code ignored;
    co_await timer.async_wait(asio::redirect_error(kAwait, ignored));
    soon_.sweep(coarse_steady_millis());
    if (both) deadlines_.sweep(coarse_steady_millis());
  }
}

Task<bool> sleep_for(Millis duration, Cancellation* cancellation) {
  if (cancellation != nullptr && cancellation->requested()) co_return false;
  Timer timer(co_await asio::this_coro::executor, std::chrono::milliseconds(duration));
  bool cancelled = false;
  std::optional<OnCancel> on_cancel;
  if (cancellation != nullptr) {
    on_cancel.emplace(*cancellation, [&] {
      cancelled = true;
      timer.cancel();
    });
  }
  boost::system::error_code ignored;
  co_await timer.async_wait(asio::redirect_error(kAwait, ignored));
  co_return !cancelled;
}

}  // namespace valetkey::net
