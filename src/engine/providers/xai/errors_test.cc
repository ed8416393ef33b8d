#include "engine/providers/xai/errors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/providers/providers_test_support.h"

namespace valetkey::providers::xai {
namespace {

using Kind = Failure::Kind;

Failure read(int status, std::string_view body, http::HeaderList headers = {}) {
  return classify(status, view_of(headers), body, kNoon);
}

TEST(XaiErrors, BadCredentialsComeAs403AndMean401) {
  auto failure = read(
      403,
      R"({"code":"unauthenticated:bad-credentials","error":"The OAuth2 access token could not be validated."})");
  EXPECT_EQ(failure.kind, Kind::reauthenticate);
  EXPECT_EQ(failure.status, 401);
  EXPECT_EQ(failure.code, "sign_in_again");
}

TEST(XaiErrors, NestedFormMeansTheSame) {
  auto failure = read(
      403,
      R"({"type":"error","status":403,"error":{"code":"unauthenticated:bad-credentials","message":"m"}})");
  EXPECT_EQ(failure.kind, Kind::reauthenticate);
}

TEST(XaiErrors, NoCredits) {
  for (int status : {402, 403}) {
    auto failure = read(
        status, R"({"code":"personal-team-blocked:spending-limit","error":"You have run out of credits"})");
    EXPECT_EQ(failure.kind, Kind::forbidden) << status;
    EXPECT_EQ(failure.status, 403) << status;
    EXPECT_EQ(failure.code, "personal-team-blocked:spending-limit");
    EXPECT_THAT(failure.message, testing::HasSubstr("Add credits"));
  }
}

TEST(XaiErrors, FreeUsageIsADailyQuota) {
  auto failure = read(403, R"({"code":"subscription:free-usage-exhausted","error":"m"})");
  EXPECT_EQ(failure.kind, Kind::quota);
  EXPECT_EQ(failure.status, 429);
  EXPECT_EQ(failure.retry_after, kDay);
  EXPECT_EQ(failure.should_retry, false);
}

TEST(XaiErrors, RateLimitIsBrief) {
  auto failure = read(429, R"({"code":"rate_limit","error":"too many requests"})", {{"retry-after", "3"}});
  EXPECT_EQ(failure.kind, Kind::rate_limit);
  EXPECT_EQ(failure.message, "too many requests");
  EXPECT_EQ(failure.retry_after, 3 * kSecond);
  EXPECT_EQ(failure.should_retry, std::nullopt);
  EXPECT_EQ(read(429, R"({"code":"rate_limit","error":"x"})", {{"retry-after", "90"}}).should_retry, false);
}

TEST(XaiErrors, TheRest) {
  EXPECT_EQ(read(403, R"({"code":"permission_denied","error":"m"})").kind, Kind::forbidden);
  EXPECT_EQ(read(410, "{}").kind, Kind::not_found);
  EXPECT_EQ(read(410, "{}").param, "model");
  auto outdated = read(426, R"({"error":"outdated"})");
  EXPECT_EQ(outdated.status, 502);
  EXPECT_EQ(outdated.should_retry, false);
  EXPECT_EQ(read(402, "").kind, Kind::quota);
  EXPECT_EQ(read(400, R"({"code":"invalid-argument","error":"Bad stop."})").message, "Bad stop.");
  EXPECT_EQ(read(401, "{}").kind, Kind::reauthenticate);
  EXPECT_EQ(read(500, "").status, 500);
}

}  // namespace
}  // namespace valetkey::providers::xai
