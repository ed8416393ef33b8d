// Introspection, revocation, device authorization, userinfo and logout as their callers see them: through a
// real server, on both stores.
#include <gtest/gtest.h>

#include "domain/accounts/accounts.h"
#include "domain/authorization/authorization_test_support.h"
#include "domain/authorization/device_codes.h"
#include "faces/oauth/oauth.h"
#include "foundation/crypto/signature.h"
#include "foundation/http/server_test_support.h"
#include "foundation/jose/jose.h"

namespace valetkey::faces {
namespace {

using namespace authorization;
using namespace authorization::testing_support;
using http::testing::body_of;
using http::testing::header_of;
using http::testing::RawClient;

int status_of(std::string_view answer) {
  return std::atoi(http::testing::status_of(answer).substr(9).c_str());
}

const std::string kForm = "Content-Type: application/x-www-form-urlencoded\r\n";

class ClientEndpoints : public testing::TestWithParam<sql::Database::Kind> {
 protected:
  ClientEndpoints() {
    EXPECT_TRUE(sql::migrate(people_store.get(), accounts::account_migrations(), kNow).ok());
    auto add = people_store->write_now([](sql::Transaction& transaction) -> Result<void> {
      static constexpr sql::Statement kAda{
          "INSERT INTO persons (id, email, name, password_hash, password_wrap, vault_id, created_at, "
          "updated_at)"
          " VALUES ('ada', 'ada@example.test', 'Ada', '', $1, '', 1, 1)"};
      VK_CHECK(transaction.run(kAda, {sql::Blob{}}));
      return {};
    });
    EXPECT_TRUE(add.ok());
    JsonDocument metadata = json_of(R"({"client_name":"App","redirect_uris":["https://app.test/callback"],
        "post_logout_redirect_uris":["https://app.test/bye","https://app.test/bye?x=1"],
        "grant_types":["authorization_code","refresh_token","client_credentials",
        "urn:ietf:params:oauth:grant-type:device_code"],"token_endpoint_auth_method":"client_secret_post"})");
    auto made = await_now(house.clients.create_for("bea", metadata.root()));
    EXPECT_TRUE(made.ok());
    registration = std::get<apps::Registration>(std::move(*made));
    http::Router router;
    add_oauth_routes(router, face);
    for (const http::Route& route : router.routes()) {
      server.route(route.method, route.pattern, route.handler, route.policy);
    }
    port = server.start();
  }
  std::string ask(const std::string& method, const std::string& target, const std::string& fields = "",
                  const std::string& body = "") {
    RawClient client(port);
    client.send(method + " " + target + " HTTP/1.1\r\nHost: h\r\n" + fields +
                "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
    return client.read_answer();
  }
  std::string post(const std::string& path, http::Form form, bool with_client = true) {
    if (with_client) {
      form.emplace_back("client_id", registration.client.id);
      form.emplace_back("client_secret", std::string(registration.client_secret.reveal()));
    }
    return ask("POST", path, kForm, http::encode_form(form));
  }
  std::string error_of(const std::string& answer) {
    return std::string(json_of(body_of(answer))["error"].string_or(""));
  }
  static std::string text(const Secret& secret) { return std::string(secret.reveal()); }
  std::string userinfo(const std::string& fields, const std::string& method = "GET",
                       const std::string& body = "") {
    return ask(method, "/oauth/userinfo", fields, body);
  }
  static std::string bearer(const Secret& token) { return "Authorization: Bearer " + text(token) + "\r\n"; }
  std::string id_token(const std::string& client_id) {
    apps::Client client = registration.client;
    client.id = client_id;
    Minting minting{.client = client,
                    .resource = house.find_resource(kDefaultResource),
                    .grant = house.issue(client, {"openid"}).grant,
                    .scopes = {"openid"},
                    .ai = {},
                    .dpop_thumbprint = {},
                    .nonce = {},
                    .with_id_token = true};
    auto answer = await_now(mint_tokens(house.authority, std::move(minting)));
    EXPECT_TRUE(answer.ok());
    return text(answer->id_token);
  }
  std::string signed_in() {
    auto cookie =
        await_now(sessions.begin("ada", {"pwd"}, std::nullopt, {"test", "127.0.0.1"}, std::nullopt));
    EXPECT_TRUE(cookie.ok());
    session = *cookie;
    return "Cookie: __Host-valetkey_session=" + text(*cookie) + "\r\n";
  }
  bool is_signed_in() { return await_now(sessions.find(session)).ok(); }
  std::string log_out(http::Form form, const std::string& fields) {
    return ask("GET", "/oauth/logout?" + http::encode_form(form), fields);
  }

  House house{GetParam()};
  sql::TemporaryDatabase people_store{GetParam()};
  accounts::BrowserSessions sessions{people_store.get(), house.clock, crypto::system_random(), {}};
  apps::ClientAuthentication authentication{
      house.clients, house.store.get(), house.clock, {kIssuer, std::string(kIssuer) + "/oauth/token"}};
  DpopVerifier dpop{house.store.get(), house.clock, Secret(std::string(32, 'n')), false};
  AuthorizationFlow flow{house.authority};
  Oauth face{house.authority, flow, house.tokens, dpop, authentication, sessions, "", "", {}};
  apps::Registration registration;
  Secret session;
  http::testing::TestServer server;
  unsigned short port = 0;
};
INSTANTIATE_TEST_SUITE_P(Engines, ClientEndpoints, testing::ValuesIn(sql::engines_under_test()),
                         [](const auto& info) { return sql::engine_name(info.param); });

TEST_P(ClientEndpoints, ATokenIsMintedSeenGivenBackAndGone) {
  auto minted = post("/oauth/token", {{"grant_type", "client_credentials"}, {"scope", "notes:read"}});
  ASSERT_EQ(status_of(minted), 200) << minted;
  std::string token(json_of(body_of(minted))["access_token"].string_or(""));
  auto seen = post("/oauth/introspect", {{"token", token}});
  ASSERT_EQ(status_of(seen), 200);
  EXPECT_EQ(json_of(body_of(seen))["active"].boolean(), true);
  EXPECT_EQ(json_of(body_of(seen))["client_id"].string(), registration.client.id);
  EXPECT_EQ(header_of(seen, "cache-control"), "no-store");
  auto revoked = post("/oauth/revoke", {{"token", token}});
  EXPECT_EQ(status_of(revoked), 200);
  EXPECT_EQ(body_of(revoked), "");
  EXPECT_EQ(body_of(post("/oauth/introspect", {{"token", token}})), R"({"active":false})");
}

TEST_P(ClientEndpoints, WhoDoesNotProveItselfGets401AndWhoAsksBadly400) {
  for (const char* path : {"/oauth/introspect", "/oauth/revoke", "/oauth/device_authorization"}) {
    auto nobody = post(path, {{"token", "x"}, {"client_id", registration.client.id}}, false);
    EXPECT_EQ(status_of(nobody), 401) << path;
    EXPECT_EQ(error_of(nobody), "invalid_client") << path;
    EXPECT_EQ(status_of(ask("POST", path, "Content-Type: text/plain\r\n", "x")), 400) << path;
    EXPECT_EQ(status_of(post(path, {{"scope", "a"}, {"scope", "b"}})), 400) << path;
    EXPECT_EQ(status_of(ask("GET", path)), 405) << path;
  }
  EXPECT_EQ(error_of(post("/oauth/introspect", {})), "invalid_request");
  EXPECT_EQ(error_of(post("/oauth/revoke", {})), "invalid_request");
}

TEST_P(ClientEndpoints, ADeviceGetsItsCodes) {
  auto answer = post("/oauth/device_authorization", {{"scope", "openid"}});
  ASSERT_EQ(status_of(answer), 200) << answer;
  auto body = json_of(body_of(answer));
  std::string code(body["user_code"].string_or(""));
  EXPECT_TRUE(normal_user_code(code));
  EXPECT_EQ(body["verification_uri"].string(), "https://auth.test/device");
  EXPECT_EQ(body["verification_uri_complete"].string(), "https://auth.test/device?user_code=" + code);
  EXPECT_EQ(body["interval"].integer(), 5);
  EXPECT_EQ(body["expires_in"].integer(), 600);
  auto polled = post("/oauth/token", {{"grant_type", "urn:ietf:params:oauth:grant-type:device_code"},
                                      {"device_code", std::string(body["device_code"].string_or(""))}});
  EXPECT_EQ(status_of(polled), 400);
  EXPECT_EQ(error_of(polled), "authorization_pending");
  EXPECT_EQ(error_of(post("/oauth/device_authorization", {{"scope", "unknown"}})), "invalid_scope");
}

TEST_P(ClientEndpoints, UserinfoTellsWhatTheScopesAllow) {
  auto all = house.issue(registration.client, {"openid", "email", "profile"});
  auto answer = userinfo(bearer(all.access_token));
  ASSERT_EQ(status_of(answer), 200) << answer;
  EXPECT_EQ(body_of(answer),
            R"({"sub":"ada","email":"ada@example.test","email_verified":true,"name":"Ada"})");
  auto little = house.issue(registration.client, {"openid"}, kNotes);
  EXPECT_EQ(body_of(userinfo(bearer(little.access_token))), R"({"sub":"ada"})");
  EXPECT_EQ(body_of(userinfo(kForm, "POST", "access_token=" + text(little.access_token))),
            R"({"sub":"ada"})");
  EXPECT_EQ(body_of(userinfo(bearer(little.access_token), "POST")), R"({"sub":"ada"})");
}

// RFC 6750 section 3.
TEST_P(ClientEndpoints, UserinfoSaysWhyNot) {
  auto none = userinfo("");
  EXPECT_EQ(status_of(none), 401);
  EXPECT_EQ(header_of(none, "www-authenticate"), "Bearer realm=\"userinfo\"");
  EXPECT_EQ(status_of(userinfo("Authorization: Basic eDp5\r\n")), 401);
  auto bad = userinfo("Authorization: Bearer a.b.c\r\n");
  EXPECT_EQ(status_of(bad), 401);
  EXPECT_NE(header_of(bad, "www-authenticate").find("error=\"invalid_token\""), std::string::npos);
  auto no_openid = house.issue(registration.client, {"notes:read", "email"});
  auto forbidden = userinfo(bearer(no_openid.access_token));
  EXPECT_EQ(status_of(forbidden), 403);
  EXPECT_NE(header_of(forbidden, "www-authenticate").find("scope=\"openid\""), std::string::npos);
  auto good = house.issue(registration.client, {"openid"});
  const std::string twice = bearer(good.access_token) + bearer(good.access_token);
  EXPECT_EQ(status_of(userinfo(twice)), 400);
  EXPECT_EQ(status_of(userinfo(bearer(good.access_token) + kForm, "POST",
                               "access_token=" + text(good.access_token))),
            400);
  EXPECT_EQ(status_of(ask("GET", "/oauth/userinfo?access_token=" + text(good.access_token))), 401);
  EXPECT_EQ(status_of(userinfo("Authorization: Bearer " + id_token(registration.client.id) + "\r\n")), 401);
  auto bound = house.issue(registration.client, {"openid"}, kDefaultResource, "a-thumbprint");
  EXPECT_EQ(status_of(userinfo(bearer(bound.access_token))), 401) << "bound, so no bearer token";
  EXPECT_EQ(status_of(userinfo("Authorization: DPoP " + text(bound.access_token) + "\r\n")), 401);
  EXPECT_EQ(status_of(userinfo("Authorization: DPoP " + text(good.access_token) + "\r\n")), 401);
  house.people.erase("ada");
  EXPECT_EQ(status_of(userinfo(bearer(good.access_token))), 401) << "the account is gone";
}

// RFC 9449 section 7.
TEST_P(ClientEndpoints, UserinfoTakesABoundTokenWithItsProof) {
  auto key = crypto::PrivateKey::generate(crypto::KeyKind::p256);
  const auto& parts = key.public_key().parts();
  const std::string jwk = R"({"kty":"EC","crv":"P-256","x":")" + jose::base64url_encode(parts.x) +
                          R"(","y":")" + jose::base64url_encode(parts.y) + "\"}";
  auto thumbprint = jose::VerifyingKey::parse(json_of(jwk).root())->thumbprint();
  auto bound = house.issue(registration.client, {"openid"}, kDefaultResource, thumbprint);
  auto proof = [&](const std::string& id, const std::string& url) {
    const std::string claims = R"({"jti":")" + id + R"(","htm":"GET","htu":")" + url + R"(","iat":)" +
                               std::to_string(kNow / kSecond) + R"(,"ath":")" +
                               jose::base64url_encode(crypto::sha256(bound.access_token.reveal())) + "\"}";
    const std::string signing =
        jose::base64url_encode(R"({"typ":"dpop+jwt","alg":"ES256","jwk":)" + jwk + "}") + "." +
        jose::base64url_encode(claims);
    return "Authorization: DPoP " + text(bound.access_token) + "\r\nDPoP: " + signing + "." +
           jose::base64url_encode(key.sign(signing)) + "\r\n";
  };
  const std::string url = "https://auth.test/oauth/userinfo";
  EXPECT_EQ(status_of(userinfo(proof("1", url))), 200);
  auto replayed = userinfo(proof("1", url));
  EXPECT_EQ(status_of(replayed), 401);
  EXPECT_TRUE(header_of(replayed, "www-authenticate").starts_with("DPoP "));
  EXPECT_EQ(status_of(userinfo(proof("2", "https://auth.test/oauth/token"))), 401);
}

