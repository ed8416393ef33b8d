#include "engine/dialects/failure.h"

#include <gtest/gtest.h>

#include "engine/dialects/stream_failures.h"
#include "foundation/base/json.h"

namespace valetkey {
namespace {

TEST(ErrorEnvelope, AlwaysHasFourKeys) {
  Failure failure;
  failure.message = "no \"such\" model";
  failure.type = "invalid_request_error";
  EXPECT_EQ(
      error_envelope(failure),
      R"({"error":{"message":"no \"such\" model","type":"invalid_request_error","param":null,"code":null}})");
  failure.param = "model";
  failure.code = "model_not_found";
  EXPECT_EQ(
      error_envelope(failure),
      R"({"error":{"message":"no \"such\" model","type":"invalid_request_error","param":"model","code":"model_not_found"}})");
}

TEST(ErrorEnvelope, IsJsonWhateverTheMessage) {
  Failure failure;
  failure.message = "broken \xff text";
  EXPECT_TRUE(JsonDocument::parse(error_envelope(failure)).ok());
}

TEST(ErrorResponse, RoundsRetryAfterUpAndSaysWhetherToRetry) {
  Failure failure;
  failure.status = 429;
  failure.retry_after = 1001;
  failure.should_retry = false;
  auto response = error_response(failure);
  EXPECT_EQ(response.status, 429);
  EXPECT_EQ(response.headers.get("Content-Type"), "application/json");
  EXPECT_EQ(response.headers.get("Retry-After"), "2");
  EXPECT_EQ(response.headers.get("retry-after-ms"), "1001");
  EXPECT_EQ(response.headers.get("x-should-retry"), "false");
}

TEST(ErrorResponse, LeavesOutWhatIsUnknown) {
  auto response = error_response(Failure{});
  EXPECT_EQ(response.status, 502);
  EXPECT_FALSE(response.headers.has("Retry-After"));
  EXPECT_FALSE(response.headers.has("x-should-retry"));
}

TEST(WaitInMessage, ReadsTheUnitsUpstreamsWrite) {
  using dialects::wait_in_message;
  EXPECT_EQ(wait_in_message("Please try again in 11.054s. Visit"), 11054);
  EXPECT_EQ(wait_in_message("Try again in 28ms."), 28);
  EXPECT_EQ(wait_in_message("try again in 35 seconds"), 35000);
  EXPECT_EQ(wait_in_message("try again in 2 minutes"), 120000);
  EXPECT_EQ(wait_in_message("try again in 6m0s"), 360000);
  EXPECT_EQ(wait_in_message("try again in 1 hour"), 3600000);
  EXPECT_EQ(wait_in_message("try again in a while"), std::nullopt);
  EXPECT_EQ(wait_in_message("try again in 99999999999999999999s"), std::nullopt);
  EXPECT_EQ(wait_in_message("later"), std::nullopt);
}

struct CodeCase {
  const char* code;
  Failure::Kind kind;
  int status;
  std::optional<bool> retry;
};

TEST(StreamFailures, EveryCodeHasItsClass) {
  using Kind = Failure::Kind;
  for (const CodeCase& c : {
           CodeCase{"context_length_exceeded", Kind::invalid_request, 400, false},
           CodeCase{"insufficient_quota", Kind::quota, 429, false},
           CodeCase{"usage_limit_reached", Kind::quota, 429, false},
           CodeCase{"usage_not_included", Kind::forbidden, 403, false},
           CodeCase{"cyber_policy", Kind::policy, 400, false},
           CodeCase{"invalid_prompt", Kind::policy, 400, false},
           CodeCase{"server_is_overloaded", Kind::overloaded, 503, std::nullopt},
           CodeCase{"slow_down", Kind::overloaded, 503, std::nullopt},
           CodeCase{"rate_limit_exceeded", Kind::rate_limit, 429, std::nullopt},
           CodeCase{"server_error", Kind::upstream, 502, std::nullopt},
           CodeCase{"unheard_of", Kind::upstream, 502, std::nullopt},
           CodeCase{"invalid_encrypted_content", Kind::invalid_request, 400, false},
           CodeCase{"image_too_large", Kind::invalid_request, 400, false},
           CodeCase{"model_overloaded:gpt", Kind::overloaded, 503, std::nullopt},
           CodeCase{"token_expired", Kind::reauthenticate, 401, false},
       }) {
    Failure failure =
        dialects::classify_stream_error(dialects::UpstreamError{.code = c.code, .message = "m"});
    EXPECT_EQ(failure.kind, c.kind) << c.code;
    EXPECT_EQ(failure.status, c.status) << c.code;
    EXPECT_EQ(failure.should_retry, c.retry) << c.code;
    EXPECT_EQ(failure.message, "m");
  }
}

Failure from_json(std::string_view text) {
  auto document = JsonDocument::parse(text);
  return dialects::classify_stream_error(document->root());
}

TEST(StreamFailures, ReadsEveryShape) {
  EXPECT_EQ(from_json(R"({"type":"error","code":"slow_down","message":"x"})").status, 503);
  EXPECT_EQ(
      from_json(
          R"({"type":"error","error":{"type":"usage_limit_reached","message":"x","resets_in_seconds":60}})")
          .retry_after,
      60000);
  EXPECT_EQ(from_json(R"({"type":"error","error":{"type":"usage_limit_reached","message":"x"}})").code,
            "usage_limit_reached");
  EXPECT_EQ(from_json(R"({"type":"error","status":429,"error":{"message":"x"}})").status, 429);
  EXPECT_EQ(from_json(R"({"error":{"message":"x","code":503}})").status, 503);
  EXPECT_EQ(from_json(R"({"code":"rate_limit","error":"too many requests"})").message, "too many requests");
  EXPECT_EQ(from_json(R"({"error":"broken"})").message, "broken");
  EXPECT_EQ(from_json(R"({})").status, 502);
}

TEST(StreamFailures, NeverShowHtml) {
  auto failure = dialects::classify_stream_error(dialects::UpstreamError{.message = "<html>blocked</html>"});
  EXPECT_EQ(failure.message.find('<'), std::string::npos);
}

}  // namespace
}  // namespace valetkey
