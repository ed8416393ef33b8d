#include "engine/providers/openai/device_replies.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/providers/providers_test_support.h"

namespace valetkey::providers::openai {
namespace {

using Kind = DevicePoll::Kind;
using ::testing::HasSubstr;
using ::testing::Not;

DeviceStart start(int status, std::string body) {
  return read_usercode_reply(answer(status, std::move(body)), "https://auth.openai.com");
}

Millis interval_of(std::string member) {
  auto reply = start(200, R"({"device_auth_id":"d","user_code":"ABCD-12345")" + member + "}");
  return reply.code ? reply.code->interval : -1;
}

TEST(OpenAiStart, TheCodeAndItsPage) {
  auto reply = start(200, R"({"device_auth_id":"dev-1","user_code":"ABCD-12345","interval":"5"})");
  ASSERT_TRUE(reply.code);
  EXPECT_EQ(reply.code->device_code.reveal(), "dev-1");
  EXPECT_EQ(reply.code->user_code, "ABCD-12345");
  EXPECT_EQ(reply.code->verification_url, "https://auth.openai.com/codex/device");
  EXPECT_EQ(reply.code->lifetime, 15 * kMinute);
}

TEST(OpenAiStart, IntervalAsStringOrNumberWithAFloor) {
  EXPECT_EQ(interval_of(R"(,"interval":"5")"), 5 * kSecond);
  EXPECT_EQ(interval_of(R"(,"interval":7)"), 7 * kSecond);
  EXPECT_EQ(interval_of(R"(,"interval":"0")"), 5 * kSecond);
  EXPECT_EQ(interval_of(R"(,"interval":0.2)"), kSecond);
  EXPECT_EQ(interval_of(""), 5 * kSecond);
  EXPECT_EQ(interval_of(R"(,"interval":"abc")"), 5 * kSecond);
  EXPECT_EQ(interval_of(R"(,"interval":-3)"), 5 * kSecond);
  EXPECT_EQ(interval_of(R"(,"interval":1e12)"), kMinute);
}

TEST(OpenAiStart, TheOlderNameOfTheCode) {
  auto reply = start(200, R"({"device_auth_id":"d","usercode":"WXYZ-99999"})");
  ASSERT_TRUE(reply.code);
  EXPECT_EQ(reply.code->user_code, "WXYZ-99999");
}

TEST(OpenAiStart, NotFoundMeansThePersonMustEnableIt) {
  auto reply = start(404, R"({"detail":"Not Found"})");
  EXPECT_FALSE(reply.code);
  EXPECT_THAT(reply.problem, HasSubstr("enable device code authorization"));
}

TEST(OpenAiStart, EveryOtherFailureIsOurOwnSentence) {
  for (
      auto [status, body] : std::vector<std::pair<int, std::string>>{
          {503, "upstream-secret-text"},
          {200, "<html>upstream-secret-text</html>"},
          {200, "{}"},
          {429, "{}"},
          {403, "<html>Cloudflare upstream-secret-text</html>"},
          {400, R"({"error":"upstream-secret-text"})"},
          {403,
           R"({"error":{"code":"unsupported_country_region_territory","message":"upstream-secret-text"}})"}}) {
    auto reply = start(status, body);
    EXPECT_FALSE(reply.code) << status;
    EXPECT_FALSE(reply.problem.empty()) << status;
    EXPECT_THAT(reply.problem, Not(HasSubstr("upstream-secret-text"))) << status;
  }
}

Kind poll_kind(int status, std::string body = "{}") {
  auto outcome = read_poll_reply(answer(status, std::move(body)));
  auto* poll = std::get_if<DevicePoll>(&outcome);
  return poll != nullptr ? poll->kind : Kind::approved;
}

TEST(OpenAiPoll, PendingIs403Or404WithAnyBody) {
  EXPECT_EQ(poll_kind(403), Kind::pending);
  EXPECT_EQ(poll_kind(404, "<html>"), Kind::pending);
  EXPECT_EQ(poll_kind(403, R"({"error":"authorization_declined"})"), Kind::pending);
}

TEST(OpenAiPoll, TransientFailuresDoNotEndIt) {
  for (int status : {408, 429, 500, 502, 503, 520, 529})
    EXPECT_EQ(poll_kind(status), Kind::transient) << status;
  EXPECT_EQ(poll_kind(200, "not json"), Kind::transient);
}

TEST(OpenAiPoll, TerminalRefusals) {
  EXPECT_EQ(poll_kind(401, R"({"error":"authorization_declined","error_description":"Denied"})"),
            Kind::refused);
  EXPECT_EQ(poll_kind(400, R"({"error":"expired_token"})"), Kind::expired);
  EXPECT_EQ(poll_kind(400), Kind::refused);
  EXPECT_EQ(poll_kind(200, R"({"authorization_code":"c"})"), Kind::refused) << "no verifier";
}

TEST(OpenAiPoll, ApprovalCarriesTheServersVerifier) {
  auto outcome =
      read_poll_reply(answer(200, R"({"authorization_code":"c","code_challenge":"x","code_verifier":"v"})"));
  auto& approval = std::get<Approval>(outcome);
  EXPECT_EQ(approval.code.reveal(), "c");
  EXPECT_EQ(approval.verifier.reveal(), "v");
}

const std::string kIdToken = unsigned_jwt(
    R"({"https://api.openai.com/auth":{"chatgpt_account_id":"acc","chatgpt_plan_type":"pro","chatgpt_account_is_fedramp":true}})");

TEST(OpenAiExchange, Tokens) {
  auto access = unsigned_jwt(R"({"exp":1763643600})");
  auto poll = read_exchange_reply(answer(200, R"({"id_token":")" + kIdToken + R"(","access_token":")" +
                                                  access + R"(","refresh_token":"r","expires_in":60})"),
                                  kNoon);
  ASSERT_EQ(poll.kind, Kind::approved);
  EXPECT_EQ(poll.tokens.access.reveal(), access);
  EXPECT_EQ(poll.tokens.refresh.reveal(), "r");
  EXPECT_EQ(poll.tokens.account_id, "acc");
  EXPECT_EQ(poll.tokens.plan, "pro");
  EXPECT_TRUE(poll.tokens.fedramp);
  EXPECT_EQ(poll.tokens.expires, kNoon + kHour) << "the token's own exp, not expires_in";
}

TEST(OpenAiExchange, WithoutExpTheReplyOrAnHourDecides) {
  std::string head = R"({"id_token":")" + kIdToken + R"(","access_token":"opaque")";
  EXPECT_EQ(read_exchange_reply(answer(200, head + R"(,"expires_in":60})"), kNoon).tokens.expires,
            kNoon + kMinute);
  EXPECT_EQ(read_exchange_reply(answer(200, head + "}"), kNoon).tokens.expires, kNoon + kHour);
  EXPECT_TRUE(read_exchange_reply(answer(200, head + "}"), kNoon).tokens.refresh.empty());
}

TEST(OpenAiExchange, RefusedInAllThreeShapes) {
  for (auto* body :
       {R"({"error":"invalid_grant","error_description":"d"})",
        R"({"error":{"message":"m","type":"t","param":null,"code":"invalid_grant"}})", "<html>no</html>"}) {
    auto poll = read_exchange_reply(answer(400, body), kNoon);
    EXPECT_EQ(poll.kind, Kind::refused) << body;
    EXPECT_THAT(poll.problem, HasSubstr("start it again")) << body;
  }
}

TEST(OpenAiExchange, NoAccountOrNoTokenIsRefused) {
  EXPECT_EQ(read_exchange_reply(answer(200, R"({"access_token":"opaque"})"), kNoon).kind, Kind::refused);
  EXPECT_EQ(read_exchange_reply(answer(200, R"({"id_token":")" + kIdToken + R"("})"), kNoon).kind,
            Kind::refused);
  EXPECT_EQ(read_exchange_reply(answer(200, "garbage"), kNoon).kind, Kind::refused);
}

TEST(OpenAiExchange, ServerTroubleIsTransient) {
  EXPECT_EQ(read_exchange_reply(answer(500, ""), kNoon).kind, Kind::transient);
  EXPECT_EQ(read_exchange_reply(answer(429, "{}"), kNoon).kind, Kind::transient);
}

}  // namespace
}  // namespace valetkey::providers::openai