TEST_P(ClientEndpoints, WithAGoodHintTheSessionEndsAndTheBrowserReturns) {
  auto cookie = signed_in();
  auto answer = log_out({{"id_token_hint", id_token(registration.client.id)},
                         {"post_logout_redirect_uri", "https://app.test/bye?x=1"},
                         {"state", "a b"}},
                        cookie);
  EXPECT_EQ(status_of(answer), 303);
  EXPECT_EQ(header_of(answer, "location"), "https://app.test/bye?x=1&state=a%20b");
  EXPECT_NE(header_of(answer, "set-cookie").find("__Host-valetkey_session=;"), std::string::npos)
      << header_of(answer, "set-cookie");
  EXPECT_FALSE(is_signed_in());
}

TEST_P(ClientEndpoints, AnOldHintIsStillAHint) {
  std::string hint = id_token(registration.client.id);
  house.clock.advance(kHour);
  auto cookie = signed_in();
  EXPECT_EQ(header_of(log_out({{"id_token_hint", hint}}, cookie), "location"), "/sign-in");
  EXPECT_FALSE(is_signed_in());
}

TEST_P(ClientEndpoints, UnprovedItMustAskAndNeverReturnsToAStranger) {
  auto cookie = signed_in();
  const std::string hint = id_token(registration.client.id);
  struct Case {
    http::Form form;
    std::string goes_to;
  };
  for (const auto& [form, goes_to] : std::vector<Case>{
           {{}, "/account/sessions"},
           {{{"client_id", registration.client.id}}, "/account/sessions"},
           {{{"client_id", registration.client.id}, {"post_logout_redirect_uri", "https://app.test/bye"}},
            "/account/sessions"},
           {{{"id_token_hint", hint}, {"post_logout_redirect_uri", "https://evil.test/"}},
            "/error?code=invalid_request"},
           {{{"id_token_hint", hint}, {"post_logout_redirect_uri", "https://app.test/bye/"}},
            "/error?code=invalid_request"},
           {{{"id_token_hint", hint}, {"client_id", "another"}}, "/error?code=invalid_request"},
           {{{"id_token_hint", "a.b.c"}}, "/error?code=invalid_request"},
           {{{"id_token_hint", text(house.issue(registration.client, {"openid"}).access_token)}},
            "/error?code=invalid_request"},
           {{{"state", "a"}, {"state", "b"}}, "/error?code=invalid_request"},
       }) {
    auto answer = log_out(form, cookie);
    EXPECT_EQ(status_of(answer), 303);
    EXPECT_EQ(header_of(answer, "location"), goes_to) << http::encode_form(form).substr(0, 80);
    EXPECT_TRUE(is_signed_in());
  }
}

