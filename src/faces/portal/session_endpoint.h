// Signing in and out (docs/portal-api.md, "Sign-in"), and what every endpoint of accounts shares: the face, a
// new session with its cookie, a problem as an answer.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "faces/portal/portal.h"
#include "faces/portal/portal_call.h"
#include "foundation/base/json.h"

namespace valetkey::faces {

// Lives as long as the routes.
struct AccountFace {
  PortalAccounts parts;
  PortalGate gate;
};

Task<void> show_session(const AccountFace& face, http::Exchange& exchange);
Task<void> register_person(const AccountFace& face, http::Exchange& exchange);
Task<void> verify_email(const AccountFace& face, http::Exchange& exchange);
Task<void> sign_in(const AccountFace& face, http::Exchange& exchange);
Task<void> sign_in_second_factor(const AccountFace& face, http::Exchange& exchange);
Task<void> begin_passkey_sign_in(const AccountFace& face, http::Exchange& exchange);
Task<void> finish_passkey_sign_in(const AccountFace& face, http::Exchange& exchange);
Task<void> step_up(const AccountFace& face, http::Exchange& exchange);
Task<void> sign_out(const AccountFace& face, http::Exchange& exchange);
Task<void> forgot_password(const AccountFace& face, http::Exchange& exchange);
Task<void> reset_password(const AccountFace& face, http::Exchange& exchange);

// A proof of who it is that was just accepted.
struct Proof {
  accounts::Person person;
  std::vector<std::string> methods;  // RFC 8176
  std::optional<Secret> vault_key;   // nothing: that of the present session of the same person stays
  std::string password_stamp = "";   // of a password: PasswordSignIn::password_stamp
};

// A new session in place of the present one, and its cookie; 200 {person, vault}. `vault_as_before`: false
// when the vault key is another than before.
Task<void> answer_signed_in(const AccountFace& face, http::Exchange& exchange, const PortalCall& call,
                            Proof proof, bool vault_as_before = true);

// The text of a member; nothing when it is absent or null. Code::invalid_argument: another type, or longer
// than `max_bytes`.
Result<std::optional<std::string>> optional_text(const PortalCall& call, std::string_view name,
                                                 size_t max_bytes);
Result<std::string> text_member(const PortalCall& call, std::string_view name, size_t max_bytes);

// An accounts rule's problem as an answer.
http::Response problem_answer(const accounts::AccountProblem& problem);
// The answer to a result that grants nothing to show; `status` and {} when it was granted.
http::Response plain_answer(const accounts::AccountResult<Unit>& result, int status);
http::Response plain_answer(const Result<void>& result);
// The problem or error of a result that is none of T.
template <class T>
std::optional<http::Response> refusal_of(const accounts::AccountResult<T>& result) {
  if (!result.ok()) return portal_failure(result.error());
  if (const auto* problem = std::get_if<accounts::AccountProblem>(&*result)) return problem_answer(*problem);
  return std::nullopt;
}

void write_person(JsonWriter& json, const accounts::Person& person);  // {id, email, email_verified, name}
// A Set-Cookie value that deletes the session cookie.
std::string no_session_cookie();

constexpr size_t kMaxPasswordMember =
    4 * accounts::kMaxPassword + 1;  // longer ones are refused as too long below it
constexpr size_t kMaxTokenMember = 128;
constexpr size_t kMaxCodeMember = 64;
constexpr size_t kMaxTextMember = 1024;  // before the rule's own limit

}  // namespace valetkey::faces
