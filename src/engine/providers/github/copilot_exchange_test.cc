#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/providers/github/copilot_token.h"
#include "engine/providers/providers_test_support.h"

namespace valetkey::providers::github {
namespace {

using Kind = Failure::Kind;

CopilotOutcome read(int status, std::string body, http::HeaderList headers = {}) {
  return read_exchange(answer(status, std::move(body), std::move(headers)), GithubOptions{}, kNoon);
}
CopilotToken token(const CopilotOutcome& outcome) {
  auto* found = std::get_if<std::shared_ptr<const CopilotToken>>(&outcome);
  return found != nullptr ? **found : CopilotToken{};
}
NoCopilot none(const CopilotOutcome& outcome) {
  auto* found = std::get_if<NoCopilot>(&outcome);
  return found != nullptr ? *found : NoCopilot{};
}

TEST(CopilotExchange, TokenAndItsOwnEndpoint) {
  auto got = token(read(200, R"({"token":"tid=1;exp=2","expires_at":1763641800,"refresh_in":1500,
      "endpoints":{"api":"https://api.business.githubcopilot.com"}})"));
  EXPECT_EQ(got.token.reveal(), "tid=1;exp=2");
  EXPECT_EQ(got.api, "https://api.business.githubcopilot.com");
  EXPECT_EQ(got.use_until, kNoon + 1500 * kSecond - kCopilotMargin);
}

TEST(CopilotExchange, AForeignEndpointIsNotUsed) {
  for (auto* url : {"https://evil.example", "http://api.githubcopilot.com",
                    "https://githubcopilot.com.evil.example", "x"}) {
    auto got = token(read(200, R"({"token":"t","endpoints":{"api":")" + std::string(url) + R"("}})"));
    EXPECT_EQ(got.api, "https://api.githubcopilot.com") << url;
  }
  EXPECT_EQ(token(read(200, R"({"token":"t"})")).api, "https://api.githubcopilot.com");
}

TEST(CopilotExchange, ClocksThatDisagree) {
  auto use = [](std::string members) {
    return token(read(200, R"({"token":"t")" + members + "}")).use_until - kNoon;
  };
  EXPECT_EQ(use(R"(,"expires_at":1,"refresh_in":1500)"), 1440 * kSecond) << "refresh_in decides";
  EXPECT_EQ(use(R"(,"expires_at":1)"), kAssumedCopilotUse);
  EXPECT_EQ(use(R"(,"expires_at":1763640600)"), 9 * kMinute);
  EXPECT_EQ(use(R"(,"refresh_in":1)"), kShortestCopilotUse);
  EXPECT_EQ(use(R"(,"refresh_in":1e15)"), kLongestCopilotUse - kCopilotMargin);
  EXPECT_EQ(use(""), kAssumedCopilotUse);
}

TEST(CopilotExchange, ABadGithubTokenMeansSignInAgain) {
  auto refused = none(read(401, R"({"message":"Bad credentials"})"));
  EXPECT_EQ(refused.failure.kind, Kind::reauthenticate);
  EXPECT_EQ(refused.failure.status, 401);
  EXPECT_FALSE(refused.passing);
}

TEST(CopilotExchange, EveryEntitlementHasASentence) {
  for (auto* id :
       {"no_copilot_access", "not_signed_up", "subscription_ended", "enterprise_managed_user_account",
        "feature_flag_blocked", "spammy_user", "billing_locked", "trade_restricted", "something_new"}) {
    auto refused = none(
        read(403, R"({"can_signup_for_limited":true,"error_details":{"message":"leak","notification_id":")" +
                      std::string(id) + R"("},"message":"leak"})"));
    EXPECT_EQ(refused.failure.kind, Kind::forbidden) << id;
    EXPECT_FALSE(refused.problem.empty()) << id;
    EXPECT_THAT(refused.problem, testing::Not(testing::HasSubstr("leak"))) << id;
    EXPECT_FALSE(refused.passing) << id;
  }
  EXPECT_THAT(none(read(404, "")).problem, testing::HasSubstr("no Copilot plan"));
}

TEST(CopilotExchange, ARateLimitIsNoMissingPlan) {
  auto limited = none(
      read(403, R"({"message":"API rate limit exceeded for user","status":"403"})", {{"retry-after", "20"}}));
  EXPECT_EQ(limited.failure.kind, Kind::rate_limit);
  EXPECT_EQ(limited.failure.status, 429);
  EXPECT_EQ(limited.failure.retry_after, 20 * kSecond);
  EXPECT_TRUE(limited.passing);
}

TEST(CopilotExchange, TroubleAtGithubPasses) {
  for (int status : {500, 502, 503}) EXPECT_TRUE(none(read(status, "<html>")).passing) << status;
  EXPECT_TRUE(none(read(403, "<html>Cloudflare</html>")).passing);
  EXPECT_TRUE(none(read(200, "<html>")).passing);
  EXPECT_TRUE(none(read(200, "{}")).passing);
  EXPECT_GE(none(read(200, "{}")).failure.status, 500);
}

}  // namespace
}  // namespace valetkey::providers::github
