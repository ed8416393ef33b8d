#include "foundation/http/rate_limiter.h"

#include <gtest/gtest.h>

#include <atomic>
#include <deque>
#include <random>
#include <thread>

namespace valetkey::http {
namespace {

constexpr Millis kStart = 1'000'000;

TEST(RateLimiter, LetsTheLimitThroughAndOneMoreNot) {
  RateLimiter limiter({3, 1000, 100});
  for (int i = 0; i < 3; ++i) EXPECT_EQ(limiter.check("a", kStart + i * 10), 0);
  EXPECT_EQ(limiter.check("a", kStart + 30), 970);
  EXPECT_EQ(limiter.check("b", kStart + 30), 0) << "keys are apart";
}

TEST(RateLimiter, TheWaitItNamesIsExact) {
  RateLimiter limiter({2, 1000, 100});
  EXPECT_EQ(limiter.check("a", kStart), 0);
  EXPECT_EQ(limiter.check("a", kStart + 400), 0);
  EXPECT_EQ(limiter.check("a", kStart + 400), 600);
  EXPECT_EQ(limiter.check("a", kStart + 999), 1);
  EXPECT_EQ(limiter.check("a", kStart + 1000), 0);
  EXPECT_EQ(limiter.check("a", kStart + 1000), 400);
}

TEST(RateLimiter, ThereIsNoBoundaryWithADoubleBurst) {
  RateLimiter limiter({10, 1000, 100});
  for (int i = 0; i < 10; ++i) EXPECT_EQ(limiter.check("a", kStart + 999), 0);
  for (Millis at : {1000, 1001, 1500, 1998}) EXPECT_GT(limiter.check("a", kStart + at), 0) << at;
  for (int i = 0; i < 10; ++i) EXPECT_EQ(limiter.check("a", kStart + 1999), 0);
  EXPECT_GT(limiter.check("a", kStart + 1999), 0);
}

TEST(RateLimiter, ARefusedRequestDoesNotCount) {
  RateLimiter limiter({1, 1000, 100});
  EXPECT_EQ(limiter.check("a", kStart), 0);
  for (int i = 1; i < 1000; ++i) EXPECT_GT(limiter.check("a", kStart + i), 0);
  EXPECT_EQ(limiter.check("a", kStart + 1000), 0);
}

TEST(RateLimiter, AgreesWithAPlainLogOverRandomTimes) {
  std::mt19937 random(7);
  RateLimiter limiter({37, 500, 100});
  std::deque<Millis> log;
  Millis now = kStart;
  for (int i = 0; i < 20'000; ++i) {
    now += random() % 30;
    while (!log.empty() && log.front() <= now - 500) log.pop_front();
    Millis expected = log.size() < 37 ? 0 : log.front() + 500 - now;
    ASSERT_EQ(limiter.check("a", now), expected) << i;
    if (expected == 0) log.push_back(now);
    if (i % 3000 == 0) now += 10'000;
  }
}

TEST(RateLimiter, ZeroMeansNoLimit) {
  RateLimiter limiter({0, 1000, 100});
  for (int i = 0; i < 1000; ++i) ASSERT_EQ(limiter.check("a", kStart), 0);
  EXPECT_EQ(limiter.keys(), 0u);
}

TEST(RateLimiter, AClockThatStepsBackFreesNobodyAndLocksNobodyOut) {
  RateLimiter limiter({1, 1000, 100});
  EXPECT_EQ(limiter.check("a", kStart), 0);
  EXPECT_EQ(limiter.check("a", kStart - 500'000), 1000);
  EXPECT_EQ(limiter.check("a", kStart + 1000), 0);
}

TEST(RateLimiter, ForgetsTheLongestQuietKeyWhenThereAreTooMany) {
  RateLimiter limiter({1, 1'000'000, 160});
  EXPECT_EQ(limiter.check("steady", kStart), 0);
  for (int i = 0; i < 10'000; ++i) {
    limiter.check("key" + std::to_string(i), kStart + i);
    ASSERT_GT(limiter.check("steady", kStart + i), 0) << "a key in use is kept";
  }
  EXPECT_LE(limiter.keys(), 160u);
  EXPECT_EQ(limiter.check("key0", kStart + 10'000), 0);
}

TEST(RateLimiter, ManyThreadsTogetherGetTheLimitExactly) {
  RateLimiter limiter({1000, 1'000'000, 100});
  std::atomic<int> through = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 1000; ++i) {
        if (limiter.check("shared", kStart + i) == 0) ++through;
        limiter.check("key" + std::to_string(i % 300), kStart + i);
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(through, 1000);
}

}  // namespace
}  // namespace valetkey::http
