// What the tests of client authentication share.
#pragma once

#include "domain/apps/client_authentication.h"

#include <gtest/gtest.h>

#include <map>

#include "domain/apps/apps_test_support.h"
#include "foundation/jose/jose.h"

namespace valetkey::apps::testing_support {

using Outcome = std::variant<AuthenticatedClient, ClientRefusal>;

constexpr const char* kIssuer = "https://auth.example";
constexpr const char* kTokenEndpoint = "https://auth.example/oauth/token";
constexpr const char* kType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
constexpr const char* kUrlClient = "https://app.example/oauth/client.json";
constexpr int64_t kNowSeconds = kNow / 1000;

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

}  // namespace valetkey::apps::testing_support
