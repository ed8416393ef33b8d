#include "engine/providers/github/device_replies.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/providers/providers_test_support.h"

namespace valetkey::providers::github {
namespace {

using Kind = DevicePoll::Kind;

TEST(GithubStart, JsonAndFormMeanTheSame) {
  for (
      auto* body :
      {R"({"device_code":"d","user_code":"ABCD-1234","verification_uri":"https://github.com/login/device","expires_in":899,"interval":5})",
       "device_code=d&user_code=ABCD-1234&verification_uri=https%3A%2F%2Fgithub.com%2Flogin%2Fdevice&expires_"
       "in=899&interval=5"}) {
    auto start = read_device_reply(answer(200, body));
    ASSERT_TRUE(start.code) << body;
    EXPECT_EQ(start.code->device_code.reveal(), "d");
    EXPECT_EQ(start.code->user_code, "ABCD-1234");
    EXPECT_EQ(start.code->verification_url, "https://github.com/login/device");
    EXPECT_EQ(start.code->lifetime, 899 * kSecond);
    EXPECT_EQ(start.code->interval, 5 * kSecond);
  }
}

TEST(GithubStart, Failures) {
  for (auto* body : {"", "<html>a=b</html>", "{}", "[]", R"({"error":"device_flow_disabled"})"}) {
    auto start = read_device_reply(answer(200, body));
    EXPECT_FALSE(start.code) << body;
    EXPECT_FALSE(start.problem.empty()) << body;
  }
}

DevicePoll poll(std::string body, int status = 200) {
  auto outcome = read_poll_reply(answer(status, std::move(body)), 5 * kSecond);
  auto* poll = std::get_if<DevicePoll>(&outcome);
  if (poll != nullptr) return *poll;
  DevicePoll granted;
  granted.kind = Kind::approved;
  return granted;
}

TEST(GithubPoll, ErrorsInsideA200) {
  EXPECT_EQ(poll(R"({"error":"authorization_pending"})").kind, Kind::pending);
  EXPECT_EQ(poll("error=authorization_pending&error_description=x").kind, Kind::pending);
  EXPECT_EQ(poll(R"({"error":"expired_token"})").kind, Kind::expired);
  EXPECT_EQ(poll(R"({"error":"access_denied"})").kind, Kind::refused);
  for (auto* error :
       {"incorrect_device_code", "device_flow_disabled", "unsupported_grant_type", "what_is_this"}) {
    EXPECT_EQ(poll(R"({"error":")" + std::string(error) + R"("})").kind, Kind::refused) << error;
  }
}

TEST(GithubPoll, SlowDownNamesTheIntervalOrAddsFive) {
  EXPECT_EQ(poll(R"({"error":"slow_down","interval":12})").kind, Kind::slow_down);
  EXPECT_EQ(poll(R"({"error":"slow_down","interval":12})").interval, 12 * kSecond);
  EXPECT_EQ(poll("error=slow_down&interval=11").interval, 11 * kSecond);
  EXPECT_EQ(poll(R"({"error":"slow_down"})").interval, 10 * kSecond);
}

TEST(GithubPoll, TroubleIsTransient) {
  EXPECT_EQ(poll("", 500).kind, Kind::transient);
  EXPECT_EQ(poll("", 429).kind, Kind::transient);
  EXPECT_EQ(poll("<html>unicorn</html>").kind, Kind::transient);
  EXPECT_EQ(poll("", 404).kind, Kind::refused);
}

TEST(GithubPoll, Granted) {
  auto outcome = read_poll_reply(
      answer(200, R"({"access_token":"ghu_1","token_type":"bearer","scope":"read:user"})"), 0);
  EXPECT_EQ(std::get<Granted>(outcome).token.reveal(), "ghu_1");
  EXPECT_FALSE(std::get<Granted>(outcome).life);
  outcome = read_poll_reply(answer(200, "access_token=gho_2&token_type=bearer&expires_in=28800"), 0);
  EXPECT_EQ(std::get<Granted>(outcome).token.reveal(), "gho_2");
  EXPECT_EQ(std::get<Granted>(outcome).life, 8 * kHour);
  EXPECT_EQ(poll(R"({"token_type":"bearer"})").kind, Kind::refused);
}

TEST(GithubAccount, TheNumericIdElseTheLogin) {
  EXPECT_EQ(read_account_id(R"({"id":583231,"login":"octocat"})"), "583231");
  EXPECT_EQ(read_account_id(R"({"login":"octocat"})"), "octocat");
  EXPECT_EQ(read_account_id("{}"), "");
  EXPECT_EQ(read_account_id("<html>"), "");
}

}  // namespace
}  // namespace valetkey::providers::github
