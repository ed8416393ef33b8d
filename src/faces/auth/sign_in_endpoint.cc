#include "faces/auth/sign_in_endpoint.h"

#include "foundation/base/json.h"
#include "foundation/http/url.h"

namespace valetkey::faces {
namespace {

// A body that is missing, is no JSON, or names no provider we know means openai, as AuthAI's clients expect.
Result<SignInStart> start_of_body(std::string_view body) {
  SignInStart start;
  auto document = JsonDocument::parse(body);
  if (!document.ok()) return start;
  start.provider = parse_provider((*document)["provider"].string_or("")).value_or(ProviderId::openai);
  Json challenge = (*document)["code_challenge"];
  if (challenge.exists() && !challenge.is_null()) {
    start.code_challenge = std::string(challenge.string_or(""));
    bool fits = start.code_challenge.size() == 43 && jose::base64url_decode(start.code_challenge).has_value();
    auto method = (*document)["code_challenge_method"].string_or("S256");
    if (!fits || method != "S256") {
      return Error{Code::invalid_argument,
                   "code_challenge must be base64url(SHA-256(code_verifier)), method S256", "auth"};
    }
  }
  return start;
}

std::string turned_off(ProviderId provider) {
  return "Signing in with " + std::string(display_name(provider)) +
         " is turned off on this server. Its operator can turn it on with VALETKEY_PROVIDERS; it reuses the "
         "sign-in of "
         "the vendor's own tools, which the vendor's terms may not allow.";
}

http::Response json_response(int status, std::string body) {
  return {status, {{"content-type", "application/json"}, {"cache-control", "no-store"}}, std::move(body)};
}

std::string verifier_of(const http::Request& request) {
  if (request.method == "POST") {
    auto document = JsonDocument::parse(request.body);
    return document.ok() ? std::string((*document)["code_verifier"].string_or("")) : std::string();
  }
  auto query = http::decode_form(request.query);
  return query.ok() ? std::string(http::form_value(*query, "code_verifier")) : std::string();
}

http::Response poll_response(const SignInState& state) {
  std::string body;
  JsonWriter json(body);
  json.begin_object();
  int status = 200;
  switch (state.kind) {
    case SignInState::Kind::not_found:
      status = 404;
      json.member("status", "error").member("error", "session not found");
      break;
    case SignInState::Kind::pending:
      json.member("status", "pending");
      break;
    case SignInState::Kind::complete:
      json.member("status", "complete").member("jwt", state.jwt);
      break;
    case SignInState::Kind::expired:
      json.member("status", "expired");
      break;
    case SignInState::Kind::failed:
      json.member("status", "error").member("error", state.problem);
      break;
    case SignInState::Kind::verifier_required:
      status = 400;
      json.member("status", "error")
          .member("error", "code_verifier is missing or does not match the code_challenge");
      break;
  }
  json.end_object();
  return json_response(status, std::move(body));
}

}  // namespace

http::Response auth_error(int status, std::string_view message) {
  std::string body;
  JsonWriter(body).begin_object().key("error").string(message).end_object();
  return json_response(status, std::move(body));
}

Task<void> start_sign_in(const Auth& face, http::Exchange& exchange) {
  auto start = start_of_body(exchange.request().body);
  if (!start.ok()) {
    co_await exchange.send(auth_error(400, start.error().detail));
    co_return;
  }
  ProviderId provider = start->provider;
  exchange.note("provider", to_string(provider));
  if (!face.providers.enabled(provider)) {
    co_await exchange.send(auth_error(403, turned_off(provider)));
    co_return;
  }
  auto started = co_await face.sign_ins.start(std::move(*start));
  if (!started.ok()) {
    bool told = started.error().code == Code::upstream;
    std::string_view sentence =
        told ? std::string_view(started.error().detail) : "The server cannot start a sign-in right now.";
    co_await exchange.send(auth_error(told ? 502 : 503, sentence));
    co_return;
  }
  std::string body;
  JsonWriter(body)
      .begin_object()
      .member("sessionId", started->session_id)
      .member("provider", std::string(to_string(provider)))
      .member("userCode", started->user_code)
      .member("verificationUrl", started->verification_url)
      .member("expiresInMs", started->expires_in)
      .member("pollIntervalMs", started->poll_interval)
      .end_object();
  co_await exchange.send(json_response(200, std::move(body)));
}

Task<void> poll_sign_in(const Auth& face, http::Exchange& exchange) {
  std::string session_id(exchange.parameter("id"));
  auto state = co_await face.sign_ins.poll(std::move(session_id), "", verifier_of(exchange.request()));
  if (!state.ok()) {
    co_await exchange.send(auth_error(503, "The server cannot look up the sign-in right now."));
    co_return;
  }
  co_await exchange.send(poll_response(*state));
}

Task<void> list_providers(const Auth& face, http::Exchange& exchange) {
  std::string body;
  JsonWriter json(body);
  json.begin_object().key("providers").begin_array();
  for (ProviderId id : kAllProviders) {
    if (!face.providers.enabled(id)) continue;
    json.begin_object()
        .member("id", std::string(to_string(id)))
        .member("displayName", std::string(display_name(id)))
        .end_object();
  }
  json.end_array().end_object();
  co_await exchange.send({200, {{"content-type", "application/json"}}, std::move(body)});
}

}  // namespace valetkey::faces