TEST_P(ClientEndpoints, AnotherPersonsHintIsNoHint) {
  house.people["ada"].id = "eve";  // whom the hint will name
  house.people["eve"] = house.people["ada"];
  const std::string hint = id_token(registration.client.id);
  auto cookie = signed_in();
  auto answer =
      log_out({{"id_token_hint", hint}, {"post_logout_redirect_uri", "https://app.test/bye"}}, cookie);
  EXPECT_EQ(header_of(answer, "location"), "/account/sessions");
  EXPECT_TRUE(is_signed_in());
}

// SameSite=Lax keeps the cookie from a POST of another site.
TEST_P(ClientEndpoints, APostWithoutTheCookieComesAgainAsAGet) {
  const std::string hint = id_token(registration.client.id);
  auto answer = ask("POST", "/oauth/logout", kForm, http::encode_form({{"id_token_hint", hint}}));
  EXPECT_EQ(header_of(answer, "location"), "/oauth/logout?id_token_hint=" + hint);
  auto cookie = signed_in();
  answer = ask("POST", "/oauth/logout", kForm + cookie, http::encode_form({{"id_token_hint", hint}}));
  EXPECT_EQ(header_of(answer, "location"), "/sign-in");
  EXPECT_FALSE(is_signed_in());
}

}  // namespace
}  // namespace valetkey::faces
