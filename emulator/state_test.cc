// What the emulator remembers: tokens, device sign-ins, scenarios.
#include <gtest/gtest.h>

#include <set>

#include "faults.h"
#include "foundation/jose/jose.h"
#include "world.h"

namespace valetkey::emulator {
namespace {

class TokenBookTest : public testing::Test {
 protected:
  MovableClock clock;
  IdSource ids{true};
  TokenBook book{clock, ids};
  TokenSet signed_in(Issuer issuer = Issuer::openai) {
    return book.sign_in(issuer, make_person("ada@example.test"), "app_1");
  }
};

TEST_F(TokenBookTest, OnlyTheLatestAccessTokenIsGood) {
  const TokenSet first = signed_in();
  EXPECT_EQ(book.check_access(Issuer::openai, first.access).verdict, AccessVerdict::good);
  const RefreshOutcome second = book.refresh(Issuer::openai, first.refresh);
  ASSERT_EQ(second.verdict, RefreshVerdict::good);
  EXPECT_EQ(book.check_access(Issuer::openai, first.access).verdict, AccessVerdict::superseded);
  EXPECT_EQ(book.check_access(Issuer::openai, second.tokens.access).verdict, AccessVerdict::good);
}

TEST_F(TokenBookTest, ARefreshTokenIsGoodOnceAndItsReuseEndsTheFamily) {
  const TokenSet first = signed_in();
  const RefreshOutcome second = book.refresh(Issuer::openai, first.refresh);
  EXPECT_EQ(book.refresh(Issuer::openai, first.refresh).verdict, RefreshVerdict::reused);
  EXPECT_EQ(book.refresh(Issuer::openai, second.tokens.refresh).verdict, RefreshVerdict::invalidated);
  EXPECT_EQ(book.check_access(Issuer::openai, second.tokens.access).verdict, AccessVerdict::invalidated);
  EXPECT_EQ(book.counts().reuses, 1);
}

TEST_F(TokenBookTest, ASecondSignInDoesNotEndTheFirst) {
  const TokenSet first = signed_in(), second = signed_in();
  EXPECT_EQ(book.check_access(Issuer::openai, first.access).verdict, AccessVerdict::good);
  EXPECT_EQ(book.check_access(Issuer::openai, second.access).verdict, AccessVerdict::good);
  EXPECT_NE(first.access, second.access);
}

TEST_F(TokenBookTest, AccessTokensExpireByTheMovableClock) {
  const TokenSet set = signed_in();
  clock.advance(kHour - kSecond);
  EXPECT_EQ(book.check_access(Issuer::openai, set.access).verdict, AccessVerdict::good);
  clock.advance(2 * kSecond);
  EXPECT_EQ(book.check_access(Issuer::openai, set.access).verdict, AccessVerdict::expired);
}

TEST_F(TokenBookTest, IssuersDoNotTakeEachOthersTokens) {
  const TokenSet set = signed_in(Issuer::xai);
  EXPECT_EQ(book.check_access(Issuer::openai, set.access).verdict, AccessVerdict::unknown);
  EXPECT_EQ(book.refresh(Issuer::openai, set.refresh).verdict, RefreshVerdict::unknown);
}

TEST_F(TokenBookTest, RevocationEndsTheFamily) {
  const TokenSet set = signed_in();
  EXPECT_TRUE(book.revoke(set.refresh));
  EXPECT_EQ(book.check_access(Issuer::openai, set.access).verdict, AccessVerdict::invalidated);
  EXPECT_FALSE(book.revoke("nonsense"));
}

TEST_F(TokenBookTest, ControlCanSpoilTokensOfOnePerson) {
  const TokenSet ada = signed_in();
  const TokenSet bob = book.sign_in(Issuer::openai, make_person("bob@example.test"), "app_1");
  EXPECT_EQ(book.expire_access("ada@example.test"), 1u);
  EXPECT_EQ(book.check_access(Issuer::openai, ada.access).verdict, AccessVerdict::expired);
  EXPECT_EQ(book.check_access(Issuer::openai, bob.access).verdict, AccessVerdict::good);
  EXPECT_EQ(book.spoil_refresh("bob@example.test", RefreshVerdict::expired), 1u);
  EXPECT_EQ(book.refresh(Issuer::openai, bob.refresh).verdict, RefreshVerdict::expired);
}

TEST_F(TokenBookTest, AccessTokensCarryTheClaims) {
  const TokenSet set = signed_in();
  auto claims = jose::read_unverified(set.access);
  ASSERT_TRUE(claims.has_value());
  EXPECT_EQ((*claims)["https://api.openai.com/auth"]["chatgpt_account_id"].string_or(""),
            set.person.account_id);
  EXPECT_EQ((*claims)["exp"].integer(), (clock.now() + kHour) / kSecond);
  auto identity = jose::read_unverified(set.id_token);
  ASSERT_TRUE(identity.has_value());
  EXPECT_EQ((*identity)["email"].string_or(""), "ada@example.test");
}

TEST_F(TokenBookTest, JwtShapesOfA9) {
  auto claims = [&](std::string_view fault) {
    return *jose::read_unverified(
        book.sign_in(Issuer::openai, make_person({}), "c", jwt_shape_of(fault)).id_token);
  };
  EXPECT_FALSE(claims("A9.no_exp")["exp"].exists());
  EXPECT_LT(*claims("A9.exp_past")["exp"].integer(), clock.now_seconds());
  EXPECT_GT(*claims("A9.exp_huge")["exp"].integer(), clock.now_seconds() + 500LL * 365 * 86400);
  EXPECT_FALSE(claims("A9.no_auth_claim")["https://api.openai.com/auth"].exists());
  const JsonDocument organizations = claims("A9.account_in_organizations");
  EXPECT_FALSE(organizations["https://api.openai.com/auth"]["chatgpt_account_id"].exists());
  EXPECT_EQ(organizations["https://api.openai.com/auth"]["organizations"].at(0)["id"].string_or(""),
            make_person({}).account_id);
  EXPECT_EQ(claims("A9.unknown_plan")["https://api.openai.com/auth"]["chatgpt_plan_type"].string_or(""),
            "galactic");
  EXPECT_EQ(claims("A9.fedramp")["https://api.openai.com/auth"]["chatgpt_account_is_fedramp"].boolean(),
            true);
}

class DeviceSignInTest : public testing::Test {
 protected:
  MovableClock clock;
  IdSource ids{true};
  DeviceSignIns sign_ins{clock, ids};
  DeviceSignIn seen;
  DevicePoll poll(const DeviceSignIn& started, bool enforce = false) {
    return sign_ins.poll(started.issuer, started.device_id, seen, enforce);
  }
};

TEST_F(DeviceSignInTest, IsPendingUntilApprovedAndGivesItselfOutOnce) {
  const DeviceSignIn started = sign_ins.start(Issuer::openai, "c", "", kMinute);
  EXPECT_EQ(poll(started), DevicePoll::pending);
  EXPECT_TRUE(sign_ins.decide(started.user_code, true, make_person({})));
  EXPECT_EQ(poll(started), DevicePoll::approved);
  EXPECT_EQ(poll(started), DevicePoll::unknown);
}

TEST_F(DeviceSignInTest, CodesAreComparedWithoutCaseAndDash) {
  const DeviceSignIn started = sign_ins.start(Issuer::github, "c", "", kMinute);
  std::string typed = started.user_code;
  typed.erase(typed.find('-'), 1);
  for (char& c : typed) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
  EXPECT_TRUE(sign_ins.decide(typed, false, make_person({})));
  EXPECT_EQ(poll(started), DevicePoll::denied);
}

TEST_F(DeviceSignInTest, CanBeDecidedOnce) {
  const DeviceSignIn started = sign_ins.start(Issuer::xai, "c", "", kMinute);
  EXPECT_TRUE(sign_ins.decide(started.user_code, false, make_person({})));
  EXPECT_FALSE(sign_ins.decide(started.user_code, true, make_person({})));
  EXPECT_FALSE(sign_ins.decide("AAAA-0000", true, make_person({})));
}

TEST_F(DeviceSignInTest, ExpiresByTheMovableClock) {
  const DeviceSignIn started = sign_ins.start(Issuer::xai, "c", "", kMinute);
  clock.advance(kMinute + 1);
  EXPECT_EQ(poll(started), DevicePoll::expired);
  EXPECT_FALSE(sign_ins.decide(started.user_code, true, make_person({})));
}

TEST_F(DeviceSignInTest, PollsThatComeTooFastLengthenTheInterval) {
  const DeviceSignIn started = sign_ins.start(Issuer::github, "c", "", kHour);
  EXPECT_EQ(poll(started, true), DevicePoll::pending);
  EXPECT_EQ(poll(started, true), DevicePoll::too_fast);
  EXPECT_EQ(seen.interval, 10);
  clock.advance(10 * kSecond);
  EXPECT_EQ(poll(started, true), DevicePoll::pending);
}

TEST_F(DeviceSignInTest, AnAuthorizationCodeIsGoodOnce) {
  const std::string code = sign_ins.issue_code({"c", "r", "h", make_person({}), clock.now() + kMinute});
  EXPECT_TRUE(sign_ins.take_code(code).has_value());
  EXPECT_FALSE(sign_ins.take_code(code).has_value());
}

class FaultBookTest : public testing::Test {
 protected:
  FaultBook book;
  bool add(const char* scenario) { return book.add(JsonDocument::parse(scenario)->root()).ok(); }
  // Which of `count` requests are struck, as a string of 0 and 1.
  std::string strikes(int count, std::string_view upstream = "chatgpt",
                      std::string_view path = "/x/responses", std::string_view owner = "") {
    std::string out;
    for (int i = 0; i < count; ++i) out += book.strike(upstream, path, owner) ? '1' : '0';
    return out;
  }
};

TEST_F(FaultBookTest, StrikesByOrdinal) {
  ASSERT_TRUE(add(R"({"fault":"H2.error"})"));
  EXPECT_EQ(strikes(3), "100");
  book.clear();
  ASSERT_TRUE(add(R"({"fault":"H2.error","next":2})"));
  EXPECT_EQ(strikes(3), "110");
  book.clear();
  ASSERT_TRUE(add(R"({"fault":"H2.error","nth":3})"));
  EXPECT_EQ(strikes(4), "0010");
  book.clear();
  ASSERT_TRUE(add(R"({"fault":"H2.error","after":1,"next":2})"));
  EXPECT_EQ(strikes(4), "0110");
  book.clear();
  ASSERT_TRUE(add(R"({"fault":"H2.error","always":true})"));
  EXPECT_EQ(strikes(4), "1111");
}

TEST_F(FaultBookTest, MatchesUpstreamPathAndCredential) {
  ASSERT_TRUE(add(
      R"({"fault":"H2.error","upstream":"chatgpt","path":"/responses","credential":"ada@example.test","always":true})"));
  EXPECT_EQ(strikes(1, "copilot", "/x/responses", "ada@example.test"), "0");
  EXPECT_EQ(strikes(1, "chatgpt", "/x/models", "ada@example.test"), "0");
  EXPECT_EQ(strikes(1, "chatgpt", "/x/responses", "bob@example.test"), "0");
  EXPECT_EQ(strikes(1, "chatgpt", "/x/responses", "ada@example.test"), "1");
}

TEST_F(FaultBookTest, TheFirstLoadedScenarioWins) {
  ASSERT_TRUE(add(R"({"fault":"H2.error"})"));
  ASSERT_TRUE(add(R"({"fault":"H1.capacity","always":true})"));
  EXPECT_EQ(book.strike("a", "/", "")->id(), "H2.error");
  EXPECT_EQ(book.strike("a", "/", "")->id(), "H1.capacity");
}

TEST_F(FaultBookTest, RefusesWhatItDoesNotKnow) {
  EXPECT_FALSE(add(R"({"fault":"S2.no_such"})"));
  EXPECT_FALSE(add(R"({})"));
  EXPECT_FALSE(add(R"([])"));
  EXPECT_FALSE(add(R"({"fault":"H2.error","nth":0})"));
  EXPECT_FALSE(add(R"({"fault":"H2.error","parameters":[]})"));
  EXPECT_FALSE(book.any());
}

TEST(FaultCatalogue, NamesEveryFaultOnce) {
  std::set<std::string_view> seen;
  for (const FaultKind& kind : fault_catalogue()) EXPECT_TRUE(seen.insert(kind.id).second) << kind.id;
}

}  // namespace
}  // namespace valetkey::emulator
