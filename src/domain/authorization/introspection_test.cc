// RFC 7662.
#include "domain/authorization/introspection.h"

#include "domain/authorization/authorization_test_support.h"

namespace valetkey::authorization {
namespace {

using namespace testing_support;

constexpr std::string_view kInactive = R"({"active":false})";

class IntrospectionTest : public AuthorizationTest {
 protected:
  Result<Outcome<std::string>> try_ask(const apps::AuthenticatedClient& caller, http::Form form) {
    return await_now(introspect(house.authority, house.tokens, rules, caller, std::move(form)));
  }
  std::string ask(const apps::AuthenticatedClient& caller, const Secret& token, std::string hint = "") {
    http::Form form{{"token", std::string(token.reveal())}};
    if (!hint.empty()) form.emplace_back("token_type_hint", hint);
    return must(try_ask(caller, std::move(form)));
  }
  bool sees(const apps::AuthenticatedClient& caller, const Secret& token) {
    auto body = ask(caller, token);
    EXPECT_TRUE(body == kInactive || json_of(body)["active"].boolean() == true) << body;
    return body != kInactive;
  }

  IntrospectionRules rules;
  apps::AuthenticatedClient app = proved_client("app", {"authorization_code", "refresh_token"});
};
ON_BOTH_ENGINES(IntrospectionTest);

TEST_P(IntrospectionTest, AnAccessTokenIsDescribed) {
  auto issued = house.issue(app.client, {"openid", "email", "notes:read"}, kNotes, "a-thumbprint");
  auto body = json_of(ask(app, issued.access_token));
  EXPECT_EQ(body["active"].boolean(), true);
  EXPECT_EQ(body["iss"].string(), kIssuer);
  EXPECT_EQ(body["sub"].string(), "ada");
  EXPECT_EQ(body["aud"].string(), kNotes);
  EXPECT_EQ(body["client_id"].string(), "app");
  EXPECT_EQ(body["scope"].string(), "openid email notes:read");
  EXPECT_EQ(body["token_type"].string(), "DPoP");
  EXPECT_EQ(body["cnf"]["jkt"].string(), "a-thumbprint");
  EXPECT_EQ(body["iat"].integer(), kNow / kSecond);
  EXPECT_EQ(body["exp"].integer(), kNow / kSecond + 600);
  EXPECT_TRUE(body["jti"].is_string());
  EXPECT_FALSE(body["username"].exists());
  EXPECT_FALSE(body["email"].exists());
}

TEST_P(IntrospectionTest, ARefreshTokenIsDescribedToItsClientOnly) {
  auto issued = house.issue(app.client, {"openid", "notes:read"});
  for (const char* hint : {"", "access_token", "refresh_token", "nonsense"}) {
    auto body = json_of(ask(app, issued.refresh_token, hint));
    EXPECT_EQ(body["active"].boolean(), true) << hint;
    EXPECT_EQ(body["sub"].string(), "ada");
    EXPECT_EQ(body["client_id"].string(), "app");
    EXPECT_EQ(body["exp"].integer(), (kNow + kDay) / kSecond);
    EXPECT_FALSE(body["token_type"].exists());
  }
  rules.trusted_clients = {"auditor"};
  EXPECT_FALSE(sees(proved_client("auditor", {}), issued.refresh_token));
  EXPECT_FALSE(sees(proved_client("other", {}), issued.refresh_token));
}

TEST_P(IntrospectionTest, WhoMaySeeAnAccessToken) {
  auto issued = house.issue(app.client, {"notes:read"}, kNotes);
  rules.trusted_clients = {"auditor"};
  EXPECT_TRUE(sees(app, issued.access_token));
  EXPECT_TRUE(sees(proved_client("auditor", {}), issued.access_token));
  EXPECT_TRUE(sees(House::builders("notes-server", "bea"), issued.access_token));
  EXPECT_FALSE(sees(House::builders("other-server", "cem"), issued.access_token));
  EXPECT_FALSE(sees(proved_client("stranger", {}), issued.access_token));
  auto pretender = proved_client("pretender", {});
  pretender.client.owner = "bea";  // of another kind: nobody of that name made it
  EXPECT_FALSE(sees(pretender, issued.access_token));
}

TEST_P(IntrospectionTest, TheOperatorsResourcesBelongToNoBuilder) {
  auto issued = house.issue(app.client, {"notes:read"});
  EXPECT_FALSE(sees(House::builders("nameless", ""), issued.access_token));
  EXPECT_FALSE(sees(House::builders("notes-server", "bea"), issued.access_token));
}

TEST_P(IntrospectionTest, WhatIsOverIsNotActive) {
  auto issued = house.issue(app.client, {"notes:read"});
  EXPECT_TRUE(sees(app, issued.access_token)) << "remembered from here on";
  house.clock.advance(10 * kMinute - kSecond);
  EXPECT_TRUE(sees(app, issued.access_token));
  house.clock.advance(kSecond);
  EXPECT_FALSE(sees(app, issued.access_token));
  house.clock.advance(kDay);
  EXPECT_FALSE(sees(app, issued.refresh_token));
}

TEST_P(IntrospectionTest, ARevokedGrantIsSeenAtOnce) {
  auto issued = house.issue(app.client, {"notes:read"});
  EXPECT_TRUE(sees(app, issued.access_token));
  EXPECT_TRUE(sees(app, issued.refresh_token));
  house.write([&](auto& transaction) { return revoke_grant(transaction, issued.grant.id, kNow); });
  EXPECT_FALSE(sees(app, issued.access_token));
  EXPECT_FALSE(sees(app, issued.refresh_token));
}

TEST_P(IntrospectionTest, WhatIsNoTokenOfOursIsNotActive) {
  auto issued = house.issue(app.client, {"notes:read"});
  std::string forged(issued.access_token.reveal());
  forged[forged.find('.') + 10] ^= 1;
  std::string unsigned_one = forged.substr(0, forged.rfind('.') + 1);
  for (std::string text :
       {std::string("nonsense"), forged, unsigned_one, std::string("a.b.c"), std::string(".."),
        std::string(43, 'A'), std::string(kMaxIntrospectedToken + 1, 'A'), std::string(20'000, '.')}) {
    EXPECT_EQ(ask(app, Secret(text)), kInactive) << text.substr(0, 60);
  }
}

TEST_P(IntrospectionTest, AnIdTokenIsNoAccessToken) {
  auto grant = house.issue(app.client, {"openid"}).grant;
  Minting minting{.client = app.client,
                  .resource = house.find_resource(kDefaultResource),
                  .grant = grant,
                  .scopes = {"openid"},
                  .ai = {},
                  .dpop_thumbprint = {},
                  .nonce = {},
                  .with_id_token = true};
  auto answer = await_now(mint_tokens(house.authority, std::move(minting)));
  ASSERT_TRUE(answer.ok());
  ASSERT_FALSE(answer->id_token.empty());
  EXPECT_FALSE(sees(app, answer->id_token));
}

TEST_P(IntrospectionTest, TheCallerMustAuthenticateAndSendAToken) {
  auto issued = house.issue(app.client, {"notes:read"});
  auto caller = app;
  caller.method = apps::AuthMethod::none;
  EXPECT_EQ(code_of(try_ask(caller, {{"token", std::string(issued.access_token.reveal())}})),
            OauthCode::invalid_client);
  EXPECT_EQ(code_of(try_ask(app, {})), OauthCode::invalid_request);
}

}  // namespace
}  // namespace valetkey::authorization
