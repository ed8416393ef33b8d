#include "faces/portal/session_endpoint.h"

namespace valetkey::faces {
namespace {

using accounts::PasswordSignIn;

std::string session_json(const AccountFace& face, const PortalCall& call, bool awaits_factor) {
  std::string body;
  JsonWriter json(body);
  json.begin_object().member("csrf", csrf_token(face.gate, call.browser, call.session_cookie)).key("person");
  if (call.session) {
    write_person(json, call.session->person);
  } else {
    json.null();
  }
  const Millis now = face.parts.clock.now();
  json.member("fresh",
              call.session && call.session->authenticated_at + face.parts.sessions.limits().fresh > now);
  json.member("vault", call.session && call.session->vault_key);
  json.key("second_factor");
  if (awaits_factor) {
    json.string("totp");
  } else {
    json.null();
  }
  json.key("product").begin_object();
  json.member("name", face.parts.product_name).member("issuer", face.parts.issuer).end_object();
  json.key("mail_sink");
  if (face.parts.mail_sink.empty()) {
    json.null();
  } else {
    json.string(face.parts.mail_sink);
  }
  json.end_object();
  return body;
}

// The password is right, the code is missing: the browser waits for it. `body` says so.
Task<void> answer_second_factor(const AccountFace& face, http::Exchange& exchange, const PortalCall& call,
                                PasswordSignIn sign_in, std::string body) {
  auto stored = co_await face.parts.accounts.await_second_factor(Secret(call.browser), sign_in.person.id,
                                                                 std::move(sign_in.vault_key),
                                                                 std::move(sign_in.password_stamp));
  co_await exchange.send(stored.ok() ? portal_json(200, std::move(body)) : portal_failure(stored.error()));
}

Task<void> answer_password(const AccountFace& face, http::Exchange& exchange, const PortalCall& call,
                           PasswordSignIn sign_in) {
  if (sign_in.second_factor_needed) {
    co_await answer_second_factor(face, exchange, call, std::move(sign_in), R"({"second_factor":"totp"})");
    co_return;
  }
  Proof proof{
      std::move(sign_in.person), {"pwd"}, std::move(sign_in.vault_key), std::move(sign_in.password_stamp)};
  co_await answer_signed_in(face, exchange, call, std::move(proof));
}

}  // namespace

Task<void> show_session(const AccountFace& face, http::Exchange& exchange) {
  auto call = co_await enter(face.gate, exchange, Needs::nobody);
  if (!call) co_return;
  bool awaits_factor = false;
  const bool is_new_browser = call->browser.empty();
  if (is_new_browser) {
    call->browser = new_browser_name(face.parts.random);
  } else if (!call->session) {
    auto awaited = co_await face.parts.accounts.is_second_factor_awaited(Secret(call->browser));
    if (!awaited.ok()) {
      co_await exchange.send(portal_failure(awaited.error()));
      co_return;
    }
    awaits_factor = *awaited;
  }
  http::Response response = portal_json(200, session_json(face, *call, awaits_factor));
  if (is_new_browser) {
    response.headers.add("set-cookie", browser_cookie(call->browser));
  }
  co_await exchange.send(std::move(response));
}

Task<void> register_person(const AccountFace& face, http::Exchange& exchange) {
  auto call = co_await enter(face.gate, exchange, Needs::nobody);
  if (!call) co_return;
  auto email = text_member(*call, "email", kMaxTextMember);
  auto password = text_member(*call, "password", kMaxPasswordMember);
  auto name = optional_text(*call, "name", kMaxTextMember);
  for (const Error* error :
       {email.ok() ? nullptr : &email.error(), password.ok() ? nullptr : &password.error(),
        name.ok() ? nullptr : &name.error()}) {
    if (!error) continue;
    co_await exchange.send(portal_failure(*error));
    co_return;
  }
  auto done = co_await face.parts.accounts.register_person(std::move(*email), Secret(std::move(*password)),
                                                           name->value_or(""), exchange.client_address());
  co_await exchange.send(plain_answer(done, 202));
}

Task<void> verify_email(const AccountFace& face, http::Exchange& exchange) {
  auto call = co_await enter(face.gate, exchange, Needs::nobody);
  if (!call) co_return;
  auto token = text_member(*call, "token", kMaxTokenMember);
  if (!token.ok()) {
    co_await exchange.send(portal_failure(token.error()));
    co_return;
  }
  const std::string present = call->session ? call->session->person.id : "";
  auto verified = co_await face.parts.accounts.verify_email(Secret(std::move(*token)), present);
  if (auto refusal = refusal_of(verified)) {
    co_await exchange.send(std::move(*refusal));
    co_return;
  }
  PasswordSignIn& sign_in = std::get<PasswordSignIn>(*verified);
  if (present.empty()) {
    co_await answer_password(face, exchange, *call, std::move(sign_in));
    co_return;
  }
  // Whoever is signed in stays so: a changed address proves nothing, and a stranger's link must not put
  // somebody into the stranger's account unnoticed.
  std::string body;
  JsonWriter json(body);
  json.begin_object().key("person");
  write_person(json, sign_in.person);
  json.end_object();
  co_await exchange.send(portal_json(200, std::move(body)));
}

Task<void> sign_in(const AccountFace& face, http::Exchange& exchange) {
  auto call = co_await enter(face.gate, exchange, Needs::nobody);
  if (!call) co_return;
  auto email = text_member(*call, "email", kMaxTextMember);
  auto password = text_member(*call, "password", kMaxTextMember);
  if (!email.ok() || !password.ok()) {
    co_await exchange.send(portal_failure(email.ok() ? password.error() : email.error()));
    co_return;
  }
  auto checked = co_await face.parts.accounts.sign_in(std::move(*email), Secret(std::move(*password)),
                                                      exchange.client_address());
  if (auto refusal = refusal_of(checked)) {
    co_await exchange.send(std::move(*refusal));
    co_return;
  }
  co_await answer_password(face, exchange, *call, std::move(std::get<PasswordSignIn>(*checked)));
}

Task<void> sign_in_second_factor(const AccountFace& face, http::Exchange& exchange) {
  auto call = co_await enter(face.gate, exchange, Needs::nobody);
  if (!call) co_return;
  auto code = text_member(*call, "code", kMaxCodeMember);
  if (!code.ok()) {
    co_await exchange.send(portal_failure(code.error()));
    co_return;
  }
  auto checked = co_await face.parts.accounts.check_second_factor(
      Secret(call->browser), Secret(std::move(*code)), exchange.client_address());
  if (auto refusal = refusal_of(checked)) {
    co_await exchange.send(std::move(*refusal));
    co_return;
  }
  PasswordSignIn& done = std::get<PasswordSignIn>(*checked);
  Proof proof{std::move(done.person),
              {"pwd", "otp", "mfa"},
              std::move(done.vault_key),
              std::move(done.password_stamp)};
  co_await answer_signed_in(face, exchange, *call, std::move(proof));
}

Task<void> sign_out(const AccountFace& face, http::Exchange& exchange) {
  auto call = co_await enter(face.gate, exchange, Needs::nobody);
  if (!call) co_return;
  if (!call->session_cookie.empty()) {
    auto ended = co_await face.parts.sessions.end(call->session_cookie);
    if (!ended.ok()) {
      co_await exchange.send(portal_failure(ended.error()));
      co_return;
    }
  }
  http::Response response = portal_json(200, "{}");
  response.headers.add("set-cookie", no_session_cookie());
  co_await exchange.send(std::move(response));
}

Task<void> forgot_password(const AccountFace& face, http::Exchange& exchange) {
  auto call = co_await enter(face.gate, exchange, Needs::nobody);
  if (!call) co_return;
  auto email = text_member(*call, "email", kMaxTextMember);
  if (!email.ok()) {
    co_await exchange.send(portal_failure(email.error()));
    co_return;
  }
  auto done = co_await face.parts.accounts.forgot_password(std::move(*email), exchange.client_address());
  co_await exchange.send(plain_answer(done, 202));
}

Task<void> reset_password(const AccountFace& face, http::Exchange& exchange) {
  auto call = co_await enter(face.gate, exchange, Needs::nobody);
  if (!call) co_return;
  auto token = text_member(*call, "token", kMaxTokenMember);
  auto password = text_member(*call, "password", kMaxPasswordMember);
  auto code = optional_text(*call, "recovery_code", kMaxCodeMember);
  for (const Error* error :
       {token.ok() ? nullptr : &token.error(), password.ok() ? nullptr : &password.error(),
        code.ok() ? nullptr : &code.error()}) {
    if (!error) continue;
    co_await exchange.send(portal_failure(*error));
    co_return;
  }
  std::optional<Secret> recovery_code;
  if (*code && !(*code)->empty()) recovery_code = Secret(std::move(**code));
  const bool has_code = recovery_code.has_value();
  auto reset = co_await face.parts.accounts.reset_password(
      Secret(std::move(*token)), Secret(std::move(*password)), std::move(recovery_code));
  if (auto refusal = refusal_of(reset)) {
    co_await exchange.send(std::move(*refusal));
    co_return;
  }
  PasswordSignIn& done = std::get<PasswordSignIn>(*reset);
  if (done.second_factor_needed) {
    std::string body;
    JsonWriter(body).begin_object().member("second_factor", "totp").member("vault", false).end_object();
    co_await answer_second_factor(face, exchange, *call, std::move(done), std::move(body));
    co_return;
  }
  std::vector<std::string> methods{"pwd"};
  if (has_code) methods = {"pwd", "otp", "mfa"};
  Proof proof{std::move(done.person), std::move(methods), std::move(done.vault_key),
              std::move(done.password_stamp)};
  co_await answer_signed_in(face, exchange, *call, std::move(proof), !done.vault_is_new);
}

}  // namespace valetkey::faces
