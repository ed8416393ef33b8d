// RFC 6749 section 4.4.
#include "domain/authorization/authorization_test_support.h"

namespace valetkey::authorization {
namespace {

using namespace testing_support;

class ClientCredentialsTest : public AuthorizationTest {
 protected:
  Result<Outcome<TokenAnswer>> ask(http::Form form, std::string thumbprint = "") {
    TokenRequest request{std::move(form), client, std::move(thumbprint)};
    return await_now(issue_client_credentials(house.authority, std::move(request)));
  }
  apps::AuthenticatedClient client = House::builders("robot", "bea", {"client_credentials"});
};
ON_BOTH_ENGINES(ClientCredentialsTest);

TEST_P(ClientCredentialsTest, AClientActsForItself) {
  auto answer = must(ask({{"scope", "notes:read"}}));
  EXPECT_TRUE(answer.refresh_token.empty());
  EXPECT_TRUE(answer.id_token.empty());
  EXPECT_EQ(answer.expires_in, house.authority.options.access_token_lifetime / kSecond);
  auto token = house.read(answer.access_token);
  ASSERT_TRUE(token.ok());
  EXPECT_EQ(token->subject, "robot");
  EXPECT_EQ(token->client_id, "robot");
  EXPECT_FALSE(token->of_person);
  EXPECT_EQ(token->grant_id, "");
  EXPECT_EQ(token->audience, kDefaultResource);
  EXPECT_EQ(token->scopes, Scopes{"notes:read"});
}

TEST_P(ClientCredentialsTest, WhatNeedsAPersonIsLeftOutAndNeverStandsAlone) {
  auto answer = must(ask({{"scope", "openid email notes:read offline_access ai.use"}}));
  EXPECT_EQ(answer.scopes, Scopes{"notes:read"});
  EXPECT_EQ(code_of(ask({{"scope", "openid profile"}})), OauthCode::invalid_scope);
  EXPECT_EQ(code_of(ask({{"scope", "ai.use"}})), OauthCode::invalid_scope);
  EXPECT_EQ(code_of(ask({{"scope", "nobody:knows"}})), OauthCode::invalid_scope);
  EXPECT_EQ(code_of(ask({{"scope", "notes:\"read"}})), OauthCode::invalid_scope);
}

TEST_P(ClientCredentialsTest, NothingAskedForIsWhatTheClientRegistered) {
  EXPECT_EQ(must(ask({})).scopes, Scopes{});
  client.client.scope = "openid notes:write elsewhere";
  EXPECT_EQ(must(ask({})).scopes, Scopes{"notes:write"});
  EXPECT_EQ(code_of(ask({{"scope", "notes:read"}})), OauthCode::invalid_scope) << "not registered for it";
  client.client.scope = "openid";
  EXPECT_EQ(must(ask({})).scopes, Scopes{});
}

TEST_P(ClientCredentialsTest, TheResourceIsTheAudience) {
  auto answer = must(ask({{"resource", kNotes}, {"scope", "notes:read"}}));
  EXPECT_EQ(house.read(answer.access_token)->audience, kNotes);
  EXPECT_EQ(code_of(ask({{"resource", "https://unknown.test/"}})), OauthCode::invalid_target);
  EXPECT_EQ(code_of(ask({{"resource", kNotes}, {"resource", kPhotos}})), OauthCode::invalid_target);
}

TEST_P(ClientCredentialsTest, OnlyForClientsThatAuthenticateAndRegisteredForIt) {
  client.method = apps::AuthMethod::none;
  EXPECT_EQ(code_of(ask({})), OauthCode::unauthorized_client);
  client = House::builders("web", "bea", {"authorization_code", "refresh_token"});
  EXPECT_EQ(code_of(ask({})), OauthCode::unauthorized_client);
}

// Whatever it registered, and whenever: an open registration hands out no tokens without a person.
TEST_P(ClientCredentialsTest, AClientThatNobodyVouchesForGetsNothingUnlessTheOperatorSaysSo) {
  for (auto kind : {apps::ClientKind::dynamic, apps::ClientKind::document}) {
    client = proved_client("stranger", {"client_credentials"});
    client.client.kind = kind;
    house.authority.options.dynamic_client_credentials = false;
    EXPECT_EQ(code_of(ask({{"scope", "notes:read"}})), OauthCode::unauthorized_client);
    EXPECT_EQ(code_of(ask({{"resource", kNotes}})), OauthCode::unauthorized_client);
    house.authority.options.dynamic_client_credentials = true;
    auto answer = must(ask({{"scope", "notes:read openid"}}));
    EXPECT_EQ(answer.scopes, Scopes{"notes:read"});
    EXPECT_EQ(house.read(answer.access_token)->subject, "stranger");
    client.method = apps::AuthMethod::none;
    EXPECT_EQ(code_of(ask({})), OauthCode::unauthorized_client) << "a client id alone is no proof";
  }
}

TEST_P(ClientCredentialsTest, ABoundTokenWhereBoundTokensAreWanted) {
  auto bound = must(ask({}, "a-thumbprint"));
  EXPECT_TRUE(bound.dpop_bound);
  EXPECT_EQ(house.read(bound.access_token)->dpop_thumbprint, "a-thumbprint");
  client.client.dpop_bound_access_tokens = true;
  EXPECT_EQ(code_of(ask({})), OauthCode::invalid_dpop_proof);
}

TEST_P(ClientCredentialsTest, AccessToAnAiIsForAPersonToGive) {
  EXPECT_EQ(code_of(ask({{"authorization_details", R"([{"type":"ai_model_access"}])"}})),
            OauthCode::invalid_authorization_details);
  EXPECT_EQ(code_of(ask({{"authorization_details", "{"}})), OauthCode::invalid_authorization_details);
}

TEST_P(ClientCredentialsTest, TheAlgorithmIsTheClientsOrTheResources) {
  for (auto algorithm : {jose::Algorithm::RS256, jose::Algorithm::EdDSA, jose::Algorithm::ES256}) {
    client.client.access_token_algorithm = algorithm;
    client.client.access_token_algorithm_set = true;
    auto answer = must(ask({}));
    auto header = jose::read_jws_header(answer.access_token.reveal());
    ASSERT_TRUE(header.ok());
    EXPECT_EQ(header->algorithm, algorithm);
    EXPECT_EQ(header->typ, "at+jwt");
    EXPECT_TRUE(house.is_live(answer.access_token));
  }
}

}  // namespace
}  // namespace valetkey::authorization
