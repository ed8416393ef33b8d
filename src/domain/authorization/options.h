// What the operator decides about authorization. Plain data, read once.
#pragma once

#include <string>
#include <vector>

#include "domain/authorization/scopes.h"
#include "foundation/base/clock.h"
#include "foundation/base/secret.h"

namespace valetkey::authorization {

struct Options {
  std::string issuer;  // scheme://host[:port], no trailing slash: byte for byte what is emitted everywhere
  Scopes default_scopes = {"openid", "profile", "email"};  // for a request that names none
  Millis code_lifetime = kMinute;
  Millis access_token_lifetime = 10 * kMinute;
  Millis id_token_lifetime = 10 * kMinute;
  Millis refresh_idle_lifetime = 30 * kDay;
  Millis refresh_absolute_lifetime = 365 * kDay;
  Millis refresh_grace = 30 * kSecond;
  Millis request_lifetime = 10 * kMinute;  // of a pending authorization request in the browser
  Millis pushed_request_lifetime = 90 * kSecond;
  Millis device_code_lifetime = 10 * kMinute;
  Millis device_poll_interval = 5 * kSecond;
  bool dynamic_client_credentials = false;  // client_credentials for clients no builder made
  std::vector<Secret> seal_secrets;         // the JWT secrets: the first encrypts claim `k`, all decrypt
};

// Scopes of OpenID Connect, known at every resource.
inline const Scopes kIdentityScopes = {"openid", "profile", "email", "offline_access"};
// Lets a pass use one of the person's connected AIs.
constexpr const char* kAiScope = "ai.use";

}  // namespace valetkey::authorization
