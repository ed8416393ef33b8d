// What OAuth calls an error, as a value: the registered word and a description that may be shown. A rule
// answers Result<Outcome<T>>: the Result's Error is ours (the store failed), the Refusal is the caller's to
// hear.
#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "foundation/base/result.h"

namespace valetkey::authorization {

// Spelt as on the wire: RFC 6749, 8628, 8707, 9101, 9126, 9396, 9449, OpenID Connect Core.
enum class OauthCode {
  invalid_request,
  invalid_client,
  invalid_grant,
  unauthorized_client,
  unsupported_grant_type,
  unsupported_response_type,
  unsupported_token_type,
  invalid_scope,
  invalid_target,
  invalid_authorization_details,
  access_denied,
  login_required,
  consent_required,
  interaction_required,
  request_not_supported,
  request_uri_not_supported,
  invalid_request_uri,
  invalid_dpop_proof,
  use_dpop_nonce,
  authorization_pending,
  slow_down,
  expired_token,
  server_error,
  temporarily_unavailable,
};
std::string_view to_string(OauthCode code);

struct Refusal {
  OauthCode code = OauthCode::invalid_request;
  std::string description;  // printable ASCII without quote and backslash (RFC 6749 section 5.2)
  std::string dpop_nonce;   // use_dpop_nonce: what to try again with
};

template <class T>
using Outcome = std::variant<T, Refusal>;

template <class T>
const Refusal* refusal_of(const Outcome<T>& outcome) {
  return std::get_if<Refusal>(&outcome);
}

}  // namespace valetkey::authorization

// OAUTH_TRY(auto x, f()); f() is Result<Outcome<T>>: passes Error and Refusal up. CO_ the same in a
// coroutine.
#define VK_OAUTH_WITH(ret, tmp, target, expression)                                               \
  auto tmp = (expression);                                                                        \
  if (!tmp.ok()) ret std::move(tmp).error();                                                      \
  if (auto* refused = std::get_if<::valetkey::authorization::Refusal>(&*tmp); refused != nullptr) \
    ret std::move(*refused);                                                                      \
  target = std::get<0>(std::move(*tmp))
#define OAUTH_TRY(target, expression) VK_OAUTH_WITH(return, VK_CONCAT(oauth_, __LINE__), target, expression)
#define CO_OAUTH_TRY(target, expression) \
  VK_OAUTH_WITH(co_return, VK_CONCAT(oauth_, __LINE__), target, expression)
