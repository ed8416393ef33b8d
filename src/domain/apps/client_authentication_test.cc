#include "domain/apps/client_authentication.h"

#include <gtest/gtest.h>

#include "domain/apps/apps_test_support.h"
#include "foundation/jose/jose.h"

namespace valetkey::apps {
namespace {

using testing_support::kNow;
using testing_support::Registry;
using Outcome = std::variant<AuthenticatedClient, ClientRefusal>;

constexpr const char* kIssuer = "https://auth.example";
constexpr const char* kTokenEndpoint = "https://auth.example/oauth/token";
constexpr const char* kType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
constexpr const char* kUrlClient = "https://app.example/oauth/client.json";
constexpr int64_t kNowSeconds = kNow / 1000;

std::string jwks_of(const std::vector<jose::SigningKey>& keys) {
  std::string text;
  JsonWriter writer(text);
  writer.begin_object().key("keys").begin_array();
  for (const auto& key : keys) key.verifying_key().write(writer);
  writer.end_array().end_object();
  return text;
}

// Claims that hold; each can be replaced, or left out with an empty value. Values are JSON.
struct Claims {
  std::map<std::string, std::string> members;
  explicit Claims(const std::string& client_id) {
    members = {{"iss", '"' + client_id + '"'},
               {"sub", '"' + client_id + '"'},
               {"aud", '"' + std::string(kIssuer) + '"'},
               {"exp", std::to_string(kNowSeconds + 60)},
               {"iat", std::to_string(kNowSeconds)},
               {"jti", '"' + next_id() + '"'}};
  }
  Claims with(const std::string& name, const std::string& value) const {
    Claims changed = *this;
    changed.members[name] = value;
    return changed;
  }
  std::string text() const {
    std::string out = "{";
    for (const auto& [name, value] : members) {
      if (!value.empty()) out += (out.size() > 1 ? ",\"" : "\"") + name + "\":" + value;
    }
    return out + "}";
  }
  static std::string next_id() {
    static int count = 0;
    return "jti-" + std::to_string(++count);
  }
};

class AuthenticationTest : public testing::TestWithParam<sql::Database::Kind> {
 protected:
  Result<Outcome> attempt(ClientProof proof) {
    return await_now(authentication.authenticate(std::move(proof)));
  }
  // The method it was let in by, or the word of the refusal.
  std::string outcome_of(ClientProof proof) {
    auto outcome = attempt(std::move(proof));
    if (!outcome.ok()) return "error";
    if (auto* in = std::get_if<AuthenticatedClient>(&*outcome)) return std::string(to_string(in->method));
    const auto& refusal = std::get<ClientRefusal>(*outcome);
    EXPECT_FALSE(refusal.description.empty());
    return refusal.kind == ClientRefusal::Kind::invalid_client ? "invalid_client" : "invalid_request";
  }
  ClientProof basic(const std::string& credentials, const std::string& client_id = "") {
    ClientProof proof;
    proof.client_id = client_id;
    proof.authorization_header = "Basic " + jose::base64_encode(credentials);
    return proof;
  }
  ClientProof form(const std::string& client_id, std::string_view secret) {
    return read_client_proof({{"client_id", client_id}, {"client_secret", std::string(secret)}}, "");
  }
  ClientProof assertion(const std::string& jwt, const std::string& client_id = "") {
    return read_client_proof(
        {{"client_id", client_id}, {"client_assertion_type", kType}, {"client_assertion", jwt}}, "");
  }
  std::string outcome_of_claims(const Claims& claims) {
    return outcome_of(assertion(key.sign_jwt("JWT", claims.text())));
  }
  Registration secret_client() {
    return registry.must_create(
        "ann",
        R"({"redirect_uris":["https://a.example/"],"token_endpoint_auth_method":"client_secret_basic"})");
  }
  Registration key_client() {
    return registry.must_create("ann", R"({"redirect_uris":["https://a.example/"],
      "token_endpoint_auth_method":"private_key_jwt","jwks":)" +
                                           jwks_of({key}) + "}");
  }
  void execute(const sql::Statement& statement, std::vector<sql::Value> parameters) {
    auto done = registry.store->write_now([&](sql::Transaction& transaction) -> Result<void> {
      VK_CHECK(transaction.run(statement, parameters));
      return {};
    });
    ASSERT_TRUE(done.ok()) << done.error().detail;
  }

