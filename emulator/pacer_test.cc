#include "pacer.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "foundation/net/worker.h"

namespace valetkey::emulator {
namespace {

struct Outcome {
  int passed = 0, cancelled = 0;
  Millis slowest = 0;
};

Task<void> wait_once(Pacer& pacer, Millis duration, Cancellation& cancellation, Outcome& outcome, int& left,
                     net::Worker& worker) {
  const Millis start = steady_millis();
  const bool passed = co_await pacer.wait(duration, cancellation);
  ++(passed ? outcome.passed : outcome.cancelled);
  if (passed) {
    EXPECT_GE(steady_millis() - start, duration);
    outcome.slowest = std::max(outcome.slowest, steady_millis() - start);
  }
  if (--left == 0) worker.stop();
}

TEST(Pacer, HoldsManyWaitersAndNeverWakesOneEarly) {
  net::Worker worker(0);
  Pacer pacer(worker.context());
  Cancellation cancellation;
  Outcome outcome;
  constexpr int kWaiters = 2000;
  int left = kWaiters;
  for (int i = 0; i < kWaiters; ++i)
    worker.spawn(wait_once(pacer, i % 60, cancellation, outcome, left, worker));
  worker.run();
  EXPECT_EQ(outcome.passed, kWaiters);
}

TEST(Pacer, WaitsLongerThanOneTurnOfTheWheel) {
  net::Worker worker(0);
  Pacer pacer(worker.context());
  Cancellation cancellation;
  Outcome outcome;
  int left = 1;
  worker.spawn(wait_once(pacer, 1100, cancellation, outcome, left, worker));
  worker.run();
  EXPECT_EQ(outcome.passed, 1);
}

Task<void> keep_schedule(Pacer& pacer, Cancellation& cancellation, net::Worker& worker) {
  const Pacer::Instant start = std::chrono::steady_clock::now();
  for (int i = 1; i <= 20; ++i) {
    const Pacer::Instant due = start + i * std::chrono::milliseconds(3);
    EXPECT_TRUE(co_await pacer.wait_until(due, cancellation));
    EXPECT_GE(std::chrono::steady_clock::now(), due);
  }
  EXPECT_TRUE(co_await pacer.wait_until(start, cancellation));  // a time that is over is not waited for
  cancellation.request();
  EXPECT_FALSE(co_await pacer.wait_until(start, cancellation));
  worker.stop();
}

TEST(Pacer, WaitsForTimesOfASchedule) {
  net::Worker worker(0);
  Pacer pacer(worker.context());
  Cancellation cancellation;
  worker.spawn(keep_schedule(pacer, cancellation, worker));
  worker.run();
}

Task<void> cancel_after(Millis duration, Cancellation& cancellation) {
  (void)co_await net::sleep_for(duration);
  cancellation.request();
}

TEST(Pacer, EndsAWaitWhenItIsCancelled) {
  net::Worker worker(0);
  Pacer pacer(worker.context());
  Cancellation cancellation;
  Outcome outcome;
  int left = 2;
  worker.spawn(wait_once(pacer, kHour, cancellation, outcome, left, worker));
  worker.spawn(wait_once(pacer, 5, cancellation, outcome, left, worker));
  worker.spawn(cancel_after(50, cancellation));
  worker.run();
  EXPECT_EQ(outcome.passed, 1);
  EXPECT_EQ(outcome.cancelled, 1);
}

}  // namespace
}  // namespace valetkey::emulator
