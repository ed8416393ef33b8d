// RFC 7009.
#include "domain/authorization/revocation.h"

#include "domain/authorization/authorization_test_support.h"

namespace valetkey::authorization {
namespace {

using namespace testing_support;

class RevocationTest : public AuthorizationTest {
 protected:
  Result<Outcome<Unit>> try_revoke(const apps::AuthenticatedClient& client, http::Form form) {
    return await_now(revoke_token(house.authority, house.tokens, client, std::move(form)));
  }
  void revoke(const apps::AuthenticatedClient& client, const Secret& token, std::string hint = "") {
    http::Form form{{"token", std::string(token.reveal())}};
    if (!hint.empty()) form.emplace_back("token_type_hint", std::move(hint));
    must(try_revoke(client, std::move(form)));
  }
  TokenRequest refresh_request(const Secret& token) const {
    return {{{"refresh_token", std::string(token.reveal())}}, app, ""};
  }
  Result<Outcome<TokenAnswer>> refresh(const Secret& token) {
    return await_now(rotate_refresh_token(house.authority, refresh_request(token)));
  }

  apps::AuthenticatedClient app = proved_client("app", {"authorization_code", "refresh_token"});
};
ON_BOTH_ENGINES(RevocationTest);

TEST_P(RevocationTest, ARefreshTokenEndsAllThatCameOfItsGrant) {
  for (const char* hint : {"", "refresh_token", "access_token", "nonsense"}) {
    auto issued = house.issue(app.client, {"notes:read"});
    revoke(app, issued.refresh_token, hint);
    EXPECT_FALSE(house.is_live(issued.access_token)) << hint;
    EXPECT_EQ(code_of(refresh(issued.refresh_token)), OauthCode::invalid_grant) << hint;
  }
}

TEST_P(RevocationTest, ASpentRefreshTokenDoesTheSame) {
  auto issued = house.issue(app.client, {"notes:read"});
  auto next = must(refresh(issued.refresh_token));
  revoke(app, issued.refresh_token);
  EXPECT_FALSE(house.is_live(next.access_token));
  EXPECT_EQ(code_of(refresh(next.refresh_token)), OauthCode::invalid_grant);
}

TEST_P(RevocationTest, AnAccessTokenEndsAlone) {
  auto issued = house.issue(app.client, {"notes:read"});
  EXPECT_TRUE(house.is_live(issued.access_token));
  revoke(app, issued.access_token, "refresh_token");
  EXPECT_FALSE(house.is_live(issued.access_token));
  auto next = must(refresh(issued.refresh_token));
  EXPECT_TRUE(house.is_live(next.access_token));
  revoke(app, issued.access_token);
}

TEST_P(RevocationTest, AnotherClientsTokenStays) {
  auto issued = house.issue(app.client, {"notes:read"});
  auto thief = proved_client("thief", {"refresh_token"});
  revoke(thief, issued.access_token);
  revoke(thief, issued.refresh_token);
  EXPECT_TRUE(house.is_live(issued.access_token));
  must(refresh(issued.refresh_token));
}

TEST_P(RevocationTest, WhatIsUnknownIsNoErrorAndNothingIsOne) {
  for (std::string text : {std::string("unknown"), std::string("a.b.c"), std::string(60'000, 'x')}) {
    revoke(app, Secret(text));
  }
  EXPECT_EQ(code_of(try_revoke(app, {})), OauthCode::invalid_request);
}

TEST_P(RevocationTest, PublicClientsMayGiveBackTheirTokens) {
  app = proved_client("spa", {"authorization_code", "refresh_token"}, apps::AuthMethod::none);
  auto issued = house.issue(app.client, {"notes:read"});
  revoke(app, issued.refresh_token);
  EXPECT_FALSE(house.is_live(issued.access_token));
}

TEST_P(RevocationTest, RevokedInParallelWithARefreshNothingIsUsableAfterwards) {
  for (int round = 0; round < 20; ++round) {
    auto issued = house.issue(app.client, {"notes:read"});
    http::Form form{{"token", std::string(issued.refresh_token.reveal())}};
    std::vector<Task<Result<Outcome<TokenAnswer>>>> tasks;
    auto revoking = [&]() -> Task<Result<Outcome<TokenAnswer>>> {
      CO_OAUTH_TRY(Unit done, co_await revoke_token(house.authority, house.tokens, app, form));
      (void)done;
      co_return TokenAnswer{};
    };
    for (int i = 0; i < 3; ++i) {
      tasks.push_back(rotate_refresh_token(house.authority, refresh_request(issued.refresh_token)));
      if (i == round % 3) tasks.push_back(revoking());
    }
    for (auto& result : await_all(std::move(tasks))) {
      ASSERT_TRUE(result.ok()) << result.error().detail;
      auto* answer = std::get_if<TokenAnswer>(&*result);
      if (answer == nullptr || answer->access_token.empty()) continue;
      EXPECT_FALSE(house.is_live(answer->access_token));
      EXPECT_EQ(code_of(refresh(answer->refresh_token)), OauthCode::invalid_grant);
    }
    EXPECT_FALSE(house.is_live(issued.access_token));
  }
}

}  // namespace
}  // namespace valetkey::authorization
