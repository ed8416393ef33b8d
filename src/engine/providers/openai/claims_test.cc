#include "engine/providers/openai/claims.h"

#include <gtest/gtest.h>

#include "engine/providers/providers_test_support.h"

namespace valetkey::providers::openai {
namespace {

const std::string kFull = unsigned_jwt(
    R"({"https://api.openai.com/auth":{"chatgpt_account_id":"acc-1","chatgpt_plan_type":"plus"},"exp":1})");

TEST(Claims, TheIdTokenIsAskedFirst) {
  auto access = unsigned_jwt(
      R"({"https://api.openai.com/auth":{"chatgpt_account_id":"other","chatgpt_plan_type":"free"}})");
  auto claims = read_account_claims(kFull, access);
  EXPECT_EQ(claims.account_id, "acc-1");
  EXPECT_EQ(claims.plan, "plus");
  EXPECT_FALSE(claims.fedramp);
}

TEST(Claims, TheAccessTokenFillsWhatIsMissing) {
  EXPECT_EQ(read_account_claims("", kFull).account_id, "acc-1");
  EXPECT_EQ(read_account_claims(unsigned_jwt("{}"), kFull).account_id, "acc-1");
  EXPECT_EQ(read_account_claims("not a token", kFull).plan, "plus");
}

TEST(Claims, TopLevelAndOrganizations) {
  EXPECT_EQ(read_account_claims(unsigned_jwt(R"({"chatgpt_account_id":"top"})"), "").account_id, "top");
  auto organization =
      unsigned_jwt(R"({"https://api.openai.com/auth":{"organizations":[{"id":"org-1"},{"id":"org-2"}]}})");
  EXPECT_EQ(read_account_claims(organization, "").account_id, "org-1");
  EXPECT_EQ(read_account_claims(unsigned_jwt(R"({"organizations":[{"id":"org-3"}]})"), "").account_id,
            "org-3");
}

TEST(Claims, NoAccountAnywhere) {
  EXPECT_EQ(read_account_claims("", "").account_id, "");
  EXPECT_EQ(read_account_claims(unsigned_jwt("{}"), "opaque").account_id, "");
  EXPECT_EQ(read_account_claims(unsigned_jwt(R"({"https://api.openai.com/auth":"x"})"), "a.b.c").account_id,
            "");
  EXPECT_EQ(
      read_account_claims(unsigned_jwt(R"({"https://api.openai.com/auth":{"chatgpt_account_id":7}})"), "")
          .account_id,
      "");
}

TEST(Claims, AnUnknownPlanPassesThrough) {
  auto token = unsigned_jwt(
      R"({"https://api.openai.com/auth":{"chatgpt_account_id":"a","chatgpt_plan_type":"ent27_x"}})");
  EXPECT_EQ(read_account_claims(token, "").plan, "ent27_x");
}

TEST(Claims, Fedramp) {
  auto token = unsigned_jwt(
      R"({"https://api.openai.com/auth":{"chatgpt_account_id":"a","chatgpt_account_is_fedramp":true}})");
  EXPECT_TRUE(read_account_claims(token, "").fedramp);
  EXPECT_TRUE(read_account_claims("", token).fedramp);
}

}  // namespace
}  // namespace valetkey::providers::openai
