#include "faces/portal/second_factor_endpoint.h"

#include "domain/accounts/email_address.h"

namespace valetkey::faces {
namespace {

http::Response codes_answer(const std::vector<Secret>& codes) {
  std::string body;
  JsonWriter json(body);
  json.begin_object().key("recovery_codes").begin_array();
  for (const Secret& code : codes) json.string(code.reveal());
  json.end_array().end_object();
  return portal_json(200, std::move(body));
}

http::Response changed_answer(const Result<bool>& changed) {
  if (!changed.ok()) return portal_failure(changed.error());
  if (!*changed) return portal_error(404, "not_found", "There is no such passkey.");
  return portal_json(200, "{}");
}

// What the person calls the passkey.
Result<std::string> passkey_name(const PortalCall& call) {
  VK_TRY(std::string typed, text_member(call, "name", kMaxTextMember));
  auto name = accounts::check_name(typed);
  if (!name) return Error{Code::invalid_argument, "Use a name of at most 100 characters.", "portal"};
  return *name;
}

}  // namespace

void write_passkey(JsonWriter& json, const accounts::PasskeyRow& row) {
  json.begin_object()
      .member("id", row.id)
      .member("name", row.name)
      .member("unlocks_vault", row.unlocks_vault)
      .member("created_at", row.created_at)
      .member("last_used_at", row.last_used_at)
      .end_object();
}

Task<void> begin_passkey(const AccountFace& face, http::Exchange& exchange) {
  auto call = co_await enter(face.gate, exchange, Needs::fresh_person);
  if (!call) co_return;
  auto options = co_await face.parts.passkeys.begin_registration(call->session->person, call->browser);
  if (!options.ok()) {
    co_await exchange.send(portal_failure(options.error()));
    co_return;
  }
  std::string body;
  JsonWriter(body).begin_object().key("publicKey").raw(*options).end_object();
  co_await exchange.send(portal_json(200, std::move(body)));
}

Task<void> add_passkey(const AccountFace& face, http::Exchange& exchange) {
  auto call = co_await enter(face.gate, exchange, Needs::fresh_person);
  if (!call) co_return;
  auto name = passkey_name(*call);
  if (!name.ok()) {
    co_await exchange.send(portal_failure(name.error()));
    co_return;
  }
  const Json credential = call->body["credential"];
  auto row = co_await face.parts.passkeys.finish_registration(
      call->session->person.id, std::move(*name), call->browser, credential, call->session->vault_key);
  if (!row.ok()) {
    co_await exchange.send(portal_failure(row.error()));
    co_return;
  }
  std::string body;
  JsonWriter json(body);
  write_passkey(json, *row);
  co_await exchange.send(portal_json(201, std::move(body)));
}

Task<void> rename_passkey(const AccountFace& face, http::Exchange& exchange) {
  auto call = co_await enter(face.gate, exchange, Needs::person);
  if (!call) co_return;
  auto name = passkey_name(*call);
  if (!name.ok()) {
    co_await exchange.send(portal_failure(name.error()));
    co_return;
  }
  const std::string id(exchange.parameter("id"));
  auto renamed = co_await face.parts.passkeys.rename(call->session->person.id, id, std::move(*name));
  co_await exchange.send(changed_answer(renamed));
}

Task<void> remove_passkey(const AccountFace& face, http::Exchange& exchange) {
  auto call = co_await enter(face.gate, exchange, Needs::fresh_person);
  if (!call) co_return;
  const std::string id(exchange.parameter("id"));
  auto removed = co_await face.parts.passkeys.remove(call->session->person.id, id);
  co_await exchange.send(changed_answer(removed));
}

Task<void> begin_totp(const AccountFace& face, http::Exchange& exchange) {
  auto call = co_await enter(face.gate, exchange, Needs::fresh_person);
  if (!call) co_return;
  auto setup = co_await face.parts.totp.begin(call->session->person);
  if (!setup.ok()) {
    co_await exchange.send(portal_failure(setup.error()));
    co_return;
  }
  std::string body;
  JsonWriter json(body);
  json.begin_object().key("secret").string(setup->secret.reveal());
  json.member("otpauth_uri", setup->otpauth_uri).end_object();
  co_await exchange.send(portal_json(200, std::move(body)));
}

Task<void> confirm_totp(const AccountFace& face, http::Exchange& exchange) {
  auto call = co_await enter(face.gate, exchange, Needs::fresh_person);
  if (!call) co_return;
  auto code = text_member(*call, "code", kMaxCodeMember);
  if (!code.ok()) {
    co_await exchange.send(portal_failure(code.error()));
    co_return;
  }
  auto codes =
      co_await face.parts.totp.confirm(call->session->person.id, std::move(*code), call->session->vault_key);
  if (codes.ok()) {
    co_await exchange.send(codes_answer(*codes));
    co_return;
  }
  const Error& error = codes.error();
  const bool is_wrong = error.code == Code::invalid_argument || error.code == Code::unauthorized;
  co_await exchange.send(is_wrong ? portal_error(400, "wrong_code", error.detail) : portal_failure(error));
}

Task<void> turn_off_totp(const AccountFace& face, http::Exchange& exchange) {
  auto call = co_await enter(face.gate, exchange, Needs::fresh_person);
  if (!call) co_return;
  auto done = co_await face.parts.totp.turn_off(call->session->person.id);
  co_await exchange.send(plain_answer(done));
}

Task<void> renew_recovery_codes(const AccountFace& face, http::Exchange& exchange) {
  auto call = co_await enter(face.gate, exchange, Needs::fresh_person);
  if (!call) co_return;
  auto codes =
      co_await face.parts.totp.new_recovery_codes(call->session->person.id, call->session->vault_key);
  co_await exchange.send(codes.ok() ? codes_answer(*codes) : portal_failure(codes.error()));
}

}  // namespace valetkey::faces
