#include "engine/providers/openai/errors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/providers/providers_test_support.h"

namespace valetkey::providers::openai {
namespace {

using Kind = Failure::Kind;
using ::testing::HasSubstr;
using ::testing::Not;

Failure read(int status, std::string_view body, http::HeaderList headers = {}) {
  return classify(status, view_of(headers), body, kNoon);
}

std::string coded(std::string_view code, std::string_view message = "m") {
  return R"({"error":{"code":")" + std::string(code) + R"(","message":")" + std::string(message) + R"("}})";
}

struct Row {
  const char* code;
  Kind kind;
  int status;
};
class OpenAiCodes : public testing::TestWithParam<Row> {};

TEST_P(OpenAiCodes, MeanTheSameInsideA200AndWithTheirOwnStatus) {
  auto [code, kind, status] = GetParam();
  for (int upstream : {200, status}) {
    auto failure = read(upstream, coded(code));
    EXPECT_EQ(failure.kind, kind) << code << " " << upstream;
    EXPECT_EQ(failure.status, status) << code << " " << upstream;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Table, OpenAiCodes,
    testing::Values(Row{"context_length_exceeded", Kind::invalid_request, 400},
                    Row{"insufficient_quota", Kind::quota, 429}, Row{"usage_limit_reached", Kind::quota, 429},
                    Row{"usage_not_included", Kind::forbidden, 403}, Row{"cyber_policy", Kind::policy, 400},
                    Row{"bio_policy", Kind::policy, 400}, Row{"invalid_prompt", Kind::policy, 400},
                    Row{"server_is_overloaded", Kind::overloaded, 503},
                    Row{"slow_down", Kind::overloaded, 503},
                    Row{"rate_limit_exceeded", Kind::rate_limit, 429},
                    Row{"server_error", Kind::upstream, 502},
                    Row{"previous_response_not_found", Kind::invalid_request, 400},
                    Row{"invalid_encrypted_content", Kind::invalid_request, 400},
                    Row{"token_expired", Kind::reauthenticate, 401},
                    Row{"token_invalidated", Kind::reauthenticate, 401}));

TEST(OpenAiErrors, DetailWithAParameter) {
  auto failure = read(400, R"({"detail":"Unsupported parameter: max_output_tokens"})");
  EXPECT_EQ(failure.kind, Kind::invalid_request);
  EXPECT_EQ(failure.status, 400);
  EXPECT_EQ(failure.param, "max_output_tokens");
  EXPECT_EQ(failure.code, "unsupported_parameter");
  EXPECT_EQ(failure.message, "Unsupported parameter: max_output_tokens");
  EXPECT_EQ(failure.type, "invalid_request_error");
}

TEST(OpenAiErrors, AModelTheAccountMayNotUse) {
  auto failure =
      read(400, R"({"detail":"The 'x' model is not supported when using Codex with a ChatGPT account."})");
  EXPECT_EQ(failure.status, 400);
  EXPECT_EQ(failure.code, "model_not_supported");
  EXPECT_EQ(failure.param, "model");
  EXPECT_THAT(failure.message, HasSubstr("'x' model is not supported"));
}

TEST(OpenAiErrors, TypeParamAndCodeAreCarried) {
  auto failure = read(
      400, R"({"error":{"message":"m","type":"image_error","param":"input[0]","code":"invalid_image"}})");
  EXPECT_EQ(failure.type, "image_error");
  EXPECT_EQ(failure.param, "input[0]");
  EXPECT_EQ(failure.code, "invalid_image");
}

TEST(OpenAiErrors, UnauthorizedInBothShapesMeansSignInAgain) {
  for (auto* body : {R"({"detail":"Unauthorized"})", R"({"error":{"message":"m","code":"token_expired"}})",
                     "", "<html>"}) {
    auto failure = read(401, body);
    EXPECT_EQ(failure.kind, Kind::reauthenticate) << body;
    EXPECT_EQ(failure.status, 401) << body;
    EXPECT_EQ(failure.code, "sign_in_again") << body;
    EXPECT_THAT(failure.message, HasSubstr("sign in again")) << body;
  }
}

TEST(OpenAiErrors, CloudflaresPageIsTheServersTroubleAndNotTheTokens) {
  auto failure = read(403, "<!DOCTYPE html><html>Sorry, you have been blocked. Cloudflare</html>");
  EXPECT_EQ(failure.kind, Kind::upstream);
  EXPECT_EQ(failure.status, 502);
  EXPECT_EQ(failure.should_retry, false);
  EXPECT_THAT(failure.message, Not(HasSubstr("<")));
}

TEST(OpenAiErrors, RegionBlock) {
  auto failure = read(
      403,
      R"({"error":{"code":"unsupported_country_region_territory","message":"Country, region","type":"request_forbidden"}})");
  EXPECT_EQ(failure.kind, Kind::forbidden);
  EXPECT_EQ(failure.status, 403);
  EXPECT_EQ(failure.code, "unsupported_country_region_territory");
}

TEST(OpenAiErrors, UsageLimitByResetsAt) {
  auto failure = read(
      429,
      R"({"error":{"type":"usage_limit_reached","message":"m","plan_type":"plus","resets_at":1763643600}})");
  EXPECT_EQ(failure.kind, Kind::quota);
  EXPECT_EQ(failure.status, 429);
  EXPECT_EQ(failure.type, "usage_limit_reached");
  EXPECT_EQ(failure.code, "usage_limit_reached");
  EXPECT_EQ(failure.retry_after, kHour);
  EXPECT_EQ(failure.should_retry, false);
}

TEST(OpenAiErrors, UsageLimitByTheOtherSources) {
  EXPECT_EQ(read(429, R"({"error":{"type":"usage_limit_reached","resets_in_seconds":12345}})").retry_after,
            12345 * kSecond);
  EXPECT_EQ(
      read(429, R"({"error":{"type":"usage_limit_reached","resets_in_seconds":5}})", {{"retry-after", "7"}})
          .retry_after,
      7 * kSecond);
  auto by_window =
      read(429, R"({"error":{"type":"usage_limit_reached"}})",
           {{"x-codex-primary-used-percent", "100.0"}, {"x-codex-primary-reset-at", "1763640060"}});
  EXPECT_EQ(by_window.retry_after, kMinute);
  auto unknown = read(429, R"({"error":{"type":"usage_limit_reached"}})");
  EXPECT_EQ(unknown.retry_after, std::nullopt);
  EXPECT_EQ(unknown.should_retry, false);
  EXPECT_EQ(read(429, R"({"error":{"type":"usage_limit_reached","resets_at":99999999999999}})").retry_after,
            60 * kDay);
}

TEST(OpenAiErrors, UsageLimitBehindA404) {
  auto failure = read(404, R"({"error":{"code":"usage_limit_reached","message":"m"}})");
  EXPECT_EQ(failure.kind, Kind::quota);
  EXPECT_EQ(failure.status, 429);
  EXPECT_EQ(read(404, "{}").kind, Kind::not_found);
}

TEST(OpenAiErrors, ABriefLimitInTheSentence) {
  auto failure = read(429, coded("rate_limit_exceeded", "Please try again in 28ms."));
  EXPECT_EQ(failure.kind, Kind::rate_limit);
  EXPECT_EQ(failure.retry_after, 28);
  EXPECT_EQ(failure.should_retry, std::nullopt);
  auto capacity = read(429, R"({"detail":"Selected model is at capacity. Please try a different model."})");
  EXPECT_EQ(capacity.kind, Kind::overloaded);
  EXPECT_EQ(capacity.status, 429);
}

TEST(OpenAiErrors, ServerTroubleKeepsItsTrueStatus) {
  EXPECT_EQ(read(500, "{}").status, 500);
  EXPECT_EQ(read(502, "<html>Bad gateway</html>").status, 502);
  EXPECT_EQ(read(503, "").status, 503);
  EXPECT_EQ(read(504, "").status, 504);
  EXPECT_EQ(read(504, "").kind, Kind::timeout);
  for (int status : {520, 521, 522, 523}) EXPECT_EQ(read(status, "<html>").status, 502) << status;
  EXPECT_EQ(read(529, "").status, 503);
  EXPECT_EQ(read(529, "").kind, Kind::overloaded);
  EXPECT_EQ(read(503, coded("server_is_overloaded")).kind, Kind::overloaded);
  EXPECT_EQ(read(302, "").status, 502);
}

TEST(OpenAiErrors, A200WithoutEventsIsABadGateway) {
  EXPECT_EQ(read(200, "{}").status, 502);
  EXPECT_EQ(read(200, "<html>hello</html>").status, 502);
  EXPECT_THAT(read(200, "<html>hello</html>").message, Not(HasSubstr("hello")));
  EXPECT_EQ(
      read(200,
           R"({"type":"response.failed","response":{"error":{"code":"usage_not_included","message":"m"}}})")
          .status,
      403);
}

TEST(OpenAiErrors, TooLargeIsTheClients) {
  EXPECT_EQ(read(413, "").kind, Kind::invalid_request);
  EXPECT_EQ(read(413, "").status, 413);
  EXPECT_EQ(read(431, "").status, 431);
  EXPECT_EQ(read(409, "{}").should_retry, false) << "SDKs retry 409";
}

}  // namespace
}  // namespace valetkey::providers::openai
