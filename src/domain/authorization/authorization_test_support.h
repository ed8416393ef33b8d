// What the tests of the grants share: a house with database, clock, keys, clients, resources and two people,
// and a way to every kind of token without a browser (flow_test_support.h goes through the browser's part).
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "domain/authorization/access_tokens.h"
#include "domain/authorization/authority.h"
#include "domain/authorization/dpop.h"
#include "domain/authorization/flow.h"
#include "domain/authorization/jwt_bearer.h"
#include "domain/authorization/migrations.h"
#include "domain/authorization/tokens.h"
#include "foundation/crypto/crypto.h"
#include "foundation/crypto/held_secret.h"
#include "tests/support/sql/await.h"
#include "tests/support/sql/temporary_database.h"

namespace valetkey::authorization::testing_support {

constexpr Millis kNow = 1'790'000'000'000;
constexpr const char* kIssuer = "https://auth.test";
constexpr const char* kDefaultResource = "https://auth.test/mcp";
constexpr const char* kNotes = "https://notes.test/mcp";      // of builder "bea"
constexpr const char* kPhotos = "https://photos.test/mcp";    // of builder "bea" too
constexpr const char* kElsewhere = "https://other.test/mcp";  // of builder "cem"

inline JsonDocument json_of(std::string_view text) {
  auto document = JsonDocument::parse(text);
  if (!document.ok()) std::abort();
  return std::move(*document);
}

// An apps::Client as the authentication hands it on.
inline apps::AuthenticatedClient proved_client(
    std::string id, std::vector<std::string> grant_types,
    apps::AuthMethod method = apps::AuthMethod::client_secret_basic) {
  apps::AuthenticatedClient proved;
  proved.client.id = std::move(id);
  proved.client.grant_types = std::move(grant_types);
  proved.client.auth_methods = {method};
  proved.method = method;
  return proved;
}

inline AiKeys some_ai() {
  return {{CredentialId("01CREDENTIAL"), Secret(std::string(kRecordKeySize, 'K')), ProviderId::openai, ""}};
}

// What came of one approval.
struct Issued {
  Grant grant;
  Secret access_token, refresh_token;
};

class House {
 public:
  explicit House(sql::Database::Kind kind)
      : store(kind),
        keys(migrated(store), clock, crypto::system_random(), key_options()),
        clients(store.get(), clock, crypto::system_random(),
                [](std::string, size_t) -> Task<Result<apps::FetchedDocument>> {
                  co_return Error{Code::upstream, "no web here", "test"};
                },
                {}),
        resources(store.get(), clock,
                  {resource(kDefaultResource, "", {"notes:read", "notes:write", kAiScope})}),
        authority{store.get(),
                  clock,
                  crypto::system_random(),
                  keys,
                  clients,
                  resources,
                  [this](std::string id) { return find_person(std::move(id)); },
                  options()},
        tokens(store.get(), clock, keys, kIssuer, authority.options.seal_secrets) {
    EXPECT_TRUE(keys.start().ok());
    people["ada"] = {"ada", "ada@example.test", true, "Ada", kNow};
    people["bob"] = {"bob", "bob@example.test", true, "", kNow};
    register_resource("bea", kNotes);
    register_resource("bea", kPhotos);
    register_resource("cem", kElsewhere);
  }

