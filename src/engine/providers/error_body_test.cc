#include "engine/providers/error_body.h"

#include <gtest/gtest.h>

namespace valetkey::providers {
namespace {

TEST(ErrorBody, NestedError) {
  auto body = read_error_body(R"({"error":{"message":"No.","type":"t","param":"p","code":"c"}})");
  EXPECT_TRUE(body.json);
  EXPECT_EQ(body.message, "No.");
  EXPECT_EQ(body.type, "t");
  EXPECT_EQ(body.param, "p");
  EXPECT_EQ(body.code, "c");
}

TEST(ErrorBody, OrderOfTheMessage) {
  EXPECT_EQ(read_error_body(R"({"error":{"message":"1"},"message":"2","detail":"4"})").message, "1");
  EXPECT_EQ(read_error_body(R"({"message":"2","error_details":{"message":"3"},"detail":"4"})").message, "2");
  EXPECT_EQ(read_error_body(R"({"error_details":{"message":"3"},"detail":"4"})").message, "3");
  EXPECT_EQ(read_error_body(R"({"detail":"4"})").message, "4");
  EXPECT_EQ(read_error_body(R"({"detail":[{"loc":["body"],"msg":"field required"}]})").message,
            "field required");
}

TEST(ErrorBody, FlatForms) {
  auto xai = read_error_body(R"({"code":"rate_limit","error":"too many requests"})");
  EXPECT_EQ(xai.code, "rate_limit");
  EXPECT_EQ(xai.message, "too many requests");
  auto oauth = read_error_body(R"({"error":"invalid_grant","error_description":"It is gone."})");
  EXPECT_EQ(oauth.code, "invalid_grant");
  EXPECT_EQ(oauth.message, "It is gone.");
  EXPECT_EQ(read_error_body(R"({"code":"refresh_token_expired"})").code, "refresh_token_expired");
}

TEST(ErrorBody, EventsInPlaceOfAnswers) {
  auto event = read_error_body(R"({"type":"error","code":"slow_down","message":"Busy."})");
  EXPECT_EQ(event.code, "slow_down");
  EXPECT_EQ(event.type, "");
  auto wrapped = read_error_body(
      R"({"type":"error","status":400,"error":{"type":"invalid_request_error","message":"m"}})");
  EXPECT_EQ(wrapped.type, "invalid_request_error");
  auto failed = read_error_body(
      R"({"type":"response.failed","response":{"error":{"code":"server_error","message":"m"}}})");
  EXPECT_EQ(failed.code, "server_error");
  EXPECT_EQ(failed.message, "m");
  EXPECT_EQ(read_error_body(R"([{"error":{"message":"listed"}}])").message, "listed");
}

TEST(ErrorBody, ResetTimes) {
  auto body = read_error_body(
      R"({"error":{"type":"usage_limit_reached","resets_at":1757000000,"resets_in_seconds":12345}})");
  EXPECT_EQ(body.resets_at, 1757000000);
  EXPECT_EQ(body.resets_in_seconds, 12345);
}

TEST(ErrorBody, HtmlIsNeverAMessage) {
  for (auto* page :
       {"<!DOCTYPE html><html>x</html>", "  <HTML><body>Blocked</body>", "<?xml version='1.0'?><e/>"}) {
    auto body = read_error_body(page);
    EXPECT_TRUE(body.html) << page;
    EXPECT_EQ(body.message, "") << page;
  }
  EXPECT_EQ(read_error_body(R"({"error":{"message":"<html><body>oops</body></html>"}})").message, "");
}

TEST(ErrorBody, PlainTextUpToItsLimit) {
  EXPECT_EQ(read_error_body("unauthorized: token expired\n").message, "unauthorized: token expired");
  EXPECT_EQ(read_error_body(std::string(kMaxPlainText, 'a')).message, std::string(kMaxPlainText, 'a'));
  EXPECT_EQ(read_error_body(std::string(kMaxPlainText + 1, 'a')).message, "");
  EXPECT_EQ(read_error_body("").message, "");
}

TEST(ErrorBody, MessagesAreCutAtACharacter) {
  std::string text(kMaxErrorMessage - 1, 'a');
  text += "\xC3\xA9 tail";  // é over the border
  EXPECT_EQ(fit_message(text), std::string(kMaxErrorMessage - 1, 'a'));
}

TEST(ErrorBody, ControlCharactersAndBrokenUtf8DoNotPass) {
  EXPECT_EQ(fit_message("a\r\nb\tc"), "a  b c");
  EXPECT_EQ(fit_message("bad \xff bytes"), "");
}

TEST(ErrorBody, CredentialsDoNotPass) {
  EXPECT_EQ(fit_message("Bad token eyJhbGciOiJub25lIn0.e30."), "");
  EXPECT_EQ(fit_message("Incorrect API key provided: sk-abc"), "");
  EXPECT_EQ(fit_message("token ghu_abc is bad"), "");
  EXPECT_EQ(fit_message("This task-based disk-full text is harmless."),
            "This task-based disk-full text is harmless.");
}

TEST(ErrorBody, TokensThatAreNoTokensAreLeftOut) {
  EXPECT_EQ(read_error_body(R"({"error":{"code":"two words","message":"m"}})").code, "");
  EXPECT_EQ(read_error_body(R"({"error":{"code":"<b>","message":"m"}})").code, "");
  EXPECT_EQ(read_error_body("{\"error\":{\"code\":\"" + std::string(kMaxErrorToken + 1, 'c') + "\"}}").code,
            "");
  EXPECT_EQ(read_error_body(R"({"error":{"code":429,"message":"m"}})").code, "");
}

}  // namespace
}  // namespace valetkey::providers
