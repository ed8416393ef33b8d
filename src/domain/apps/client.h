// An OAuth client, whichever way we came to know it: created in the portal by a builder, registered
// dynamically (RFC 7591), or described by a document at its own URL (CIMD).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "foundation/base/clock.h"
#include "foundation/base/result.h"
#include "foundation/jose/jwk.h"

namespace valetkey::apps {

enum class ClientKind { builder, dynamic, document };
enum class AuthMethod { none, private_key_jwt, client_secret_basic, client_secret_post };
enum class ApplicationType { web, native };

std::string_view to_string(AuthMethod method);  // the wire word
std::string_view to_string(ClientKind kind);
std::string_view to_string(ApplicationType type);

struct Client {
  std::string id;  // compared as raw bytes
  ClientKind kind = ClientKind::dynamic;
  std::string owner;  // person id of the builder; empty for the other kinds
  std::string name;   // may be anything a stranger wrote; never shown as verified
  ApplicationType application_type = ApplicationType::web;
  std::vector<std::string> redirect_uris;
  std::vector<std::string> post_logout_redirect_uris;
  std::vector<std::string> grant_types;  // those of ours it may use
  std::vector<AuthMethod> auth_methods;  // what it may authenticate with: one, or a document's choices
  std::string scope;                     // what it may ask for; empty: whatever the resource has
  std::string resource;                  // its default resource; empty: the server's
  std::string jwks;                      // inline JWK Set text; or
  std::string jwks_uri;
  jose::Algorithm id_token_algorithm = jose::Algorithm::RS256;
  jose::Algorithm access_token_algorithm = jose::Algorithm::ES256;
  bool access_token_algorithm_set = false;  // false: the resource decides
  bool dpop_bound_access_tokens = false;
  bool require_pushed_requests = false;
  std::string client_uri, logo_uri, tos_uri, policy_uri;
  std::string secret_hash;        // SHA-256, raw bytes; empty: it has none
  int64_t secret_expires_at = 0;  // unix seconds; 0: never
  Millis created_at = 0;

  bool has_auth_method(AuthMethod method) const;
  bool has_grant_type(std::string_view grant_type) const;
  bool is_public() const;                // `none` is all it has
  bool only_loopback_redirects() const;  // consent is always asked for and warned about
};

// RFC 8252 section 7.3: a registered http loopback redirect (127.0.0.1, [::1], localhost) fits any port; all
// others fit byte for byte.
bool redirect_uri_fits(const Client& client, std::string_view redirect_uri);
bool is_loopback_redirect(std::string_view redirect_uri);
// May this be registered at all: https, http to loopback, or a reverse-DNS private scheme for native; no
// fragment, user info, wildcard, control characters, dot segments. The sentence says what is wrong.
Result<void> check_redirect_uri(std::string_view redirect_uri, ApplicationType type);

}  // namespace valetkey::apps