  Registry registry{GetParam()};
  ClientAuthentication authentication{
      registry.clients, registry.store.get(), registry.clock, {kIssuer, kTokenEndpoint}};
  jose::SigningKey key = jose::SigningKey::generate(jose::Algorithm::ES256, "k1");
};
INSTANTIATE_TEST_SUITE_P(Engines, AuthenticationTest, testing::ValuesIn(sql::engines_under_test()),
                         [](const auto& info) { return sql::engine_name(info.param); });

TEST_P(AuthenticationTest, APublicClientNamesItself) {
  Registration open = registry.must_register(R"({"redirect_uris":["http://localhost/cb"]})");
  EXPECT_EQ(outcome_of(form(open.client.id, "")), "none");
  EXPECT_EQ(outcome_of(form(open.client.id, "made up")), "invalid_client");
  EXPECT_EQ(outcome_of(form("nobody", "")), "invalid_client");
  EXPECT_EQ(outcome_of(ClientProof()), "invalid_client");
  EXPECT_EQ(outcome_of(basic(open.client.id + ":")), "none");
  EXPECT_EQ(outcome_of(basic(open.client.id + ":x")), "invalid_client");
}

TEST_P(AuthenticationTest, ASecretWorksInTheHeaderAndInTheForm) {
  Registration made = secret_client();
  const std::string secret(made.client_secret.reveal());
  EXPECT_EQ(outcome_of(basic(made.client.id + ":" + secret)), "client_secret_basic");
  EXPECT_EQ(outcome_of(basic(made.client.id + ":" + secret, made.client.id)), "client_secret_basic");
  EXPECT_EQ(outcome_of(form(made.client.id, secret)), "client_secret_post");
  ClientProof lower = basic(made.client.id + ":" + secret);
  lower.authorization_header.replace(0, 5, "bAsIc");
  EXPECT_EQ(outcome_of(lower), "client_secret_basic");
}

TEST_P(AuthenticationTest, AWrongSecretIsRefusedInOneSentence) {
  Registration made = secret_client();
  Registration other = secret_client();
  const std::string secret(made.client_secret.reveal());
  for (const std::string& wrong : {std::string("x"), std::string(other.client_secret.reveal()), secret + "x",
                                   secret.substr(1), made.client.secret_hash, std::string(1, '\0')}) {
    EXPECT_EQ(outcome_of(basic(made.client.id + ":" + wrong)), "invalid_client");
    EXPECT_EQ(outcome_of(form(made.client.id, wrong)), "invalid_client");
  }
  EXPECT_EQ(outcome_of(form(made.client.id, "")), "invalid_client");  // it is no public client
  auto wrong = attempt(form(made.client.id, "x"));
  auto unknown = attempt(form("nobody", "x"));
  EXPECT_EQ(std::get<ClientRefusal>(*wrong).description, std::get<ClientRefusal>(*unknown).description);
}

TEST_P(AuthenticationTest, TheHeaderIsAnsweredWithItsChallenge) {
  Registration made = secret_client();
  for (const std::string& header :
       {std::string("Basic"), std::string("Basic "), std::string("Basic !!!"), std::string("Bearer abc"),
        "Basic " + jose::base64_encode("no colon"), "Basic " + jose::base64_encode(":secret"),
        "Basic " + jose::base64_encode(made.client.id + ":x"), "Basic " + std::string(9000, 'A')}) {
    ClientProof proof;
    proof.authorization_header = header;
    auto outcome = attempt(proof);
    ASSERT_TRUE(outcome.ok());
    ASSERT_TRUE(std::holds_alternative<ClientRefusal>(*outcome)) << header;
    EXPECT_TRUE(std::get<ClientRefusal>(*outcome).basic_challenge) << header;
  }
  EXPECT_FALSE(std::get<ClientRefusal>(*attempt(form(made.client.id, "x"))).basic_challenge);
}

TEST_P(AuthenticationTest, AHeaderMayNotBeAboutAnotherClient) {
  Registration made = secret_client();
  const std::string secret(made.client_secret.reveal());
  EXPECT_EQ(outcome_of(basic(made.client.id + ":" + secret, "somebody-else")), "invalid_client");
}

// RFC 6749 section 2.3.1 encodes both halves; SDKs send btoa(id + ":" + secret).
TEST_P(AuthenticationTest, ClientIdsThatAreUrlsWorkEncodedAndRaw) {
  Registration made = secret_client();
  static constexpr sql::Statement kRename{"UPDATE oauth_clients SET id = $1, secret_hash = $2 WHERE id = $3"};
  const std::string secret = "se+cr%et/";
  execute(kRename, {std::string(kUrlClient), sql::Blob{crypto::sha256(secret)}, made.client.id});
  EXPECT_EQ(outcome_of(basic(std::string(kUrlClient) + ":" + secret)), "client_secret_basic");
  EXPECT_EQ(outcome_of(basic(http::percent_encode(kUrlClient) + ":" + http::percent_encode(secret))),
            "client_secret_basic");
  EXPECT_EQ(
      outcome_of(basic(http::percent_encode(kUrlClient) + ":" + http::percent_encode(secret), kUrlClient)),
      "client_secret_basic");
  EXPECT_EQ(outcome_of(basic(std::string(kUrlClient) + ":x")), "invalid_client");
}

TEST_P(AuthenticationTest, AnExpiredSecretIsNone) {
  Registration made = secret_client();
  const std::string secret(made.client_secret.reveal());
  static constexpr sql::Statement kExpire{"UPDATE oauth_clients SET secret_expires_at = $1"};
  execute(kExpire, {kNowSeconds + 1});
  EXPECT_EQ(outcome_of(form(made.client.id, secret)), "client_secret_post");
  registry.clock.advance(kSecond);
  EXPECT_EQ(outcome_of(form(made.client.id, secret)), "invalid_client");
}

TEST_P(AuthenticationTest, OneWayAtATime) {
  Registration made = secret_client();
  const std::string secret(made.client_secret.reveal());
  ClientProof both = basic(made.client.id + ":" + secret, made.client.id);
  both.client_secret = Secret(secret);
  EXPECT_EQ(outcome_of(both), "invalid_request");
  ClientProof with_assertion = form(made.client.id, secret);
  with_assertion.assertion_type = kType;
  with_assertion.assertion = Secret(std::string("x"));
  EXPECT_EQ(outcome_of(with_assertion), "invalid_request");
  ClientProof half;
  half.assertion_type = kType;
  EXPECT_EQ(outcome_of(half), "invalid_request");
  half = ClientProof();
  half.assertion = Secret(std::string("x"));
  EXPECT_EQ(outcome_of(half), "invalid_request");
}

TEST_P(AuthenticationTest, AnAssertionProvesItsClient) {
  Registration made = key_client();
  EXPECT_EQ(outcome_of_claims(Claims(made.client.id)), "private_key_jwt");
  EXPECT_EQ(outcome_of_claims(Claims(made.client.id).with("aud", '"' + std::string(kTokenEndpoint) + '"')),
            "private_key_jwt");
  EXPECT_EQ(outcome_of(assertion(key.sign_jwt("client-authentication+jwt", Claims(made.client.id).text()),
                                 made.client.id)),
            "private_key_jwt");
  EXPECT_EQ(outcome_of(form(made.client.id, "")), "invalid_client");  // not without it
}

TEST_P(AuthenticationTest, EveryClaimMustHold) {
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

TEST_P(AuthenticationTest, OnlyTheClientsOwnKeySigns) {
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

TEST_P(AuthenticationTest, ForgedHeadersAreRefused) {
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

TEST_P(AuthenticationTest, AnotherKindOfTokenIsNoAssertion) {
  Registration made = key_client();
  for (const char* typ : {"at+jwt", "oauth-id-jag+jwt", "dpop+jwt", "application/at+jwt", "secevent+jwt"}) {
    EXPECT_EQ(outcome_of(assertion(key.sign_jwt(typ, Claims(made.client.id).text()))), "invalid_client")
        << typ;
  }
}

TEST_P(AuthenticationTest, TheTypeOfAssertionIsTheOne) {
  Registration made = key_client();
  ClientProof proof = assertion(key.sign_jwt("JWT", Claims(made.client.id).text()));
  proof.assertion_type = "urn:ietf:params:oauth:client-assertion-type:saml2-bearer";
  EXPECT_EQ(outcome_of(proof), "invalid_client");
}

TEST_P(AuthenticationTest, AnAssertionHasAtMost16KiB) {
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

TEST_P(AuthenticationTest, AnAssertionWorksOnceHoweverManyTryAtOnce) {
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

TEST_P(AuthenticationTest, ASpentAssertionIsForgottenOnlyWhenItIsOver) {
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

TEST_P(AuthenticationTest, TwoClientsMayUseTheSameAssertionId) {
  Registration first = key_client();
  Registration second = key_client();
  EXPECT_EQ(outcome_of_claims(Claims(first.client.id).with("jti", R"("same")")), "private_key_jwt");
  EXPECT_EQ(outcome_of_claims(Claims(second.client.id).with("jti", R"("same")")), "private_key_jwt");
}

TEST_P(AuthenticationTest, ADocumentsClientProvesItselfWithItsJwksUri) {
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

TEST_P(AuthenticationTest, ABrokenDocumentIsTheClientsFault) {
  registry.web.put(kUrlClient, R"({"client_id":"https://other.example/x"})");
  auto outcome = attempt(form(kUrlClient, ""));
  ASSERT_TRUE(outcome.ok());
  ASSERT_TRUE(std::holds_alternative<ClientRefusal>(*outcome));
  EXPECT_NE(std::get<ClientRefusal>(*outcome).description.find("client_id"), std::string::npos);
}

TEST_P(AuthenticationTest, AFailingStoreIsAnError) {
  Registration made = secret_client();
  static constexpr sql::Statement kDrop{"DROP TABLE oauth_clients"};
  execute(kDrop, {});
  EXPECT_EQ(outcome_of(form(made.client.id, made.client_secret.reveal())), "error");
  EXPECT_EQ(outcome_of(basic(made.client.id + ":x")), "error");
}

}  // namespace
}  // namespace valetkey::apps
