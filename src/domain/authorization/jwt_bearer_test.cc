// RFC 7523 with an ID-JAG.
#include "domain/authorization/jwt_bearer.h"

#include "domain/authorization/authorization_test_support.h"

namespace valetkey::authorization {
namespace {

using namespace testing_support;

constexpr const char* kGrantType = "urn:ietf:params:oauth:grant-type:jwt-bearer";
constexpr const char* kType = "oauth-id-jag+jwt";
constexpr const char* kCompany = "https://login.company.test";

// Claims of an assertion, to be changed by a test: raw JSON by name.
struct Claims {
  std::map<std::string, std::string> members;
  Claims() {
    const int64_t now = kNow / kSecond;
    members = {
        {"iss", quoted(kCompany)},    {"sub", quoted("ada@work")},  {"aud", quoted(kIssuer)},
        {"client_id", quoted("app")}, {"jti", quoted("one")},       {"exp", std::to_string(now + 300)},
        {"iat", std::to_string(now)}, {"resource", quoted(kNotes)}, {"scope", quoted("notes:read openid")}};
  }
  static std::string quoted(const std::string& text) { return "\"" + text + "\""; }
  Claims with(const std::string& name, const std::string& raw) const {
    Claims changed = *this;
    changed.members[name] = raw;
    return changed;
  }
  Claims without(const std::string& name) const {
    Claims changed = *this;
    changed.members.erase(name);
    return changed;
  }
  std::string text() const {
    std::string text;
    for (const auto& [name, value] : members) text += (text.empty() ? "{\"" : ",\"") + name + "\":" + value;
    return text + "}";
  }
};

class JwtBearerTest : public AuthorizationTest {
 protected:
  JwtBearerTest() {
    rules.issuers = {{kCompany, "https://login.company.test/keys", false}};
    rules.find_key = [this](std::string, std::string key_id,
                            jose::Algorithm algorithm) -> Task<Result<jose::VerifyingKey>> {
      ++fetches;
      if (published.empty()) co_return Error{Code::upstream, "down", "test"};
      auto set = jose::JwkSet::parse(published);
      if (!set.ok()) co_return std::move(set).error();
      if (const auto* found = set->find(key_id, algorithm)) co_return *found;
      co_return Error{Code::not_found, "no such key", "test"};
    };
    rules.find_person_by_email = [](std::string email) -> Task<Result<std::optional<std::string>>> {
      if (email == "bob@example.test") co_return std::optional<std::string>("bob");
      co_return std::optional<std::string>();
    };
    house.authority.assertions = &rules;
    JsonWriter json(published);
    json.begin_object().key("keys").begin_array();
    key.verifying_key().write(json);
    json.end_array().end_object();
    house.write(
        [&](auto& transaction) { return link_account(transaction, kCompany, "ada@work", "ada", kNow); });
  }
  TokenRequest request(const std::string& assertion, http::Form more = {}) const {
    more.emplace_back("assertion", assertion);
    return {std::move(more), app, ""};
  }
  std::string sign(const Claims& claims, const std::string& typ = kType) const {
    return key.sign_jwt(typ, claims.text());
  }
  Result<Outcome<TokenAnswer>> redeem(const Claims& claims, http::Form more = {}) {
    return await_now(redeem_assertion(house.authority, request(sign(claims), std::move(more))));
  }
  OauthCode refusal(const Claims& claims, http::Form more = {}) {
    return code_of(redeem(claims, std::move(more)));
  }