  static Options options() {
    Options options;
    options.issuer = kIssuer;
    options.seal_secrets = {Secret(std::string(32, 's'))};
    return options;
  }
  static apps::Resource resource(std::string uri, std::string owner, std::vector<std::string> scopes) {
    apps::Resource made;
    made.uri = std::move(uri);
    made.name = "A resource";
    made.owner = std::move(owner);
    for (auto& scope : scopes) made.scopes.push_back({std::move(scope), ""});
    return made;
  }
  void register_resource(const std::string& owner, const std::string& uri) {
    JsonDocument body = json_of(R"({"uri":")" + uri + R"(","name":"R","scopes":[{"name":"notes:read"},
                                {"name":"notes:write"}]})");
    auto made = await_now(resources.create_for(owner, body.root()));
    ASSERT_TRUE(made.ok()) << made.error().detail;
  }
  // A builder's client that Clients::find knows.
  apps::AuthenticatedClient create_client(const std::string& owner, const std::string& metadata) {
    JsonDocument body = json_of(metadata);
    auto made = await_now(clients.create_for(owner, body.root()));
    if (!made.ok() || !std::holds_alternative<apps::Registration>(*made)) std::abort();
    apps::AuthenticatedClient proved;
    proved.client = std::get<apps::Registration>(*made).client;
    proved.method = proved.client.auth_methods.front();
    return proved;
  }
  static apps::AuthenticatedClient builders(std::string id, std::string owner,
                                            std::vector<std::string> grant_types = {}) {
    auto proved = proved_client(std::move(id), std::move(grant_types));
    proved.client.kind = apps::ClientKind::builder;
    proved.client.owner = std::move(owner);
    return proved;
  }
  accounts::BrowserSession session_of(const std::string& person) {
    accounts::BrowserSession session;
    session.id = "session of " + person;
    session.person = people.at(person);
    session.signed_in_at = session.authenticated_at = clock.now() - kMinute;
    return session;
  }

  void write(std::function<Result<void>(sql::Transaction&)> work) {
    auto done = store->write_now(std::move(work));
    ASSERT_TRUE(done.ok()) << done.error().detail;
  }
  apps::Resource find_resource(const std::string& uri) {
    auto found = await_now(resources.find(uri));
    EXPECT_TRUE(found.ok()) << uri;
    return found.ok() ? *found : apps::Resource{};
  }

  // As if ada had approved the client just now.
  Issued issue(const apps::Client& client, const Scopes& scopes, const std::string& uri = kDefaultResource,
               const std::string& thumbprint = "", const AiKeys& ai = {}) {
    Issued issued;
    issued.grant = make_grant(authority, session_of("ada"), client, find_resource(uri), scopes, "");
    issued.grant.expires_at = clock.now() + kDay;
    issued.refresh_token = crypto::make_token(crypto::system_random());
    write([&](sql::Transaction& transaction) -> Result<void> {
      VK_CHECK(insert_grant(transaction, issued.grant));
      NewRefreshToken fresh{issued.refresh_token,   issued.grant.id, client.id, scopes, thumbprint, ai,
                            issued.grant.expires_at};
      return insert_refresh_token(transaction, fresh, crypto::system_random());
    });
    Minting minting{.client = client,
                    .resource = find_resource(uri),
                    .grant = issued.grant,
                    .scopes = scopes,
                    .ai = ai,
                    .dpop_thumbprint = thumbprint,
                    .nonce = {}};
    auto answer = await_now(mint_tokens(authority, std::move(minting)));
    EXPECT_TRUE(answer.ok());
    if (answer.ok()) issued.access_token = answer->access_token;
    return issued;
  }
  Result<AccessToken> read(const Secret& token) {
    return await_now(tokens.read(std::string(token.reveal())));
  }
  bool is_live(const Secret& token) { return read(token).ok(); }

  ManualClock clock{kNow};
  sql::TemporaryDatabase store;
  SigningKeys keys;
  apps::Clients clients;
  apps::Resources resources;
  std::map<std::string, accounts::Person> people;
  Authority authority;
  AccessTokens tokens;

 private:
  static SigningKeyOptions key_options() {
    SigningKeyOptions made;
    made.seal_secrets = {Secret(std::string(32, 's'))};
    return made;
  }
  static sql::Database& migrated(sql::TemporaryDatabase& store) {
    std::vector<sql::Migration> all = apps::migrations();
    for (const auto* list :
         {&signing_key_migrations(), &seen_once_migrations(), &migrations(), &assertion_migrations()}) {
      all.insert(all.end(), list->begin(), list->end());
    }
    auto applied = sql::migrate(store.get(), all, kNow);
    if (!applied.ok()) std::abort();
    return store.get();
  }
  Task<Result<accounts::Person>> find_person(std::string id) {
    auto found = people.find(id);
    if (found == people.end()) co_return Error{Code::not_found, "nobody", "test"};
    co_return found->second;
  }
};

// On both engines.
class AuthorizationTest : public testing::TestWithParam<sql::Database::Kind> {
 protected:
  House house{GetParam()};
};

#define ON_BOTH_ENGINES(suite)                                                           \
  INSTANTIATE_TEST_SUITE_P(Engines, suite, testing::ValuesIn(sql::engines_under_test()), \
                           [](const auto& info) { return sql::engine_name(info.param); })

template <class T>
OauthCode code_of(const Result<Outcome<T>>& result) {
  EXPECT_TRUE(result.ok()) << result.error().detail;
  if (!result.ok()) return OauthCode::server_error;
  const Refusal* refusal = refusal_of(*result);
  EXPECT_NE(refusal, nullptr) << "was not refused";
  return refusal == nullptr ? OauthCode::server_error : refusal->code;
}

// The value; fails the test when there is none.
template <class T>
T must(Result<Outcome<T>> result) {
  EXPECT_TRUE(result.ok()) << result.error().detail;
  if (!result.ok()) return T{};
  const Refusal* refusal = refusal_of(*result);
  EXPECT_EQ(refusal, nullptr) << refusal->description;
  return refusal == nullptr ? std::get<0>(std::move(*result)) : T{};
}

}  // namespace valetkey::authorization::testing_support
