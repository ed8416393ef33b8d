#include "domain/apps/client_authentication_test_support.h"

namespace valetkey::apps {
namespace {

using namespace testing_support;

class AssertionTest : public AuthenticationTest {};
INSTANTIATE_TEST_SUITE_P(Engines, AssertionTest, testing::ValuesIn(sql::engines_under_test()),
                         [](const auto& info) { return sql::engine_name(info.param); });

TEST_P(AssertionTest, AnAssertionProvesItsClient) {
  Registration made = key_client();
  EXPECT_EQ(outcome_of_claims(Claims(made.client.id)), "private_key_jwt");
  EXPECT_EQ(outcome_of_claims(Claims(made.client.id).with("aud", '"' + std::string(kTokenEndpoint) + '"')),
            "private_key_jwt");
  EXPECT_EQ(outcome_of(assertion(key.sign_jwt("client-authentication+jwt", Claims(made.client.id).text()),
                                 made.client.id)),
            "private_key_jwt");
  EXPECT_EQ(outcome_of(form(made.client.id, "")), "invalid_client");  // not without it
}

TEST_P(AssertionTest, EveryClaimMustHold) {
  Registration made = key_client();
  const Claims good(made.client.id);
  const std::string now = std::to_string(kNowSeconds);
  auto seconds = [](int64_t from_now) { return std::to_string(kNowSeconds + from_now); };
  for (auto [name, value] : std::vector<std::pair<std::string, std::string>>{
           {"iss", ""},
           {"iss", R"("somebody")"},
           {"iss", "1"},
           {"sub", ""},
           {"sub", R"("somebody")"},
           {"aud", ""},
           {"aud", R"("https://other.example")"},
           {"aud", R"("https://auth.example/")"},
           {"aud", R"("https://AUTH.example")"},
           {"aud", "[]"},
           {"aud", R"(["https://auth.example","https://evil.example"])"},
           {"aud", R"(["https://auth.example",1])"},
           {"aud", "{}"},
           {"aud", "null"},
           {"exp", ""},
           {"exp", "null"},
           {"exp", '"' + now + '"'},
           {"exp", seconds(-60)},
           {"exp", seconds(-3600)},
           {"exp", "-1"},
           {"exp", "1e300"},
           {"exp", seconds(361)},
           {"exp", seconds(86400)},
           {"nbf", seconds(61)},
           {"nbf", R"("x")"},
           {"iat", seconds(61)},
           {"jti", ""},
           {"jti", "1"},
           {"jti", R"("")"},
           {"jti", '"' + std::string(257, 'x') + '"'}}) {
    EXPECT_EQ(outcome_of_claims(good.with(name, value)), "invalid_client") << name << " = " << value;
  }
  // At the limits.
  EXPECT_EQ(outcome_of_claims(good.with("exp", seconds(-59)).with("jti", R"("a")")), "private_key_jwt");
  EXPECT_EQ(outcome_of_claims(good.with("exp", seconds(360)).with("jti", R"("b")")), "private_key_jwt");
  EXPECT_EQ(outcome_of_claims(good.with("exp", now + ".5").with("jti", R"("c")")), "private_key_jwt");
  EXPECT_EQ(outcome_of_claims(good.with("nbf", seconds(60)).with("jti", '"' + std::string(256, 'x') + '"')),
            "private_key_jwt");
  EXPECT_EQ(outcome_of_claims(good.with("iat", "").with("jti", R"("d")")), "private_key_jwt");
  EXPECT_EQ(outcome_of_claims(good.with("aud", R"(["https://auth.example"])").with("jti", R"("e")")),
            "private_key_jwt");
}

TEST_P(AssertionTest, OnlyTheClientsOwnKeySigns) {
  Registration made = key_client();
  auto foreign = jose::SigningKey::generate(jose::Algorithm::ES256, "k1");
  auto unknown = jose::SigningKey::generate(jose::Algorithm::ES256, "k2");
  auto other_algorithm = jose::SigningKey::generate(jose::Algorithm::EdDSA, "k1");
  for (const auto& signer : {foreign, unknown, other_algorithm}) {
    EXPECT_EQ(outcome_of(assertion(signer.sign_jwt("JWT", Claims(made.client.id).text()))), "invalid_client");
  }
  // Another registered client's key proves that client only.
  Registration other = registry.must_create("ben", R"({"redirect_uris":["https://b.example/"],
      "token_endpoint_auth_method":"private_key_jwt","jwks":)" +
                                                       jwks_of({foreign}) + "}");
  EXPECT_EQ(outcome_of(assertion(foreign.sign_jwt("JWT", Claims(made.client.id).text()))), "invalid_client");
  EXPECT_EQ(outcome_of(assertion(foreign.sign_jwt("JWT", Claims(other.client.id).text()))),
            "private_key_jwt");
  EXPECT_EQ(outcome_of(assertion(key.sign_jwt("JWT", Claims(made.client.id).text()), other.client.id)),
            "invalid_request");
}

TEST_P(AssertionTest, ForgedHeadersAreRefused) {
  Registration made = key_client();
  const std::string payload = jose::base64url_encode(Claims(made.client.id).text());
  const std::string good = key.sign_jwt("JWT", Claims(made.client.id).text());
  const std::string signature = good.substr(good.rfind('.') + 1);
  for (const char* header :
       {R"({"alg":"none"})", R"({"alg":"HS256","kid":"k1"})", R"({"alg":"ES384","kid":"k1"})",
        R"({"alg":"RS256","kid":"k1"})", R"({"alg":"ES256","kid":"k1","crit":["exp"]})",
        R"({"alg":"ES256","kid":"../../etc/passwd"})", R"({"kid":"k1"})",
        R"({"alg":"ES256","alg":"none","kid":"k1"})", "[]", "x"}) {
    const std::string head = jose::base64url_encode(header);
    EXPECT_EQ(outcome_of(assertion(head + "." + payload + ".")), "invalid_client") << header;
    EXPECT_EQ(outcome_of(assertion(head + "." + payload + "." + signature)), "invalid_client") << header;
  }
  const std::string all_ours = key.sign_jwt("JWT", Claims(made.client.id).text());
  for (const std::string& mangled :
       {all_ours + ".", all_ours + "x", all_ours.substr(1), "." + all_ours, all_ours + "=",
        std::string("a.b"), std::string("..."), std::string(1, '\0')}) {
    EXPECT_EQ(outcome_of(assertion(mangled)), "invalid_client");
  }
}

TEST_P(AssertionTest, AnotherKindOfTokenIsNoAssertion) {
  Registration made = key_client();
  for (const char* typ : {"at+jwt", "oauth-id-jag+jwt", "dpop+jwt", "application/at+jwt", "secevent+jwt"}) {
    EXPECT_EQ(outcome_of(assertion(key.sign_jwt(typ, Claims(made.client.id).text()))), "invalid_client")
        << typ;
  }
}

TEST_P(AssertionTest, TheTypeOfAssertionIsTheOne) {
  Registration made = key_client();
  ClientProof proof = assertion(key.sign_jwt("JWT", Claims(made.client.id).text()));
  proof.assertion_type = "urn:ietf:params:oauth:client-assertion-type:saml2-bearer";
  EXPECT_EQ(outcome_of(proof), "invalid_client");
}

TEST_P(AssertionTest, AnAssertionHasAtMost16KiB) {
  Registration made = key_client();
  auto sized = [&](size_t padding) {
    return key.sign_jwt("JWT",
                        Claims(made.client.id).with("pad", '"' + std::string(padding, 'x') + '"').text());
  };
  size_t padding = 11'000;
  while (sized(padding + 1).size() <= kMaxAssertion) padding += padding < 11'900 ? 100 : 1;
  EXPECT_LE(sized(padding).size(), kMaxAssertion);
  EXPECT_EQ(outcome_of(assertion(sized(padding))), "private_key_jwt");
  EXPECT_EQ(outcome_of(assertion(sized(padding + 4))), "invalid_client");
}

TEST_P(AssertionTest, AnAssertionWorksOnceHoweverManyTryAtOnce) {
  Registration made = key_client();
  const std::string jwt = key.sign_jwt("JWT", Claims(made.client.id).text());
  std::vector<Task<Result<Outcome>>> tries;
  for (int i = 0; i < 64; ++i) tries.push_back(authentication.authenticate(assertion(jwt)));
  int successes = 0;
  for (auto& outcome : await_all(std::move(tries))) {
    ASSERT_TRUE(outcome.ok());
    successes += std::holds_alternative<AuthenticatedClient>(*outcome) ? 1 : 0;
  }
  EXPECT_EQ(successes, 1);
  EXPECT_EQ(outcome_of(assertion(jwt)), "invalid_client");
}

TEST_P(AssertionTest, ASpentAssertionIsForgottenOnlyWhenItIsOver) {
  Registration made = key_client();
  const std::string jwt = key.sign_jwt("JWT", Claims(made.client.id).text());
  EXPECT_EQ(outcome_of(assertion(jwt)), "private_key_jwt");
  registry.clock.advance(119 * kSecond);
  EXPECT_TRUE(await_now(registry.clients.delete_unused()).ok());
  EXPECT_EQ(outcome_of(assertion(jwt)), "invalid_client");
  registry.clock.advance(2 * kSecond);
  EXPECT_TRUE(await_now(registry.clients.delete_unused()).ok());
  EXPECT_EQ(outcome_of(assertion(jwt)), "invalid_client");
}

TEST_P(AssertionTest, TwoClientsMayUseTheSameAssertionId) {
  Registration first = key_client();
  Registration second = key_client();
  EXPECT_EQ(outcome_of_claims(Claims(first.client.id).with("jti", R"("same")")), "private_key_jwt");
  EXPECT_EQ(outcome_of_claims(Claims(second.client.id).with("jti", R"("same")")), "private_key_jwt");
}

TEST_P(AssertionTest, ADocumentsClientProvesItselfWithItsJwksUri) {
  const std::string jwks_uri = "https://app.example/jwks.json";
  registry.web.put(kUrlClient, R"({"client_id":")" + std::string(kUrlClient) + R"(","client_name":"App",
    "redirect_uris":["https://app.example/cb"],"token_endpoint_auth_method":"private_key_jwt","jwks_uri":")" +
                                   jwks_uri + "\"}");
  registry.web.put(jwks_uri, jwks_of({key}));
  EXPECT_EQ(outcome_of_claims(Claims(kUrlClient)), "private_key_jwt");
  EXPECT_EQ(registry.web.fetches(), 2);
  EXPECT_EQ(outcome_of_claims(Claims(kUrlClient)), "private_key_jwt");
  EXPECT_EQ(registry.web.fetches(), 2);
  EXPECT_EQ(outcome_of(form(kUrlClient, "")), "invalid_client");
  registry.web.remove(kUrlClient);
  registry.clock.advance(kMinute);
  EXPECT_EQ(outcome_of(assertion(key.sign_jwt("JWT", Claims(kUrlClient).text()))), "error");
}

}  // namespace
}  // namespace valetkey::apps
