#include "engine/providers/openai/refresh_reply.h"

#include <gtest/gtest.h>

#include "engine/providers/providers_test_support.h"

namespace valetkey::providers::openai {
namespace {

using Kind = RefreshReply::Kind;

ProviderTokens old_tokens() {
  ProviderTokens tokens;
  tokens.access = Secret(std::string_view("old-access"));
  tokens.refresh = Secret(std::string_view("old-refresh"));
  tokens.expires = kNoon;
  tokens.account_id = "acc";
  tokens.plan = "plus";
  return tokens;
}

RefreshReply read(int status, std::string body) {
  return read_refresh_reply(answer(status, std::move(body)), old_tokens(), kNoon);
}

std::string token_of(std::string account) {
  return unsigned_jwt(R"({"exp":1763643600,"https://api.openai.com/auth":{"chatgpt_account_id":")" + account +
                      R"("}})");
}

TEST(OpenAiRefresh, TheWholePairRotates) {
  auto access = token_of("acc");
  auto reply = read(200, R"({"access_token":")" + access + R"(","refresh_token":"new-refresh"})");
  ASSERT_EQ(reply.kind, Kind::renewed);
  EXPECT_EQ(reply.tokens.access.reveal(), access);
  EXPECT_EQ(reply.tokens.refresh.reveal(), "new-refresh");
  EXPECT_EQ(reply.tokens.expires, kNoon + kHour);
  EXPECT_EQ(reply.tokens.account_id, "acc");
  EXPECT_EQ(reply.tokens.plan, "plus");
}

TEST(OpenAiRefresh, WhatIsAbsentIsCarriedOver) {
  auto no_refresh = read(200, R"({"access_token":"opaque","expires_in":120})");
  ASSERT_EQ(no_refresh.kind, Kind::renewed);
  EXPECT_EQ(no_refresh.tokens.refresh.reveal(), "old-refresh");
  EXPECT_EQ(no_refresh.tokens.expires, kNoon + 2 * kMinute);
  auto no_access = read(200, R"({"refresh_token":"new-refresh"})");
  ASSERT_EQ(no_access.kind, Kind::renewed) << "the old refresh token is spent, the new one must be kept";
  EXPECT_EQ(no_access.tokens.access.reveal(), "old-access");
  EXPECT_EQ(no_access.tokens.expires, kNoon);
  EXPECT_EQ(no_access.tokens.refresh.reveal(), "new-refresh");
}

TEST(OpenAiRefresh, PermanentCodesInEveryShapeAndStatus) {
  for (int status : {400, 401}) {
    for (auto* code : {"refresh_token_expired", "refresh_token_invalidated", "invalid_grant"}) {
      std::string name = code;
      EXPECT_EQ(read(status, R"({"error":{"message":"m","code":")" + name + R"("}})").kind, Kind::permanent)
          << name;
      EXPECT_EQ(read(status, R"({"error":")" + name + R"("})").kind, Kind::permanent) << name;
      EXPECT_EQ(read(status, R"({"code":")" + name + R"(","message":"m"})").kind, Kind::permanent) << name;
    }
  }
}

TEST(OpenAiRefresh, ReusedIsItsOwnKind) {
  EXPECT_EQ(read(401, R"({"error":{"code":"refresh_token_reused"}})").kind, Kind::reused);
  EXPECT_EQ(read(400, R"({"error":"refresh_token_reused"})").kind, Kind::reused);
  EXPECT_EQ(read(400, R"({"code":"refresh_token_reused"})").kind, Kind::reused);
}

TEST(OpenAiRefresh, AnyOther401IsPermanent) {
  EXPECT_EQ(read(401, "{}").kind, Kind::permanent);
  EXPECT_EQ(read(401, "<html>").kind, Kind::permanent);
}

TEST(OpenAiRefresh, EverythingElseIsTransient) {
  EXPECT_EQ(read(400, R"({"error":"invalid_request"})").kind, Kind::transient);
  EXPECT_EQ(read(403, R"({"error":{"code":"unsupported_country_region_territory"}})").kind, Kind::transient);
  EXPECT_EQ(read(403, R"({"error":"invalid_grant"})").kind, Kind::transient);
  for (int status : {404, 408, 429, 500, 502, 503, 520})
    EXPECT_EQ(read(status, "").kind, Kind::transient) << status;
  EXPECT_EQ(read(200, "<html>").kind, Kind::transient);
  EXPECT_EQ(read(200, "{}").kind, Kind::transient);
}

TEST(OpenAiRefresh, AnotherAccountIsNotTaken) {
  EXPECT_EQ(read(200, R"({"access_token":")" + token_of("somebody-else") + R"(","refresh_token":"r"})").kind,
            Kind::permanent);
}

TEST(OpenAiRefresh, TheDetailNeverHoldsTheUpstreamsText) {
  EXPECT_EQ(read(401, R"({"error":{"code":"refresh_token_expired","message":"leak"}})").detail,
            "status 401 refresh_token_expired");
  EXPECT_EQ(read(500, "leak").detail, "status 500");
}

}  // namespace
}  // namespace valetkey::providers::openai
