#include "foundation/net/worker.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "foundation/net/blocking_pool.h"

namespace valetkey::net {
namespace {

Task<void> then_stop(std::function<Task<void>()>& body, Worker& worker) {
  co_await body();
  // Twice: the end of this task is itself queued behind the first.
  worker.post([&worker] { worker.post([&worker] { worker.stop(); }); });
}

void run(Worker& worker, std::function<Task<void>()> body) {
  worker.spawn(then_stop(body, worker));
  worker.run();
}

TEST(Worker, KnowsItselfOnItsThreadOnly) {
  Worker worker(3);
  EXPECT_EQ(Worker::current(), nullptr);
  run(worker, [&]() -> Task<void> {
    EXPECT_EQ(Worker::current(), &worker);
    EXPECT_EQ(worker.running(), 1u);
    co_return;
  });
  EXPECT_EQ(Worker::current(), nullptr);
  EXPECT_EQ(worker.running(), 0u);
}

TEST(Worker, SweepsItsDeadlinesEvery100Milliseconds) {
  Worker worker(0);
  Millis start = steady_millis();
  Deadline deadline(worker.deadlines(), [&] { worker.stop(); });
  deadline.arm(150);
  worker.run();
  EXPECT_GE(steady_millis() - start, 150);
  EXPECT_LT(steady_millis() - start, 2000);
}

TEST(Worker, RunsWhatOtherThreadsPost) {
  Worker worker(0);
  std::atomic<int> sum = 0;
  std::vector<std::thread> posters;
  for (int t = 0; t < 4; ++t) {
    posters.emplace_back([&] {
      for (int i = 0; i < 1000; ++i) {
        worker.post([&] {
          if (++sum == 4000) worker.stop();
        });
      }
    });
  }
  worker.run();
  for (std::thread& poster : posters) poster.join();
  EXPECT_EQ(sum, 4000);
}

TEST(Worker, DestroysUnfinishedTasks) {
  auto alive = std::make_shared<int>(1);
  {
    Worker worker(0);
    auto wait = [](std::shared_ptr<int> held) -> Task<void> {
      co_await sleep_for(kHour);
      held.reset();
    };
    worker.spawn(wait(alive));
    worker.post([&] { worker.stop(); });
    worker.run();
    EXPECT_EQ(alive.use_count(), 2);
  }
  EXPECT_EQ(alive.use_count(), 1);
}

TEST(SleepFor, PassesOrIsCancelled) {
  Worker worker(0);
  run(worker, [&]() -> Task<void> {
    Millis start = steady_millis();
    EXPECT_TRUE(co_await sleep_for(30));
    EXPECT_GE(steady_millis() - start, 29);
    Cancellation cancellation;
    worker.post([&] { cancellation.request(); });
    EXPECT_FALSE(co_await sleep_for(kHour, &cancellation));
    EXPECT_FALSE(co_await sleep_for(kHour, &cancellation));  // requested before
    Cancellation unused;
    EXPECT_TRUE(co_await sleep_for(1, &unused));
  });
}

TEST(BlockingPool, GivesResultsBackOnTheCallersThread) {
  BlockingPool pool(2, 100);
  Worker worker(0);
  run(worker, [&]() -> Task<void> {
    std::thread::id here = std::this_thread::get_id();
    auto work = [here]() -> Result<int> {
      EXPECT_NE(std::this_thread::get_id(), here);
      return 42;
    };
    Result<int> result = co_await run_on(pool, work);
    EXPECT_EQ(std::this_thread::get_id(), here);
    EXPECT_EQ(result.value(), 42);
  });
}

TEST(BlockingPool, AFullQueueIsUnavailableAndTheRestIsFinished) {
  std::atomic<int> done = 0;
  std::atomic<bool> release = false;
  std::atomic<bool> started = false;
  {
    BlockingPool pool(1, 2);
    EXPECT_TRUE(pool.submit([&] {
      started = true;
      while (!release) std::this_thread::yield();
    }));
    while (!started) std::this_thread::yield();
    EXPECT_TRUE(pool.submit([&] { ++done; }));
    EXPECT_TRUE(pool.submit([&] { ++done; }));
    EXPECT_FALSE(pool.submit([&] { ++done; }));
    Worker worker(0);
    run(worker, [&]() -> Task<void> {
      auto work = []() -> Result<int> { return 1; };
      Result<int> result = co_await run_on(pool, work);
      EXPECT_EQ(result.error().code, Code::unavailable);
    });
    release = true;
  }
  EXPECT_EQ(done, 2);
}

TEST(BlockingPool, ManyCallersAtOnce) {
  BlockingPool pool(4, 10'000);
  Worker worker(0);
  int left = 500;
  auto call = [&](int value) -> Task<void> {
    auto work = [value]() -> Result<int> { return value * 2; };
    Result<int> result = co_await run_on(pool, work);
    EXPECT_EQ(result.value(), value * 2);
    if (--left == 0) worker.stop();
  };
  for (int i = 0; i < 500; ++i) worker.spawn(call(i));
  worker.run();
  EXPECT_EQ(left, 0);
}

}  // namespace
}  // namespace valetkey::net
