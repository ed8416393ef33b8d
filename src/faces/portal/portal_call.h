// What every portal endpoint begins and ends with: cookies, CSRF token and Origin, who is signed in, JSON in
// and out.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "domain/accounts/browser_sessions.h"
#include "faces/portal/browser_cookies.h"
#include "foundation/base/json.h"
#include "foundation/http/exchange.h"

namespace valetkey::faces {

// Shared by all portal endpoints; lives as long as the routes.
struct PortalGate {
  accounts::BrowserSessions& sessions;
  const Clock& clock;
  Random& random;
  std::string issuer;
  Secret csrf_key;
};

enum class Needs { nobody, person, fresh_person };  // who must be signed in

// A call that passed the gate.
struct PortalCall {
  std::string browser;                              // value of the browser cookie; empty: none was sent
  Secret session_cookie;                            // empty: none was sent
  std::optional<accounts::BrowserSession> session;  // there unless Needs::nobody
  JsonDocument body;                                // an object; {} when the request had none
};

// Nothing: the exchange was answered with the error (403 csrf, 401 sign_in_required, 403
// recent_sign_in_required, 400 invalid_request, 503 unavailable). GET and HEAD need no CSRF token.
// With Needs::nobody a dead session cookie is as none.
Task<std::optional<PortalCall>> enter(const PortalGate& gate, http::Exchange& exchange, Needs needs);

std::string csrf_token(const PortalGate& gate, std::string_view browser, const Secret& session_cookie);

// JSON answers: application/json, no-store.
http::Response portal_json(int status, std::string body);
http::Response portal_error(int status, std::string_view word, std::string_view sentence,
                            Millis retry_after = 0);
// An Error of a rule as an answer: invalid_argument 400 with its detail, unauthorized 401, forbidden 403,
// not_found 404, conflict 409, too_large 413, rate_limited 429, the rest 503. Exhaustive.
http::Response portal_failure(const Error& error);

}  // namespace valetkey::faces
