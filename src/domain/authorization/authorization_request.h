// An authorization request (RFC 6749 section 4.1.1, OAuth 2.1, OpenID Connect Core 3.1.2.1), from its
// parameters to something a person can be asked. Kept between steps as the text of its form and checked again
// at each.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "domain/authorization/authority.h"
#include "domain/authorization/oauth_error.h"
#include "domain/authorization/scopes.h"
#include "foundation/http/url.h"

namespace valetkey::authorization {

// Where an answer goes once client and redirect are proved.
struct RedirectTarget {
  std::string uri;
  std::optional<std::string> state;
};

struct AuthorizationRequest {
  apps::Client client;
  apps::Resource resource;
  RedirectTarget redirect;
  bool redirect_uri_given = true;  // else the client's only one was taken
  Scopes scopes;                   // known at the resource and allowed to the client
  std::string code_challenge;      // S256
  std::string nonce;
  std::string authorization_details;  // checked JSON array; empty: none
  std::string dpop_thumbprint;        // parameter dpop_jkt
  std::string login_hint;
  std::string id_token_hint;
  Scopes prompt;                   // none, login, consent, select_account
  std::optional<int64_t> max_age;  // seconds
};

// Refused. Without a target it must be shown to the person, never sent anywhere.
struct RequestProblem {
  Refusal refusal;
  std::optional<RedirectTarget> target;
};

using CheckedRequest = std::variant<AuthorizationRequest, RequestProblem>;

// Looks up client and resource; refuses every repeated parameter but `resource`. A `request_uri` must have
// been replaced by what was pushed before. Result's Error: the store or a fetch failed.
Task<Result<CheckedRequest>> check_authorization_request(const Authority& authority, http::Form form);

// The redirect with an error (RFC 6749 4.1.2.1) resp. a code, always with `iss` (RFC 9207).
std::string error_redirect(const RedirectTarget& target, const Refusal& refusal, const std::string& issuer);
std::string code_redirect(const RedirectTarget& target, const Secret& code, const std::string& issuer);

// RFC 7636 section 4.1 and 4.2.
bool is_code_challenge(std::string_view text);  // 43 characters, base64url of 32 bytes
bool is_code_verifier(std::string_view text);   // 43..128 unreserved characters
bool verifier_fits(std::string_view verifier, std::string_view challenge);

// RFC 9396: a JSON array of objects with a string `type` that this server knows. Empty text: none given.
Result<Outcome<std::string>> check_authorization_details(std::string_view text);

// The registered resource a request names (RFC 8707), by parameter, else the client's, else the server's.
Task<Result<Outcome<apps::Resource>>> find_requested_resource(const Authority& authority,
                                                              const apps::Client& client, http::Form form);
// What of `text` is known at the resource and allowed to the client; nothing named: the default.
Outcome<Scopes> choose_scopes(const Options& options, const apps::Client& client,
                              const apps::Resource& resource, std::string_view text);

}  // namespace valetkey::authorization
