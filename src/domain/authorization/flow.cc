#include "domain/authorization/flow.h"

#include "domain/authorization/codes.h"
#include "domain/authorization/tokens.h"
#include "foundation/base/ids.h"
#include "foundation/crypto/held_secret.h"

namespace valetkey::authorization {
namespace {

constexpr std::string_view kRequestUri = "urn:ietf:params:oauth:request_uri:";

constexpr sql::Statement kKeep{
    "INSERT INTO oauth_requests (request_hash, client_id, parameters, browser_hash, created_at, expires_at)"
    " VALUES ($1, $2, $3, $4, $5, $6)"};
constexpr sql::Statement kFind{
    "SELECT parameters, created_at, expires_at FROM oauth_requests"
    " WHERE request_hash = $1 AND browser_hash = $2 AND expires_at > $3"};
constexpr sql::Statement kTake{
    "DELETE FROM oauth_requests WHERE request_hash = $1 AND browser_hash = $2 AND expires_at > $3"
    " RETURNING parameters, created_at, expires_at"};

// A pushed request belongs to no browser yet.
std::string browser_hash(const std::string& browser) {
  return browser.empty() ? std::string() : crypto::lookup_hash(browser);
}

SignInNeed sign_in_need(const AuthorizationRequest& request,
                        const std::optional<accounts::BrowserSession>& session, Millis asked_at, Millis now) {
  if (!session) return SignInNeed::required;
  bool since = session->authenticated_at >= asked_at;
  if (contains(request.prompt, "login") && !since) return SignInNeed::again;
  if (request.max_age && !since && session->authenticated_at + *request.max_age * kSecond < now) {
    return SignInNeed::again;
  }
  return SignInNeed::ok;
}

// An app that anybody may pretend to be is never answered without the person (RFC 8252 section 8.6).
bool may_answer_silently(const apps::Client& client) {
  return client.kind != apps::ClientKind::dynamic && !client.only_loopback_redirects();
}

Refusal refusal(OauthCode code, std::string description) {
  return {code, std::move(description), {}};
}

Error over() {
  return Error{Code::not_found, "This request is over. Go back to the app and start again.", "flow"};
}

}  // namespace

Task<Result<Secret>> AuthorizationFlow::keep(http::Form form, std::string browser, Millis lifetime) {
  Secret name = crypto::make_token(authority_.random);
  Millis now = authority_.clock.now();
  auto insert = [&](sql::Transaction& transaction) -> Result<void> {
    VK_CHECK(transaction.run(
        kKeep, {crypto::lookup_hash(name.reveal()), std::string(http::form_value(form, "client_id")),
                http::encode_form(form), browser_hash(browser), now, now + lifetime}));
    return {};
  };
  CO_CHECK(co_await authority_.database.write(std::ref(insert)));
  co_return name;
}

Task<Result<std::optional<AuthorizationFlow::Waiting>>> AuthorizationFlow::find_waiting(std::string hash,
                                                                                        std::string browser,
                                                                                        bool take) {
  std::optional<Waiting> waiting;
  auto look_up = [&](sql::Transaction& transaction) -> Result<void> {
    VK_TRY(auto rows,
           transaction.run(take ? kTake : kFind, {hash, browser_hash(browser), authority_.clock.now()}));
    waiting.reset();
    if (rows.empty()) return {};
    VK_TRY(auto form, http::decode_form(rows.front().text(0)));
    waiting = Waiting{std::move(form), rows.front().integer(1), rows.front().integer(2)};
    return {};
  };
  if (take) {
    CO_CHECK(co_await authority_.database.write(std::ref(look_up)));
  } else {
    CO_CHECK(co_await authority_.database.read(std::ref(look_up)));
  }
  co_return waiting;
}

// RFC 9126 section 4: what was pushed stands for everything else in the request. Once.
Task<Result<std::variant<http::Form, Refusal>>> AuthorizationFlow::replace_request_uri(http::Form form) {
  std::string uri(http::form_value(form, "request_uri"));
  if (uri.empty()) co_return std::move(form);
  if (!uri.starts_with(kRequestUri)) {
    co_return refusal(OauthCode::request_uri_not_supported,
                      "Only a request_uri of the PAR endpoint is taken.");
  }
  std::string hash = crypto::lookup_hash(std::string_view(uri).substr(kRequestUri.size()));
  CO_TRY(auto waiting, co_await find_waiting(hash, "", true));
  if (!waiting || http::form_value(waiting->form, "client_id") != http::form_value(form, "client_id")) {
    co_return refusal(OauthCode::invalid_request_uri,
                      "This request_uri was used, is too old, or another app's.");
  }
  co_return std::move(waiting->form);
}

Task<Result<Outcome<AuthorizationFlow::Pushed>>> AuthorizationFlow::push(http::Form form,
                                                                         std::string client_id) {
  if (!http::form_value(form, "request_uri").empty()) {
    co_return refusal(OauthCode::invalid_request, "request_uri cannot be pushed.");
  }
  std::erase_if(form, [](const auto& field) {
    return field.first == "client_id" || field.first == "client_secret" ||
           field.first.starts_with("client_assertion");
  });
  form.emplace_back("client_id", std::move(client_id));
  CO_TRY(auto checked, co_await check_authorization_request(authority_, form));
  if (auto* problem = std::get_if<RequestProblem>(&checked)) co_return std::move(problem->refusal);
  CO_TRY(Secret name, co_await keep(std::move(form), "", authority_.options.pushed_request_lifetime));
  co_return Pushed{std::string(kRequestUri) + std::string(name.reveal()),
                   authority_.options.pushed_request_lifetime / kSecond};
}

Task<Result<Begun>> AuthorizationFlow::begin(http::Form form, std::string browser,
                                             std::optional<accounts::BrowserSession> session) {
  bool pushed = !http::form_value(form, "request_uri").empty();
  CO_TRY(auto replaced, co_await replace_request_uri(std::move(form)));
  if (auto* refused = std::get_if<Refusal>(&replaced)) co_return ShowError{std::move(*refused)};
  auto& parameters = std::get<http::Form>(replaced);
  CO_TRY(auto checked, co_await check_authorization_request(authority_, parameters));
  const std::string& issuer = authority_.options.issuer;
  if (auto* problem = std::get_if<RequestProblem>(&checked)) {
    if (!problem->target) co_return ShowError{std::move(problem->refusal)};
    co_return SendToClient{error_redirect(*problem->target, problem->refusal, issuer)};
  }
  auto& request = std::get<AuthorizationRequest>(checked);
  auto refuse = [&](OauthCode code, std::string description) {
    return SendToClient{error_redirect(request.redirect, refusal(code, std::move(description)), issuer)};
  };
  if (request.client.require_pushed_requests && !pushed) {
    co_return refuse(OauthCode::invalid_request, "This app must push its requests (RFC 9126).");
  }

  Millis now = authority_.clock.now();
  bool silent = contains(request.prompt, "none");
  SignInNeed need = sign_in_need(request, session, now, now);
  if (silent && need == SignInNeed::ok && !request.id_token_hint.empty()) {
    std::string audience = request.client.id;
    if (subject_of_id_token(authority_, request.id_token_hint, audience) != session->person.id) {
      need = SignInNeed::required;
    }
  }
  if (silent && need != SignInNeed::ok) co_return refuse(OauthCode::login_required, "Nobody is signed in.");
  bool wants_page = contains(request.prompt, "consent") || contains(request.prompt, "select_account");
  if (need == SignInNeed::ok && !wants_page && may_answer_silently(request.client)) {
    std::optional<Consent> consent;
    auto look_up = [&](sql::Transaction& transaction) -> Result<void> {
      VK_TRY(consent, find_consent(transaction, session->person.id, request.client.id, request.resource.uri));
      return {};
    };
    CO_CHECK(co_await authority_.database.read(std::ref(look_up)));
    if (consent && contains_all(consent->scopes, request.scopes)) {
      co_return co_await answer_silently(std::move(request), std::move(*session), std::move(*consent));
    }
  }
  if (silent) co_return refuse(OauthCode::consent_required, "The person must be asked first.");
  CO_TRY(Secret name,
         co_await keep(std::move(parameters), std::move(browser), authority_.options.request_lifetime));
  co_return AskPerson{std::move(name)};
}

Task<Result<Begun>> AuthorizationFlow::answer_silently(AuthorizationRequest request,
                                                       accounts::BrowserSession session, Consent consent) {
  std::string chosen = contains(request.scopes, kAiScope) ? consent.credential_id : std::string();
  auto ai = co_await chosen_ai(authority_, session, std::move(chosen));
  bool gone = !ai.ok() && ai.error().code == Code::invalid_argument;  // the AI was disconnected since
  if (!ai.ok() && !gone) co_return std::move(ai).error();
  CO_TRY(std::string url, co_await issue(request, session, request.scopes, gone ? AiKeys{} : std::move(*ai)));
  co_return SendToClient{std::move(url)};
}

Task<Result<Question>> AuthorizationFlow::ask(Secret request, std::string browser,
                                              std::optional<accounts::BrowserSession> session) {
  if (browser.empty()) co_return over();
  CO_TRY(auto waiting,
         co_await find_waiting(crypto::lookup_hash(request.reveal()), std::move(browser), false));
  if (!waiting) co_return over();
  CO_TRY(auto checked, co_await check_authorization_request(authority_, std::move(waiting->form)));
  if (!std::holds_alternative<AuthorizationRequest>(checked)) co_return over();
  Question question;
  question.request = std::get<AuthorizationRequest>(std::move(checked));
  question.expires_at = waiting->expires_at;
  question.sign_in = sign_in_need(question.request, session, waiting->created_at, authority_.clock.now());
  if (!session) co_return question;
  auto look_up = [&](sql::Transaction& transaction) -> Result<void> {
    const auto& asked = question.request;
    VK_TRY(auto consent, find_consent(transaction, session->person.id, asked.client.id, asked.resource.uri));
    if (consent) {
      question.granted_before = consent->scopes;
      question.ai_before = consent->credential_id;
    }
    if (contains(asked.scopes, kAiScope)) {
      VK_TRY(question.ai, list_usable_ai(transaction, session->person.id, session->vault_key));
    }
    return {};
  };
  CO_CHECK(co_await authority_.database.read(std::ref(look_up)));
  co_return question;
}

Task<Result<std::string>> AuthorizationFlow::decide(Secret request, std::string browser,
                                                    accounts::BrowserSession session, Decision decision) {
  if (browser.empty()) co_return over();
  std::string hash = crypto::lookup_hash(request.reveal());
  CO_TRY(auto seen, co_await find_waiting(hash, browser, false));
  if (!seen) co_return over();
  CO_TRY(auto checked, co_await check_authorization_request(authority_, std::move(seen->form)));
  if (!std::holds_alternative<AuthorizationRequest>(checked)) co_return over();
  auto& asked = std::get<AuthorizationRequest>(checked);
  if (sign_in_need(asked, session, seen->created_at, authority_.clock.now()) != SignInNeed::ok) {
    co_return Error{Code::unauthorized, "Sign in again first.", "flow"};
  }
  Scopes scopes = decision.scopes ? intersect(asked.scopes, *decision.scopes) : asked.scopes;
  if (decision.scopes && !contains_all(asked.scopes, *decision.scopes)) {
    co_return Error{Code::invalid_argument, "A scope that was not asked for cannot be given.", "flow"};
  }
  AiKeys ai;
  if (decision.approve && contains(scopes, kAiScope)) {
    CO_TRY(ai, co_await chosen_ai(authority_, session, decision.credential_id));
  }
  CO_TRY(auto taken, co_await find_waiting(hash, std::move(browser), true));
  if (!taken) co_return over();
  if (!decision.approve) {
    co_return error_redirect(asked.redirect, refusal(OauthCode::access_denied, "The person said no."),
                             authority_.options.issuer);
  }
  co_return co_await issue(asked, session, std::move(scopes), std::move(ai));
}

Task<Result<AiKeys>> chosen_ai(const Authority& authority, const accounts::BrowserSession& session,
                               std::string credential_id) {
  AiKeys keys;
  if (credential_id.empty()) co_return keys;
  if (!session.vault_key) {
    co_return Error{Code::invalid_argument, "Sign in with your password or a passkey to use your AI.",
                    "flow"};
  }
  std::optional<CredentialKey> key;
  auto look_up = [&](sql::Transaction& transaction) -> Result<void> {
    VK_TRY(key, unwrap_ai(transaction, session.person.id, credential_id, *session.vault_key));
    return {};
  };
  CO_CHECK(co_await authority.database.read(std::ref(look_up)));
  if (!key) co_return Error{Code::invalid_argument, "That AI is not connected any more.", "flow"};
  keys.push_back(std::move(*key));
  co_return keys;
}

Grant make_grant(const Authority& authority, const accounts::BrowserSession& session,
                 const apps::Client& client, const apps::Resource& resource, Scopes scopes,
                 std::string authorization_details) {
  Millis now = authority.clock.now();
  Millis life = client.has_grant_type("refresh_token") ? authority.options.refresh_absolute_lifetime
                                                       : authority.options.access_token_lifetime + kMinute;
  return {.id = make_ulid(now, authority.random),
          .person_id = session.person.id,
          .client_id = client.id,
          .resource = resource.uri,
          .scopes = std::move(scopes),
          .authorization_details = std::move(authorization_details),
          .authenticated_at = session.authenticated_at,
          .created_at = now,
          .expires_at = now + life};
}

Task<Result<std::string>> AuthorizationFlow::issue(const AuthorizationRequest& request,
                                                   const accounts::BrowserSession& session, Scopes scopes,
                                                   AiKeys ai) {
  Grant grant = make_grant(authority_, session, request.client, request.resource, std::move(scopes),
                           request.authorization_details);
  Secret code = crypto::make_token(authority_.random);
  auto store = [&](sql::Transaction& transaction) -> Result<void> {
    return store_code(transaction, authority_, request, grant, code, ai);
  };
  CO_CHECK(co_await authority_.database.write(std::ref(store)));
  co_return code_redirect(request.redirect, code, authority_.options.issuer);
}

}  // namespace valetkey::authorization
