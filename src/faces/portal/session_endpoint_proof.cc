// Passkeys as a sign-in, and proving again who it is.
#include "faces/portal/session_endpoint.h"

namespace valetkey::faces {
namespace {

http::Response passkey_refusal(const Error& error) {
  const bool is_refused = error.code == Code::unauthorized || error.code == Code::invalid_argument;
  if (!is_refused) return portal_failure(error);
  return portal_error(401, "wrong_credentials", "This passkey does not sign in here.");
}

}  // namespace

Task<void> begin_passkey_sign_in(const AccountFace& face, http::Exchange& exchange) {
  auto call = co_await enter(face.gate, exchange, Needs::nobody);
  if (!call) co_return;
  auto options = co_await face.parts.passkeys.begin_sign_in(call->browser);
  if (!options.ok()) {
    co_await exchange.send(portal_failure(options.error()));
    co_return;
  }
  std::string body;
  JsonWriter(body).begin_object().key("publicKey").raw(*options).end_object();
  co_await exchange.send(portal_json(200, std::move(body)));
}

Task<void> finish_passkey_sign_in(const AccountFace& face, http::Exchange& exchange) {
  auto call = co_await enter(face.gate, exchange, Needs::nobody);
  if (!call) co_return;
  std::optional<accounts::UnlockedVault> unlocked;
  if (call->session && call->session->vault_key) {
    unlocked = accounts::UnlockedVault{call->session->person.id, *call->session->vault_key};
  }
  const Json credential = call->body.root();
  auto signed_in =
      co_await face.parts.passkeys.finish_sign_in(call->browser, credential, std::move(unlocked));
  if (!signed_in.ok()) {
    co_await exchange.send(passkey_refusal(signed_in.error()));
    co_return;
  }
  auto person = co_await face.parts.accounts.find(signed_in->person_id);
  if (!person.ok()) {
    co_await exchange.send(portal_failure(person.error()));
    co_return;
  }
  Proof proof{std::move(*person), {"hwk"}, std::move(signed_in->vault_key)};
  co_await answer_signed_in(face, exchange, *call, std::move(proof));
}

Task<void> step_up(const AccountFace& face, http::Exchange& exchange) {
  auto call = co_await enter(face.gate, exchange, Needs::person);
  if (!call) co_return;
  auto password = text_member(*call, "password", kMaxTextMember);
  auto code = optional_text(*call, "code", kMaxCodeMember);
  if (!password.ok() || !code.ok()) {
    co_await exchange.send(portal_failure(password.ok() ? code.error() : password.error()));
    co_return;
  }
  auto checked = co_await face.parts.accounts.check_password(
      call->session->person.id, Secret(std::move(*password)), exchange.client_address());
  if (auto refusal = refusal_of(checked)) {
    co_await exchange.send(std::move(*refusal));
    co_return;
  }
  accounts::PasswordSignIn& done = std::get<accounts::PasswordSignIn>(*checked);
  Proof proof{std::move(done.person), {"pwd"}, std::move(done.vault_key), std::move(done.password_stamp)};
  if (done.second_factor_needed) {
    auto second = co_await face.parts.accounts.check_code(proof.person.id, Secret(code->value_or("")),
                                                          exchange.client_address());
    if (auto refusal = refusal_of(second)) {
      co_await exchange.send(std::move(*refusal));
      co_return;
    }
    proof.methods = {"pwd", "otp", "mfa"};
  }
  co_await answer_signed_in(face, exchange, *call, std::move(proof));
}

}  // namespace valetkey::faces
