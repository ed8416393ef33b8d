#include "engine/providers/xai/token_replies.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/providers/providers_test_support.h"

namespace valetkey::providers::xai {
namespace {

using Poll = DevicePoll::Kind;
using Refresh = RefreshReply::Kind;

const std::string kAccess = unsigned_jwt(R"({"sub":"user-7","exp":1763643600})");

TEST(XaiStart, PrefersTheCompletePage) {
  auto start = read_device_reply(
      answer(200, R"({"device_code":"d","user_code":"ABCD-1234","verification_uri":"https://accounts.x.ai/v",
      "verification_uri_complete":"https://accounts.x.ai/v?c=ABCD-1234","expires_in":1800,"interval":5})"));
  ASSERT_TRUE(start.code);
  EXPECT_EQ(start.code->verification_url, "https://accounts.x.ai/v?c=ABCD-1234");
  EXPECT_EQ(start.code->lifetime, 30 * kMinute);
  EXPECT_EQ(start.code->interval, 5 * kSecond);
}

TEST(XaiStart, Defaults) {
  auto start = read_device_reply(
      answer(200, R"({"device_code":"d","user_code":"u","verification_uri":"https://x.ai/v"})"));
  ASSERT_TRUE(start.code);
  EXPECT_EQ(start.code->lifetime, 10 * kMinute);
  EXPECT_EQ(start.code->verification_url, "https://x.ai/v");
}

TEST(XaiStart, FailuresAreSentences) {
  EXPECT_THAT(
      read_device_reply(answer(400, R"({"error":"invalid_client","error_description":"leak"})")).problem,
      testing::HasSubstr("sign-in client"));
  for (auto* body : {"{}", "<html>", R"({"device_code":"d","user_code":"u"})",
                     R"({"device_code":"d","user_code":"u","verification_uri":"javascript:x"})"}) {
    auto start = read_device_reply(answer(200, body));
    EXPECT_FALSE(start.code) << body;
    EXPECT_FALSE(start.problem.empty()) << body;
  }
}

DevicePoll poll(int status, std::string body) {
  return read_poll_reply(answer(status, std::move(body)), 5 * kSecond, kNoon);
}

TEST(XaiPoll, TheErrorsOfRfc8628) {
  EXPECT_EQ(poll(400, R"({"error":"authorization_pending"})").kind, Poll::pending);
  EXPECT_EQ(poll(400, R"({"error":"expired_token"})").kind, Poll::expired);
  EXPECT_EQ(poll(400, R"({"error":"access_denied"})").kind, Poll::refused);
  EXPECT_EQ(poll(400, R"({"error":"authorization_denied"})").kind, Poll::refused);
  auto slower = poll(400, R"({"error":"slow_down"})");
  EXPECT_EQ(slower.kind, Poll::slow_down);
  EXPECT_EQ(slower.interval, 10 * kSecond);
}

TEST(XaiPoll, TroubleStaysPending) {
  EXPECT_EQ(poll(400, "").kind, Poll::pending);
  for (int status : {429, 500, 503}) EXPECT_EQ(poll(status, "").kind, Poll::transient) << status;
  EXPECT_EQ(poll(403, "<html>moved</html>").kind, Poll::transient);
  EXPECT_EQ(poll(200, "<html>").kind, Poll::transient);
}

TEST(XaiPoll, Approved) {
  auto out = poll(200, R"({"access_token":")" + kAccess + R"(","refresh_token":"r","token_type":"Bearer"})");
  ASSERT_EQ(out.kind, Poll::approved);
  EXPECT_EQ(out.tokens.account_id, "user-7");
  EXPECT_EQ(out.tokens.refresh.reveal(), "r");
  EXPECT_EQ(out.tokens.expires, kNoon + kHour) << "exp, for want of expires_in";
}

TEST(XaiPoll, ExpiresInGoesBeforeExpAndAnHourIsTheLastResort) {
  auto told = poll(200, R"({"access_token":")" + kAccess + R"(","expires_in":60})");
  EXPECT_EQ(told.tokens.expires, kNoon + kMinute);
  auto id_token = unsigned_jwt(R"({"sub":"user-8"})");
  auto opaque = poll(200, R"({"access_token":"opaque","id_token":")" + id_token + R"("})");
  ASSERT_EQ(opaque.kind, Poll::approved);
  EXPECT_EQ(opaque.tokens.account_id, "user-8");
  EXPECT_EQ(opaque.tokens.expires, kNoon + kHour);
}

TEST(XaiPoll, WithoutAnAccountItIsRefused) {
  EXPECT_EQ(poll(200, R"({"access_token":"opaque"})").kind, Poll::refused);
  EXPECT_EQ(poll(200, "{}").kind, Poll::refused);
}

TEST(XaiPoll, NoPlan) {
  auto out = poll(403, R"({"error":"access tier denied","code":"tier_denied"})");
  EXPECT_EQ(out.kind, Poll::refused);
  EXPECT_THAT(out.problem, testing::HasSubstr("no plan"));
}

RefreshReply refresh(int status, std::string body) {
  ProviderTokens old;
  old.access = Secret(std::string_view("old"));
  old.refresh = Secret(std::string_view("old-refresh"));
  old.account_id = "user-7";
  return read_refresh_reply(answer(status, std::move(body)), old, kNoon);
}

TEST(XaiRefresh, Classes) {
  EXPECT_EQ(refresh(400, R"({"error":"invalid_grant"})").kind, Refresh::permanent);
  EXPECT_EQ(refresh(401, "{}").kind, Refresh::permanent);
  EXPECT_EQ(refresh(400, R"({"error":"invalid_client"})").kind, Refresh::transient);
  EXPECT_EQ(refresh(403, R"({"error":"tier denied"})").kind, Refresh::permanent);
  EXPECT_EQ(refresh(403, "<html>old endpoint denied</html>").kind, Refresh::transient);
  for (int status : {404, 429, 500, 503}) EXPECT_EQ(refresh(status, "").kind, Refresh::transient) << status;
  EXPECT_EQ(refresh(200, "{}").kind, Refresh::transient);
}

TEST(XaiRefresh, RotationKeepsWhatIsAbsent) {
  auto kept = refresh(200, R"({"access_token":")" + kAccess + R"("})");
  ASSERT_EQ(kept.kind, Refresh::renewed);
  EXPECT_EQ(kept.tokens.refresh.reveal(), "old-refresh");
  auto rotated = refresh(200, R"({"access_token":")" + kAccess + R"(","refresh_token":"next"})");
  EXPECT_EQ(rotated.tokens.refresh.reveal(), "next");
  EXPECT_EQ(rotated.tokens.account_id, "user-7");
  auto other = unsigned_jwt(R"({"sub":"somebody-else"})");
  EXPECT_EQ(refresh(200, R"({"access_token":")" + other + R"("})").kind, Refresh::permanent);
}

TEST(XaiEndpoint, HasMovedWhenItAnswersAPage) {
  EXPECT_TRUE(endpoint_has_moved(answer(403, "<html>Forbidden</html>")));
  EXPECT_TRUE(endpoint_has_moved(answer(404, "")));
  EXPECT_FALSE(endpoint_has_moved(answer(403, R"({"error":"tier denied"})")));
  EXPECT_FALSE(endpoint_has_moved(answer(400, R"({"error":"invalid_grant"})")));
  EXPECT_FALSE(endpoint_has_moved(answer(503, "<html>")));
}

}  // namespace
}  // namespace valetkey::providers::xai
