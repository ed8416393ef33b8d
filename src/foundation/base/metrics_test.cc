#include "foundation/base/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

namespace valetkey::metrics {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(MetricsTest, CountsOfAllThreadsAreSummed) {
  Registry registry;
  Counter& requests = registry.counter("valetkey_requests_total", "Requests.");
  std::vector<std::thread> threads;
  for (int i = 0; i < 24; ++i) {
    threads.emplace_back([&requests] {
      for (int n = 0; n < 1000; ++n) requests.add();
    });
  }
  for (auto& thread : threads) thread.join();
  requests.add(5);
  EXPECT_EQ(requests.value(), 24'005);
}

TEST(MetricsTest, TheSameNameAndLabelsAreTheSameSeries) {
  Registry registry;
  Counter& first = registry.counter("a_total", "A.", "provider=\"xai\"");
  Counter& other = registry.counter("a_total", "A.", "provider=\"openai\"");
  for (int i = 0; i < 100; ++i) registry.counter("a_total", "A.", "provider=\"p" + std::to_string(i) + "\"");
  EXPECT_EQ(&registry.counter("a_total", "A.", "provider=\"xai\""), &first);
  EXPECT_NE(&first, &other);
}

TEST(MetricsTest, TextHasOneHelpAndTypePerNameAndOneLinePerSeries) {
  Registry registry;
  registry.counter("a_total", "What it\ncounts \\ here.", "provider=\"xai\"").add(3);
  registry.counter("a_total", "ignored", "provider=\"openai\"").add(4);
  int64_t open = 7;
  registry.gauge("streams", "Open streams.", [&open] { return open; });
  EXPECT_EQ(registry.text(),
            "# HELP a_total What it\\ncounts \\\\ here.\n"
            "# TYPE a_total counter\n"
            "a_total{provider=\"xai\"} 3\n"
            "a_total{provider=\"openai\"} 4\n"
            "# HELP streams Open streams.\n"
            "# TYPE streams gauge\n"
            "streams 7\n");
  open = 8;
  EXPECT_THAT(registry.text(), HasSubstr("streams 8\n"));
}

TEST(MetricsTest, HistogramBucketsAreCumulativeSecondsWithInclusiveUpperBounds) {
  Registry registry;
  Histogram& time = registry.histogram("t_seconds", "Time.", "route=\"/v1\"");
  time.observe(0);
  time.observe(100);          // on the bound: inside
  time.observe(101);          // one past
  time.observe(500'000'000);  // above every bound
  std::string text = registry.text();
  EXPECT_THAT(text, HasSubstr("t_seconds_bucket{route=\"/v1\",le=\"0.0001\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("t_seconds_bucket{route=\"/v1\",le=\"0.00025\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("t_seconds_bucket{route=\"/v1\",le=\"1\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("t_seconds_bucket{route=\"/v1\",le=\"120\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("t_seconds_bucket{route=\"/v1\",le=\"+Inf\"} 4\n"));
  EXPECT_THAT(text, HasSubstr("t_seconds_sum{route=\"/v1\"} 500.000201\n"));
  EXPECT_THAT(text, HasSubstr("t_seconds_count{route=\"/v1\"} 4\n"));
}

TEST(MetricsTest, ASeriesWithoutLabelsHasNoBraces) {
  Registry registry;
  registry.histogram("t_seconds", "Time.").observe(1);
  EXPECT_THAT(registry.text(), HasSubstr("t_seconds_count 1\n"));
  EXPECT_THAT(registry.text(), HasSubstr("t_seconds_bucket{le=\"+Inf\"} 1\n"));
  EXPECT_THAT(registry.text(), Not(HasSubstr("{}")));
}

}  // namespace
}  // namespace valetkey::metrics
