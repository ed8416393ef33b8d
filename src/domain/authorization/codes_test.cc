#include <gtest/gtest.h>

#include "domain/authorization/flow_test_support.h"

namespace valetkey::authorization {
namespace {

using namespace testing_support;

class Codes : public FlowTest {
 protected:
  apps::Client client = house.make_client();
};

TEST_P(Codes, OneBuysAccessRefreshAndIdToken) {
  TokenAnswer answer = house.must_redeem(client, house.code_for(client, {{"nonce", "n-1"}}));
  auto token = await_now(house.tokens.verify(std::string(answer.access_token.reveal()), kDefaultResource));
  ASSERT_TRUE(token.ok());
  EXPECT_EQ(token->subject, "ada");
  EXPECT_EQ(token->client_id, client.id);
  EXPECT_EQ(token->email, "ada@example.test");
  EXPECT_EQ(join_scopes(token->scopes), "openid email notes:read");
  EXPECT_FALSE(answer.refresh_token.empty());
  auto claims = jose::read_unverified(answer.id_token.reveal());
  ASSERT_TRUE(claims);
  EXPECT_EQ((*claims)["nonce"].string_or(""), "n-1");
  EXPECT_EQ((*claims)["aud"].string_or(""), client.id);
  EXPECT_EQ((*claims)["auth_time"].integer(), (kNow - kMinute) / kSecond);
}

// RFC 6749 section 4.1.2, OAuth 2.1 section 4.1.3: the second use ends what came of the first.
TEST_P(Codes, ASecondUseEndsWhatCameOfTheFirst) {
  std::string code = house.code_for(client);
  TokenAnswer answer = house.must_redeem(client, code);
  EXPECT_TRUE(house.is_live(answer.access_token));
  EXPECT_EQ(word_of(house.redeem(client, code)), "invalid_grant");
  EXPECT_FALSE(house.is_live(answer.access_token));
  EXPECT_EQ(word_of(house.refresh(client, refresh_token_of(answer))), "invalid_grant");
}

TEST_P(Codes, OneOf64ParallelRedemptionsWins) {
  std::string code = house.code_for(client);
  std::vector<Task<Result<Outcome<TokenAnswer>>>> tasks;
  for (int i = 0; i < 64; ++i) tasks.push_back(redeem_code(house.authority, house.redemption(client, code)));
  int won = 0;
  Secret access_token;
  for (auto& answer : await_all(std::move(tasks))) {
    ASSERT_TRUE(answer.ok());
    if (auto* given = std::get_if<TokenAnswer>(&*answer)) {
      ++won;
      access_token = given->access_token;
    }
  }
  EXPECT_EQ(won, 1);
  EXPECT_FALSE(house.is_live(access_token));  // 63 second uses
}

// Every combination of what can be wrong with a redemption, the right one left out (gap table: 15 bad rows).
TEST_P(Codes, EveryBadCombinationFails) {
  apps::Client other = house.make_client();
  for (int row = 1; row < 16; ++row) {
    std::string code = house.code_for(client);
    bool wrong_client = row & 1, wrong_redirect = row & 2, wrong_verifier = row & 4, expired = row & 8;
    http::Form changes;
    if (wrong_redirect) changes.emplace_back("redirect_uri", "https://app.example/callback2");
    if (wrong_verifier) changes.emplace_back("code_verifier", std::string(kVerifier) + "x");
    if (expired) house.clock.advance(house.authority.options.code_lifetime);
    EXPECT_EQ(word_of(house.redeem(wrong_client ? other : client, code, changes)), "invalid_grant") << row;
    if (!expired)
      EXPECT_EQ(word_of(house.redeem(client, code)), "") << "the right one still works, row " << row;
  }
}

TEST_P(Codes, LivesForItsLifetimeAndNotAMillisecondMore) {
  std::string code = house.code_for(client);
  house.clock.advance(house.authority.options.code_lifetime - 1);
  EXPECT_EQ(word_of(house.redeem(client, code)), "");
  code = house.code_for(client);
  house.clock.advance(house.authority.options.code_lifetime);
  EXPECT_EQ(word_of(house.redeem(client, code)), "invalid_grant");
}

TEST_P(Codes, AStolenCodeIsWorthNothingWithoutTheVerifier) {
  std::string code = house.code_for(client);
  EXPECT_EQ(word_of(house.redeem(client, code, {{"code_verifier", ""}})), "invalid_grant");
  EXPECT_EQ(word_of(house.redeem(client, code, {{"code_verifier", challenge_of(kVerifier)}})),
            "invalid_grant");
  TokenAnswer answer = house.must_redeem(client, code);
  // Nor can the thief end what the right one got.
  EXPECT_EQ(word_of(house.redeem(client, code, {{"code_verifier", std::string(43, 'x')}})), "invalid_grant");
  EXPECT_TRUE(house.is_live(answer.access_token));
}

TEST_P(Codes, ATokenIsForItsResourceOnly) {
  TokenAnswer answer = house.must_redeem(client, house.code_for(client));
  std::string token(answer.access_token.reveal());
  EXPECT_EQ(await_now(house.tokens.verify(token, kElsewhere)).error().code, Code::unauthorized);
  EXPECT_EQ(
      await_now(house.tokens.verify(std::string(answer.id_token.reveal()), kDefaultResource)).error().code,
      Code::unauthorized);
}

// RFC 9449: who takes bound tokens only gets none without a proof, and the code is still good with one.
TEST_P(Codes, AClientOfBoundTokensNeedsAProof) {
  client = house.make_client(R"("token_endpoint_auth_method":"none","dpop_bound_access_tokens":true)");
  std::string code = house.code_for(client);
  EXPECT_EQ(word_of(house.redeem(client, code)), "invalid_dpop_proof");
  TokenRequest request = house.redemption(client, code);
  request.dpop_thumbprint = std::string(43, 'k');
  auto answer = await_now(redeem_code(house.authority, std::move(request)));
  ASSERT_EQ(word_of(answer), "");
  EXPECT_TRUE(std::get<TokenAnswer>(*answer).dpop_bound);
  EXPECT_EQ(word_of(house.refresh(client, refresh_token_of(std::get<TokenAnswer>(*answer)))),
            "invalid_grant");
}

ON_BOTH_ENGINES(Codes);

}  // namespace
}  // namespace valetkey::authorization
