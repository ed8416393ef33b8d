#include <memory>
#include <utility>

#include "faces/portal/account_endpoint.h"
#include "faces/portal/portal.h"
#include "faces/portal/second_factor_endpoint.h"
#include "faces/portal/session_endpoint.h"

namespace valetkey::faces {

void add_portal_account_routes(http::Router& router, PortalAccounts parts) {
  constexpr size_t kMaxBody = 64 * 1024;
  const http::RoutePolicy policy{.max_body = kMaxBody, .rate = http::RateClass::portal, .cors = false};
  PortalGate gate{parts.sessions, parts.clock, parts.random, parts.issuer, parts.csrf_key};
  auto face = std::make_shared<const AccountFace>(AccountFace{std::move(parts), std::move(gate)});
  auto add = [&](const char* method, const std::string& path, auto endpoint) {
    http::Handler handler = [face, endpoint](http::Exchange& exchange) { return endpoint(*face, exchange); };
    router.add({method, "/portal/api/" + path, policy, std::move(handler)});
  };
  add("GET", "session", show_session);
  add("POST", "register", register_person);
  add("POST", "verify-email", verify_email);
  add("POST", "sign-in", sign_in);
  add("POST", "sign-in/second-factor", sign_in_second_factor);
  add("POST", "sign-in/passkey/begin", begin_passkey_sign_in);
  add("POST", "sign-in/passkey", finish_passkey_sign_in);
  add("POST", "step-up", step_up);
  add("POST", "sign-out", sign_out);
  add("POST", "password/forgot", forgot_password);
  add("POST", "password/reset", reset_password);

  add("GET", "account", show_account);
  add("PATCH", "account", change_name);
  add("DELETE", "account", delete_account);
  add("POST", "account/email", change_email);
  add("POST", "account/password", change_password);
  add("GET", "account/export", export_account);
  add("GET", "account/sessions", list_sessions);
  add("DELETE", "account/sessions", end_other_sessions);
  add("DELETE", "account/sessions/{id}", end_session);

  add("POST", "account/passkeys/begin", begin_passkey);
  add("POST", "account/passkeys", add_passkey);
  add("PATCH", "account/passkeys/{id}", rename_passkey);
  add("DELETE", "account/passkeys/{id}", remove_passkey);
  add("POST", "account/totp/begin", begin_totp);
  add("POST", "account/totp", confirm_totp);
  add("DELETE", "account/totp", turn_off_totp);
  add("POST", "account/recovery-codes", renew_recovery_codes);
}

}  // namespace valetkey::faces
