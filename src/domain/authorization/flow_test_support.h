// What the tests of authorization share: a whole authority over a fresh database, one person, ways to get a
// code.
#pragma once

#include <atomic>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include "domain/authorization/access_tokens.h"
#include "domain/authorization/dpop.h"
#include "domain/authorization/flow.h"
#include "domain/authorization/migrations.h"
#include "domain/authorization/tokens.h"

#include "foundation/crypto/crypto.h"
#include "foundation/jose/jose.h"
#include "tests/support/sql/await.h"
#include "tests/support/sql/temporary_database.h"

namespace valetkey::authorization::flow_testing {

constexpr Millis kNow = 1'790'000'000'000;
constexpr const char* kIssuer = "https://auth.example";
constexpr const char* kResource = "https://auth.example/mcp";
constexpr const char* kVerifier = "a-verifier-of-forty-three-characters-at-least-0123";
constexpr const char* kRedirect = "https://app.example/callback";

inline std::string challenge_of(std::string_view verifier) {
  return jose::base64url_encode(crypto::sha256(verifier));
}

inline sql::Database& migrated(sql::TemporaryDatabase& store) {
  std::vector<sql::Migration> all = apps::migrations();
  for (const auto* more : {&signing_key_migrations(), &seen_once_migrations(), &migrations()}) {
    all.insert(all.end(), more->begin(), more->end());
  }
  if (!sql::migrate(store.get(), all, kNow).ok()) std::abort();
  return store.get();
}

inline std::vector<apps::Resource> two_resources() {
  apps::Resource own;
  own.uri = kResource;
  own.scopes = {{"notes.read", ""}, {"notes.write", ""}, {kAiScope, ""}};
  apps::Resource other;
  other.uri = "https://other.example/mcp";
  other.scopes = {{"other.read", ""}};
  return {own, other};
}

class House {
 public:
  explicit House(sql::Database::Kind kind)
      : store(kind),
        clients(migrated(store), clock, random, no_documents(), {}),
        resources(store.get(), clock, two_resources()),
        keys(store.get(), clock, random, {.seal_secrets = {seal_secret()}}),
        authority{store.get(),
                  clock,
                  random,
                  keys,
                  clients,
                  resources,
                  [this](std::string id) { return find_person(std::move(id)); },
                  options()},
        flow(authority),
        tokens(store.get(), clock, keys, kIssuer, {seal_secret()}) {
    if (!keys.start().ok()) std::abort();
    session.id = "session";
    session.person = {.id = "person-1", .email = "ada@example.org", .email_verified = true, .name = "Ada"};
    session.signed_in_at = session.authenticated_at = kNow - kMinute;
    session.vault_key = Secret(std::string(32, 'V'));
  }

  static Secret seal_secret() { return Secret(std::string(32, 's')); }
  static Options options() {
    Options chosen;
    chosen.issuer = kIssuer;
    chosen.seal_secrets = {seal_secret()};
    return chosen;
  }

  ManualClock clock{kNow};
  Random& random = crypto::system_random();
  sql::TemporaryDatabase store;
  apps::Clients clients;
  apps::Resources resources;
  SigningKeys keys;
  Authority authority;
  AuthorizationFlow flow;
  AccessTokens tokens;
  accounts::BrowserSession session;

  // A client of a builder, whose answers may be remembered. Confidential when it says so.
  apps::Client make_client(std::string_view more = R"("token_endpoint_auth_method":"none")") {
    std::string text = R"({"client_name":"App","redirect_uris":["https://app.example/callback"],)"
                       R"("grant_types":["authorization_code","refresh_token"],)";
    text.append(more).append("}");
    auto document = JsonDocument::parse(text);
    if (!document.ok()) std::abort();
    auto made = await_now(clients.create_for("builder-1", document->root()));
    if (!made.ok() || !std::holds_alternative<apps::Registration>(*made)) std::abort();
    return std::get<apps::Registration>(std::move(*made)).client;
  }

