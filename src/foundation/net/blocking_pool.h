// Threads for work that blocks (a database, password hashing), with a bounded queue. Results come back on the
// caller's worker.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <type_traits>

#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "foundation/base/result.h"
#include "foundation/base/task.h"

namespace valetkey::net {

class BlockingPool {
 public:
  BlockingPool(unsigned threads, size_t max_queued);
  ~BlockingPool();  // finishes what is queued

  // False when the queue is full. The job runs on one of the pool's threads.
  bool submit(std::function<void()> job);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Suspends the caller until `start` calls the completion it is given (from any thread, exactly once), then
// goes on on the caller's own executor with the value passed.
template <class T>
Task<T> suspend_until(std::function<void(std::function<void(T)>)> start) {
  auto executor = co_await asio::this_coro::executor;
  auto initiate = [&](auto handler) {
    auto shared = std::make_shared<decltype(handler)>(std::move(handler));
    start([shared, executor](T value) {
      asio::post(executor, [shared, value = std::move(value)]() mutable { (*shared)(std::move(value)); });
    });
  };
  co_return co_await asio::async_initiate<const asio::use_awaitable_t<Executor>, void(T)>(
      initiate, asio::use_awaitable_t<Executor>());
}

// Runs `work` (returning Result<T>) on the pool. Code::unavailable when the queue is full.
template <class F>
auto run_on(BlockingPool& pool, F work) -> Task<std::invoke_result_t<F&>> {
  using R = std::invoke_result_t<F&>;
  std::function<void(std::function<void(std::optional<R>)>)> start =
      [&pool, work = std::make_shared<F>(std::move(work))](std::function<void(std::optional<R>)> done) {
        if (!pool.submit([work, done] { done((*work)()); })) {
          done(R(Error{Code::unavailable, "queue full", "blocking_pool"}));
        }
      };
  std::optional<R> result = co_await suspend_until<std::optional<R>>(std::move(start));
  co_return std::move(*result);
}

}  // namespace valetkey::net
