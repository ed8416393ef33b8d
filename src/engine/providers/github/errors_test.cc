#include "engine/providers/github/errors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/providers/providers_test_support.h"

namespace valetkey::providers::github {
namespace {

using Kind = Failure::Kind;

Failure read(int status, std::string_view body, http::HeaderList headers = {}) {
  return classify(status, view_of(headers), body, kNoon);
}

std::string coded(std::string_view code) {
  return R"({"error":{"message":"m","code":")" + std::string(code) + R"("}})";
}

struct Row {
  int upstream;
  const char* body;
  Kind kind;
  int status;
};
class GithubRows : public testing::TestWithParam<Row> {};

TEST_P(GithubRows, OfTheTable) {
  auto [upstream, body, kind, status] = GetParam();
  auto failure = read(upstream, body);
  EXPECT_EQ(failure.kind, kind) << upstream << " " << body;
  EXPECT_EQ(failure.status, status) << upstream << " " << body;
  EXPECT_FALSE(failure.message.empty());
  EXPECT_FALSE(failure.type.empty());
}

INSTANTIATE_TEST_SUITE_P(
    Table, GithubRows,
    testing::Values(
        Row{400, R"({"error":{"message":"m","code":"model_not_supported"}})", Kind::invalid_request, 400},
        Row{400, R"({"error":{"message":"m","code":"off_topic"}})", Kind::policy, 400},
        Row{400, R"({"error":{"message":"m","code":"previous_response_not_found"}})", Kind::invalid_request,
            400},
        Row{400, R"({"error":{"message":"m","code":"invalid_request_body"}})", Kind::invalid_request, 400},
        Row{400, "Bad Request", Kind::invalid_request, 400},
        Row{401, "unauthorized: token expired", Kind::reauthenticate, 401},
        Row{401, "", Kind::reauthenticate, 401},
        Row{403, "forbidden: token expired", Kind::reauthenticate, 401},
        Row{403, R"({"message":"Not allowed"})", Kind::forbidden, 403},
        Row{403, "<html>blocked</html>", Kind::upstream, 502},
        Row{403, R"({"message":"API rate limit exceeded for user","status":"403"})", Kind::rate_limit, 429},
        Row{404, "", Kind::not_found, 404}, Row{413, "", Kind::invalid_request, 413},
        Row{422, R"({"error":{"message":"filtered"}})", Kind::policy, 422}, Row{424, "", Kind::upstream, 502},
        Row{466, "", Kind::upstream, 502}, Row{499, "", Kind::upstream, 502},
        Row{500, "", Kind::upstream, 500}, Row{502, "", Kind::upstream, 502},
        Row{503, "", Kind::overloaded, 503}, Row{504, "", Kind::timeout, 504}));

TEST(GithubErrors, UnsupportedApiKeepsItsCodeSoThatTheRelayReroutes) {
  auto failure = read(400, coded("unsupported_api_for_model"));
  EXPECT_EQ(failure.code, "unsupported_api_for_model");
  EXPECT_EQ(failure.kind, Kind::invalid_request);
}

TEST(GithubErrors, QuotaForWeeks) {
  auto failure = read(402, coded("quota_exceeded"), {{"retry-after", "1814400"}});
  EXPECT_EQ(failure.kind, Kind::quota);
  EXPECT_EQ(failure.status, 402);
  EXPECT_EQ(failure.code, "quota_exceeded");
  EXPECT_EQ(failure.retry_after, 21 * kDay);
  auto by_date = read(402, coded("quota_exceeded"), {{"retry-after", "Mon, 01 Dec 2025 12:00:00 GMT"}});
  EXPECT_EQ(by_date.retry_after, 11 * kDay);
  EXPECT_EQ(read(402, "You have no quota").code, "quota_exceeded");
}

TEST(GithubErrors, EveryRateLimitCodeAlsoWithATail) {
  for (auto* code :
       {"rate_limited", "user_model_rate_limited", "user_global_rate_limited", "integration_rate_limited"}) {
    EXPECT_EQ(read(429, coded(code)).kind, Kind::rate_limit) << code;
    EXPECT_EQ(read(429, coded(std::string(code) + ":gpt-5")).kind, Kind::rate_limit) << code;
    EXPECT_EQ(read(429, R"({"code":")" + std::string(code) + R"(","message":"m"})").kind, Kind::rate_limit)
        << code;
  }
  EXPECT_EQ(read(429, coded("model_overloaded")).kind, Kind::overloaded);
  for (auto* code : {"user_weekly_rate_limited", "agent_mode_limit_exceeded"}) {
    EXPECT_EQ(read(429, coded(code)).kind, Kind::quota) << code;
    EXPECT_EQ(read(429, coded(code)).should_retry, false) << code;
  }
  EXPECT_EQ(read(429, coded("rate_limited_elsewhere")).kind, Kind::rate_limit) << "by its status";
}

TEST(GithubErrors, RetrySignals) {
  EXPECT_EQ(read(424, "").should_retry, true);
  EXPECT_EQ(read(499, "").should_retry, true);
  EXPECT_EQ(read(466, "").should_retry, false);
  EXPECT_EQ(read(429, "", {{"retry-after", "30"}}).should_retry, std::nullopt);
  EXPECT_EQ(read(429, "", {{"retry-after", "61"}}).should_retry, false);
  EXPECT_EQ(read(503, "", {{"retry-after", "600"}}).should_retry, false);
}

TEST(GithubErrors, PlainTextIsTheMessage) {
  EXPECT_EQ(read(400, "Bad Request\n").message, "Bad Request");
  EXPECT_EQ(read(500, "").message, "GitHub Copilot returned 500");
}

}  // namespace
}  // namespace valetkey::providers::github
