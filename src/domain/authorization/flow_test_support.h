// What the tests of the browser's part add to the house: somebody signed in, clients with a redirect, ways to
// a code and what it buys.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "domain/authorization/authorization_test_support.h"
#include "foundation/jose/jose.h"

namespace valetkey::authorization::testing_support {

constexpr const char* kVerifier = "a-verifier-of-forty-three-characters-at-least-0123";
constexpr const char* kRedirect = "https://app.example/callback";

inline std::string challenge_of(std::string_view verifier) {
  return jose::base64url_encode(crypto::sha256(verifier));
}

class FlowHouse : public House {
 public:
  explicit FlowHouse(sql::Database::Kind kind) : House(kind), flow(authority), session(session_of("ada")) {
    session.vault_key = Secret(std::string(32, 'V'));
  }

  AuthorizationFlow flow;
  accounts::BrowserSession session;

  // A client of a builder, whose answers may be remembered. Confidential when it says so.
  apps::Client make_client(std::string_view more = R"("token_endpoint_auth_method":"none")") {
    std::string text = R"({"client_name":"App","redirect_uris":["https://app.example/callback"],)"
                       R"("grant_types":["authorization_code","refresh_token"],)";
    text.append(more).append("}");
    return create_client("builder-1", text).client;
  }

  static http::Form request_of(const apps::Client& client, const http::Form& changes = {}) {
    http::Form form{{"response_type", "code"},
                    {"client_id", client.id},
                    {"redirect_uri", kRedirect},
                    {"scope", "openid email notes:read"},
                    {"state", "st"},
                    {"code_challenge", challenge_of(kVerifier)},
                    {"code_challenge_method", "S256"},
                    {"resource", kDefaultResource}};
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

// On both engines.
class FlowTest : public testing::TestWithParam<sql::Database::Kind> {
 protected:
  FlowHouse house{GetParam()};
};

}  // namespace valetkey::authorization::testing_support