  AssertionRules rules;
  int fetches = 0;
  std::string published;
  jose::SigningKey key = jose::SigningKey::generate(jose::Algorithm::ES256, "company-1");
  apps::AuthenticatedClient app = proved_client("app", {kGrantType});
};
ON_BOTH_ENGINES(JwtBearerTest);

TEST_P(JwtBearerTest, ATrustedIssuerSpeaksForALinkedPerson) {
  auto answer = must(redeem(Claims()));
  EXPECT_TRUE(answer.refresh_token.empty());
  EXPECT_TRUE(answer.id_token.empty());
  auto token = house.read(answer.access_token);
  ASSERT_TRUE(token.ok());
  EXPECT_EQ(token->subject, "ada");
  EXPECT_TRUE(token->of_person);
  EXPECT_EQ(token->audience, kNotes);
  EXPECT_EQ(token->scopes, (Scopes{"notes:read", "openid"}));
  house.write([&](auto& transaction) { return revoke_grant(transaction, token->grant_id, kNow); });
  EXPECT_FALSE(house.is_live(answer.access_token));
}

TEST_P(JwtBearerTest, EveryClaimMustFit) {
  const int64_t now = kNow / kSecond;
  auto at = [](int64_t seconds) { return std::to_string(seconds); };
  for (const Claims& claims : {Claims().with("iss", "\"https://evil.test\""),
                               Claims().without("iss"),
                               Claims().without("sub"),
                               Claims().with("sub", "\"nobody\""),
                               Claims().with("aud", "\"https://other.test\""),
                               Claims().without("aud"),
                               Claims().with("aud", "[\"https://auth.test\",\"https://other.test\"]"),
                               Claims().with("aud", "\"https://auth.test/\""),
                               Claims().with("client_id", "\"other\""),
                               Claims().without("client_id"),
                               Claims().without("jti"),
                               Claims().with("jti", "7"),
                               Claims().with("jti", "\"" + std::string(kMaxAssertionId + 1, 'j') + "\""),
                               Claims().without("exp"),
                               Claims().without("iat"),
                               Claims().with("exp", at(now - kAssertionClockSkew)),
                               Claims().with("exp", at(now + kLongestAssertion + 1)),
                               Claims().with("iat", at(now + kAssertionClockSkew + 1)),
                               Claims().with("nbf", at(now + kAssertionClockSkew + 1)),
                               Claims().with("resource", "[]"),
                               Claims().with("scope", "\"\\\"\"")}) {
    EXPECT_EQ(refusal(claims), OauthCode::invalid_grant) << claims.text();
  }
  EXPECT_FALSE(must(redeem(Claims().with("jti", "\"" + std::string(kMaxAssertionId, 'j') + "\"")))
                   .access_token.empty());
  EXPECT_FALSE(must(redeem(Claims().with("exp", at(now + kLongestAssertion)).with("jti", "\"2\"")))
                   .access_token.empty());
}

TEST_P(JwtBearerTest, TheSignatureTypeAndSizeMustFit) {
  auto other = jose::SigningKey::generate(jose::Algorithm::ES256, "company-1");
  auto unknown = jose::SigningKey::generate(jose::Algorithm::ES256, "company-2");
  for (std::string text : {other.sign_jwt(kType, Claims().text()), unknown.sign_jwt(kType, Claims().text()),
                           sign(Claims(), "JWT"), sign(Claims(), "at+jwt"), std::string("a.b.c"),
                           std::string("x"), std::string(kMaxAssertion + 1, 'x')}) {
    EXPECT_EQ(code_of(await_now(redeem_assertion(house.authority, request(text)))), OauthCode::invalid_grant);
  }
  EXPECT_EQ(code_of(await_now(redeem_assertion(house.authority, TokenRequest{{}, app, ""}))),
            OauthCode::invalid_request);
}

TEST_P(JwtBearerTest, AnAssertionIsGoodOnceOfAnyNumberInParallel) {
  std::vector<Task<Result<Outcome<TokenAnswer>>>> tasks;
  const std::string text = sign(Claims());
  for (int i = 0; i < 32; ++i) tasks.push_back(redeem_assertion(house.authority, request(text)));
  int won = 0;
  for (auto& result : await_all(std::move(tasks))) {
    ASSERT_TRUE(result.ok()) << result.error().detail;
    won += std::holds_alternative<TokenAnswer>(*result) ? 1 : 0;
  }
  EXPECT_EQ(won, 1);
}

TEST_P(JwtBearerTest, OnlyAMarkedIssuersVerifiedAddressNamesAPerson) {
  const Claims bob = Claims().with("sub", "\"bob@work\"").with("email", "\"bob@example.test\"");
  const Claims verified = bob.with("email_verified", "true");
  EXPECT_EQ(refusal(verified), OauthCode::invalid_grant);
  rules.issuers[0].email_identifies = true;
  EXPECT_EQ(refusal(bob), OauthCode::invalid_grant);
  EXPECT_EQ(refusal(bob.with("email_verified", "\"true\"")), OauthCode::invalid_grant);
  EXPECT_EQ(refusal(verified.with("email", "\"unknown@example.test\"")), OauthCode::invalid_grant);
  EXPECT_EQ(house.read(must(redeem(verified)).access_token)->subject, "bob");
}

TEST_P(JwtBearerTest, ResourceAndScopeAreThoseOfTheAssertion) {
  EXPECT_EQ(refusal(Claims(), {{"resource", kPhotos}}), OauthCode::invalid_target);
  EXPECT_EQ(refusal(Claims().with("resource", "\"https://unknown.test/\"")), OauthCode::invalid_target);
  EXPECT_EQ(refusal(Claims(), {{"scope", "notes:write"}}), OauthCode::invalid_scope);
  EXPECT_EQ(must(redeem(Claims(), {{"scope", "notes:read notes:write"}})).scopes, Scopes{"notes:read"});
  auto free = Claims().without("scope").with("jti", "\"2\"");
  EXPECT_EQ(must(redeem(free, {{"scope", "notes:write offline_access"}})).scopes, Scopes{"notes:write"});
}

TEST_P(JwtBearerTest, WithoutTrustOrKeysNobodyGetsIn) {
  house.authority.assertions = nullptr;
  EXPECT_EQ(refusal(Claims()), OauthCode::invalid_grant);
  house.authority.assertions = &rules;
  published.clear();
  EXPECT_EQ(refusal(Claims()), OauthCode::temporarily_unavailable);
  EXPECT_GT(fetches, 0);
  rules.issuers.clear();
  fetches = 0;
  EXPECT_EQ(refusal(Claims()), OauthCode::invalid_grant);
  EXPECT_EQ(fetches, 0) << "nothing is fetched for whom nobody trusts";
}

TEST_P(JwtBearerTest, OnlyForAppsThatAuthenticateAndRegisteredForIt) {
  app.method = apps::AuthMethod::none;
  EXPECT_EQ(refusal(Claims()), OauthCode::unauthorized_client);
  app = proved_client("app", {"client_credentials"});
  EXPECT_EQ(refusal(Claims()), OauthCode::unauthorized_client);
}

TEST_P(JwtBearerTest, AnUnlinkedPersonIsUnknownAgain) {
  house.write([&](auto& transaction) { return unlink_person(transaction, "ada"); });
  EXPECT_EQ(refusal(Claims()), OauthCode::invalid_grant);
}

}  // namespace
}  // namespace valetkey::authorization
