#include "engine/providers/retry_after.h"

#include <gtest/gtest.h>

#include "engine/providers/providers_test_support.h"

namespace valetkey::providers {
namespace {

std::optional<Millis> read(std::string_view value) {
  http::Headers headers;
  headers.add("Retry-After", value);
  return read_retry_after(headers, kNoon);
}

TEST(RetryAfter, WholeSeconds) {
  EXPECT_EQ(read("0"), 0);
  EXPECT_EQ(read("30"), 30 * kSecond);
  EXPECT_EQ(read(" 7 "), 7 * kSecond);
  EXPECT_EQ(read("1209600"), 14 * kDay);
}

TEST(RetryAfter, FractionsAreRoundedUpToTheMillisecond) {
  EXPECT_EQ(read("1.5"), 1500);
  EXPECT_EQ(read("0.0001"), 1);
}

TEST(RetryAfter, ADateInTheFutureCountsFromNow) {
  EXPECT_EQ(read("Thu, 20 Nov 2025 12:01:30 GMT"), 90 * kSecond);
  EXPECT_EQ(read("Thursday, 20-Nov-25 12:00:05 GMT"), 5 * kSecond);
  EXPECT_EQ(read("Thu Nov 20 13:00:00 2025"), kHour);
}

TEST(RetryAfter, ADateThatHasPassedSaysNothing) {
  EXPECT_EQ(read("Thu, 20 Nov 2025 11:59:59 GMT"), std::nullopt);
  EXPECT_EQ(read("Thu, 20 Nov 2025 12:00:00 GMT"), std::nullopt);
}

TEST(RetryAfter, NonsenseSaysNothing) {
  for (auto* text :
       {"", "-1", "-0.5", "soon", "5 seconds", "nan", "inf", "0x10", "12abc", "Thu, 99 Nov 2025 12:00:00 GMT",
        "Thu, 20 Foo 2025 12:00:00 GMT", "Thu, 20 Nov 2025 25:00:00 GMT", "Thu, 20 Nov 2025 12:00:00 PST"}) {
    EXPECT_EQ(read(text), std::nullopt) << text;
  }
}

TEST(RetryAfter, AbsurdWaitsAreCut) {
  EXPECT_EQ(read("1000000000"), kLongestWait);
  EXPECT_EQ(read("1e9"), kLongestWait);
  EXPECT_EQ(read("99999999999999999999999999"), kLongestWait);
  EXPECT_EQ(read("1e999"), kLongestWait);
  EXPECT_EQ(read("Thu, 20 Nov 2099 12:00:00 GMT"), kLongestWait);
}

TEST(RetryAfter, TheMillisecondHeaderGoesFirst) {
  http::Headers headers;
  headers.add("retry-after", "9");
  headers.add("Retry-After-Ms", "28");
  EXPECT_EQ(read_retry_after(headers, kNoon), 28);
  http::Headers broken;
  broken.add("retry-after", "9");
  broken.add("retry-after-ms", "-4");
  EXPECT_EQ(read_retry_after(broken, kNoon), 9 * kSecond);
}

TEST(TryAgain, EveryUnitSeen) {
  EXPECT_EQ(read_try_again("Rate limit reached. Please try again in 28ms."), 28);
  EXPECT_EQ(read_try_again("Please try again in 11.054s. Visit"), 11'054);
  EXPECT_EQ(read_try_again("try again in 35 seconds"), 35 * kSecond);
  EXPECT_EQ(read_try_again("Try Again In 1 second"), kSecond);
  EXPECT_EQ(read_try_again("try again in 1m30s"), 90 * kSecond);
  EXPECT_EQ(read_try_again("try again in 6m0s."), 6 * kMinute);
  EXPECT_EQ(read_try_again("try again in 2 hours 5 minutes"), 2 * kHour + 5 * kMinute);
  EXPECT_EQ(read_try_again("try again in 3 days"), 3 * kDay);
}

TEST(TryAgain, NothingWhereNoDurationStands) {
  EXPECT_EQ(read_try_again(""), std::nullopt);
  EXPECT_EQ(read_try_again("try again later"), std::nullopt);
  EXPECT_EQ(read_try_again("try again in a while"), std::nullopt);
  EXPECT_EQ(read_try_again("try again in -3s"), std::nullopt);
  EXPECT_EQ(read_try_again("try again in 5 parsecs"), std::nullopt);
}

}  // namespace
}  // namespace valetkey::providers
