#include "faces/portal/ai_endpoint.h"

#include <algorithm>

#include "domain/passes/session_pass.h"

namespace valetkey::faces {
namespace {

using authorization::connect_ai;
using authorization::ConnectedAi;
using authorization::disconnect_ai;
using authorization::list_usable_ai;

constexpr std::string_view kNote =
    "Unofficial: it reuses the sign-in of the vendor's own tools. It may stop working, and the vendor's "
    "terms may not "
    "allow it. Only you can use it.";

bool is_enabled(const PortalGrants& face, ProviderId provider) {
  const auto& enabled = face.providers_enabled;
  return std::find(enabled.begin(), enabled.end(), provider) != enabled.end();
}

void write_providers(JsonWriter& json, const PortalGrants& face) {
  json.key("providers").begin_array();
  for (ProviderId provider : kAllProviders) {
    json.begin_object()
        .member("id", to_string(provider))
        .member("name", display_name(provider))
        .member("enabled", is_enabled(face, provider))
        .member("note", kNote)
        .end_object();
  }
  json.end_array();
}

std::string_view word_of(SignInState::Kind kind) {
  switch (kind) {
    case SignInState::Kind::pending:
      return "pending";
    case SignInState::Kind::complete:
      return "complete";
    case SignInState::Kind::expired:
    case SignInState::Kind::not_found:
      return "expired";
    case SignInState::Kind::failed:
    case SignInState::Kind::verifier_required:
      return "error";
  }
  return "error";
}

http::Response locked() {
  return portal_error(403, "vault_locked",
                      "Sign in again with your password or a passkey, so that your AI can be stored safely.");
}

// The sign-in is complete: its key goes under the person's vault key.
Task<Result<void>> keep(const PortalGrants& face, const accounts::BrowserSession& session, std::string jwt) {
  CO_TRY(SessionPass pass, verify_session_pass(face.ring, jwt, face.authority.clock.now_seconds()));
  auto plan = co_await face.plan_of(pass.credential);
  auto connect = [&](sql::Transaction& transaction) -> Result<void> {
    return connect_ai(transaction, session.person.id, *session.vault_key, pass.credential,
                      plan.ok() ? *plan : "", face.authority.clock.now(), face.authority.random);
  };
  CO_CHECK(co_await face.authority.database.write(std::ref(connect)));
  co_return Result<void>();
}

}  // namespace

Task<void> list_ai(const PortalGrants& face, http::Exchange& exchange) {
  auto call = co_await enter(face.gate, exchange, Needs::person);
  if (!call) co_return;
  std::vector<ConnectedAi> connected;
  auto look_up = [&](sql::Transaction& transaction) -> Result<void> {
    VK_TRY(connected, list_usable_ai(transaction, call->session->person.id, call->session->vault_key));
    return {};
  };
  auto read = co_await face.authority.database.read(std::ref(look_up));
  if (!read.ok()) {
    co_await exchange.send(portal_failure(read.error()));
    co_return;
  }
  std::string body;
  JsonWriter json(body);
  json.begin_object();
  write_providers(json, face);
  json.key("connected").begin_array();
  for (const ConnectedAi& ai : connected) {
    json.begin_object()
        .member("id", ai.credential_id)
        .member("provider", to_string(ai.provider))
        .member("plan", ai.plan)
        .member("connected_at", ai.connected_at)
        .end_object();
  }
  json.end_array().end_object();
  co_await exchange.send(portal_json(200, std::move(body)));
}

Task<void> start_ai(const PortalGrants& face, http::Exchange& exchange) {
  auto call = co_await enter(face.gate, exchange, Needs::person);
  if (!call) co_return;
  auto provider = parse_provider(call->body["provider"].string_or(""));
  if (!provider || !is_enabled(face, *provider)) {
    co_await exchange.send(portal_error(400, "invalid_request", "This provider is not turned on here."));
    co_return;
  }
  if (!call->session->vault_key) {
    co_await exchange.send(locked());
    co_return;
  }
  auto started = co_await face.sign_ins.start({.provider = *provider, .app = {}, .code_challenge = {}});
  if (!started.ok()) {
    bool told = started.error().code == Code::upstream;
    co_await exchange.send(told ? portal_error(502, "provider_refused", started.error().detail)
                                : portal_failure(started.error()));
    co_return;
  }
  std::string body;
  JsonWriter(body)
      .begin_object()
      .member("id", started->session_id)
      .member("user_code", started->user_code)
      .member("verification_url", started->verification_url)
      .member("expires_at", face.authority.clock.now() + started->expires_in)
      .member("interval", started->poll_interval)
      .end_object();
  co_await exchange.send(portal_json(201, std::move(body)));
}

Task<void> poll_ai(const PortalGrants& face, http::Exchange& exchange) {
  auto call = co_await enter(face.gate, exchange, Needs::person);
  if (!call) co_return;
  if (!call->session->vault_key) {
    co_await exchange.send(locked());
    co_return;
  }
  std::string id(exchange.parameter("id"));
  auto state = co_await face.sign_ins.poll(std::move(id), "", "");
  Result<void> kept;
  if (state.ok() && state->kind == SignInState::Kind::complete) {
    kept = co_await keep(face, *call->session, state->jwt);
  }
  if (!state.ok() || !kept.ok()) {
    co_await exchange.send(portal_failure(state.ok() ? kept.error() : state.error()));
    co_return;
  }
  std::string body;
  JsonWriter json(body);
  json.begin_object().member("status", word_of(state->kind));
  if (!state->problem.empty()) json.member("message", state->problem);
  json.end_object();
  co_await exchange.send(portal_json(200, std::move(body)));
}

Task<void> end_ai(const PortalGrants& face, http::Exchange& exchange) {
  auto call = co_await enter(face.gate, exchange, Needs::person);
  if (!call) co_return;
  std::string credential_id(exchange.parameter("id"));
  bool known = false;
  auto work = [&](sql::Transaction& transaction) -> Result<void> {
    VK_TRY(known, disconnect_ai(transaction, call->session->person.id, credential_id));
    return {};
  };
  Result<void> ended = co_await face.authority.database.write(std::ref(work));
  if (!ended.ok() || !known) {
    co_await exchange.send(portal_failure(ended.ok() ? Error{Code::not_found, "", "ai"} : ended.error()));
    co_return;
  }
  co_await exchange.send(portal_json(200, "{}"));
}

}  // namespace valetkey::faces
