#include "faces/portal/session_endpoint.h"
#include "foundation/http/cookies.h"

namespace valetkey::faces {
namespace {

int status_of(const accounts::AccountProblem& problem) {
  for (const char* word : {"wrong_credentials", "wrong_code", "sign_in_required"}) {
    if (problem.code == word) return 401;
  }
  return problem.code == "too_many_attempts" ? 429 : 400;
}

}  // namespace

Task<void> answer_signed_in(const AccountFace& face, http::Exchange& exchange, const PortalCall& call,
                            Proof proof, bool vault_as_before) {
  const bool is_same_person = call.session && call.session->person.id == proof.person.id;
  if (!proof.vault_key && is_same_person) proof.vault_key = call.session->vault_key;
  std::optional<Secret> replaces;
  if (!call.session_cookie.empty()) replaces = call.session_cookie;
  const bool has_vault = proof.vault_key.has_value() && vault_as_before;
  accounts::SessionDevice device{std::string(exchange.request().headers.get("user-agent")),
                                 exchange.client_address()};
  auto cookie = co_await face.parts.sessions.begin(proof.person.id, std::move(proof.methods),
                                                   std::move(proof.vault_key), std::move(device), replaces,
                                                   std::move(proof.password_stamp));
  if (!cookie.ok()) {
    co_await exchange.send(portal_failure(cookie.error()));
    co_return;
  }
  std::string body;
  JsonWriter json(body);
  json.begin_object().key("person");
  write_person(json, proof.person);
  json.member("vault", has_vault).end_object();
  http::Response response = portal_json(200, std::move(body));
  response.headers.add("set-cookie", http::host_cookie(kSessionCookie, cookie->reveal(),
                                                       face.parts.sessions.limits().absolute));
  co_await exchange.send(std::move(response));
}

Result<std::optional<std::string>> optional_text(const PortalCall& call, std::string_view name,
                                                 size_t max_bytes) {
  const Json member = call.body[name];
  if (!member.exists() || member.is_null()) return std::optional<std::string>();
  auto text = member.string();
  if (!text) return Error{Code::invalid_argument, std::string(name) + " must be text.", "portal"};
  if (text->size() > max_bytes)
    return Error{Code::invalid_argument, std::string(name) + " is too long.", "portal"};
  return std::optional<std::string>(*text);
}

Result<std::string> text_member(const PortalCall& call, std::string_view name, size_t max_bytes) {
  VK_TRY(std::optional<std::string> text, optional_text(call, name, max_bytes));
  if (!text) return Error{Code::invalid_argument, std::string(name) + " is missing.", "portal"};
  return std::move(*text);
}

http::Response problem_answer(const accounts::AccountProblem& problem) {
  return portal_error(status_of(problem), problem.code, problem.sentence, problem.retry_after);
}

http::Response plain_answer(const accounts::AccountResult<Unit>& result, int status) {
  if (auto refusal = refusal_of(result)) return std::move(*refusal);
  return portal_json(status, "{}");
}

http::Response plain_answer(const Result<void>& result) {
  return result.ok() ? portal_json(200, "{}") : portal_failure(result.error());
}

void write_person(JsonWriter& json, const accounts::Person& person) {
  json.begin_object()
      .member("id", person.id)
      .member("email", person.email)
      .member("email_verified", person.email_verified)
      .member("name", person.name)
      .end_object();
}

std::string no_session_cookie() {
  return http::host_cookie(kSessionCookie, "", -1);
}

}  // namespace valetkey::faces