  static http::Form request_of(const apps::Client& client, const http::Form& changes = {}) {
    http::Form form{{"response_type", "code"},
                    {"client_id", client.id},
                    {"redirect_uri", kRedirect},
                    {"scope", "openid email notes.read"},
                    {"state", "st"},
                    {"code_challenge", challenge_of(kVerifier)},
                    {"code_challenge_method", "S256"},
                    {"resource", kResource}};
    for (const auto& [name, value] : changes) {
      std::erase_if(form, [&](const auto& field) { return field.first == name; });
      if (!value.empty()) form.emplace_back(name, value);
    }
    return form;
  }

  // The person says yes; the parameters of the answer.
  http::Form approve(http::Form form,
                     Decision decision = {.approve = true, .scopes = {}, .credential_id = {}}) {
    auto begun = await_now(flow.begin(std::move(form), "browser", session));
    if (!begun.ok()) std::abort();
    if (auto* sent = std::get_if<SendToClient>(&*begun)) return parameters_of(sent->url);
    auto* question = std::get_if<AskPerson>(&*begun);
    if (question == nullptr) std::abort();
    auto url = await_now(flow.decide(question->request, "browser", session, std::move(decision)));
    if (!url.ok()) std::abort();
    return parameters_of(*url);
  }
  std::string code_for(const apps::Client& client, const http::Form& changes = {}) {
    return std::string(http::form_value(approve(request_of(client, changes)), "code"));
  }
  static http::Form parameters_of(const std::string& url) {
    auto form = http::decode_form(url.substr(url.find('?') + 1));
    return form.ok() ? *form : http::Form{};
  }

  TokenRequest redemption(const apps::Client& client, const std::string& code,
                          const http::Form& changes = {}) const {
    http::Form form{{"grant_type", "authorization_code"},
                    {"code", code},
                    {"redirect_uri", kRedirect},
                    {"code_verifier", kVerifier}};
    for (const auto& [name, value] : changes) {
      std::erase_if(form, [&](const auto& field) { return field.first == name; });
      if (!value.empty()) form.emplace_back(name, value);
    }
    return {std::move(form), {client, apps::AuthMethod::none}, {}};
  }
  static TokenRequest refreshing(const apps::Client& client, const std::string& token, http::Form more = {}) {
    more.emplace_back("refresh_token", token);
    return {std::move(more), {client, apps::AuthMethod::none}, {}};
  }

  Result<Outcome<TokenAnswer>> redeem(const apps::Client& client, const std::string& code,
                                      const http::Form& changes = {}) {
    return await_now(redeem_code(authority, redemption(client, code, changes)));
  }
  Result<Outcome<TokenAnswer>> refresh(const apps::Client& client, const std::string& token,
                                       http::Form more = {}) {
    return await_now(rotate_refresh_token(authority, refreshing(client, token, std::move(more))));
  }
  TokenAnswer must_redeem(const apps::Client& client, const std::string& code) {
    auto answer = redeem(client, code);
    if (!answer.ok() || refusal_of(*answer) != nullptr) std::abort();
    return std::get<TokenAnswer>(std::move(*answer));
  }
  bool is_active(const Secret& access_token) {
    return await_now(tokens.read(std::string(access_token.reveal()))).ok();
  }

 private:
  static apps::FetchDocument no_documents() {
    return [](std::string, size_t) -> Task<Result<apps::FetchedDocument>> {
      co_return Error{Code::upstream, "no web in this test", "test"};
    };
  }
  Task<Result<accounts::Person>> find_person(std::string id) {
    if (id != session.person.id) co_return Error{Code::not_found, "no such person", "test"};
    co_return session.person;
  }
};

// The refusal's word; "" for success, "error ..." for our own failure.
template <class T>
std::string word_of(const Result<Outcome<T>>& answer) {
  if (!answer.ok()) return "error " + answer.error().detail;
  const Refusal* refused = refusal_of(*answer);
  return refused == nullptr ? std::string() : std::string(to_string(refused->code));
}
// The refresh token of an answer, one that was replayed included.
inline std::string refresh_token_of(const TokenAnswer& answer) {
  Secret body = write_token_answer(answer);
  auto document = JsonDocument::parse(body.reveal());
  return document.ok() ? std::string((*document)["refresh_token"].string_or("")) : std::string();
}

class OnBothEngines : public ::testing::TestWithParam<sql::Database::Kind> {
 public:
  House house{GetParam()};
};

}  // namespace valetkey::authorization::flow_testing
