// How a client proves itself at the token, PAR, introspection, revocation and device endpoints: none,
// private_key_jwt (RFC 7523), client_secret_basic (form-encoded as RFC 6749 section 2.3.1 says, and raw as
// many SDKs send it), client_secret_post.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "domain/apps/clients.h"
#include "foundation/http/url.h"

namespace valetkey::apps {

constexpr size_t kMaxAssertion = 16 * 1024;
constexpr size_t kMaxBasicCredentials = 8 * 1024;  // of the header, encoded
constexpr size_t kMaxAssertionId = 256;            // jti
constexpr Millis kMaxAssertionLife = 5 * kMinute;  // from now to exp, and
constexpr Millis kAssertionSkew = kMinute;         // more for a clock that is ahead

struct ClientProof {
  std::string client_id;                // form parameter, may be empty
  std::optional<Secret> client_secret;  // form parameter
  std::string assertion_type;           // form parameter client_assertion_type
  Secret assertion;                     // form parameter client_assertion, at most 16 KiB
  std::string authorization_header;     // whole header value; empty when absent
};
ClientProof read_client_proof(const http::Form& form, std::string_view authorization_header);

struct ClientRefusal {
  enum class Kind { invalid_client, invalid_request };
  Kind kind = Kind::invalid_client;
  std::string description;       // may be shown; never says whether the client or its secret was wrong
  bool basic_challenge = false;  // the Authorization header was used: 401 with WWW-Authenticate: Basic
};
struct AuthenticatedClient {
  Client client;
  AuthMethod method = AuthMethod::none;
};

class ClientAuthentication {
 public:
  // `audiences`: what an assertion's aud may be: the issuer, and the token endpoint's URL.
  ClientAuthentication(Clients& clients, sql::Database& database, const Clock& clock,
                       std::vector<std::string> audiences);
  // More than one method in a request, or a client_id that differs from the proof's: invalid_request. A store
  // or fetch failure is the Result's Error.
  Task<Result<std::variant<AuthenticatedClient, ClientRefusal>>> authenticate(ClientProof proof);

 private:
  Task<Result<std::variant<AuthenticatedClient, ClientRefusal>>> authenticate_by_assertion(ClientProof proof);
  Clients& clients_;
  sql::Database& database_;
  const Clock& clock_;
  std::vector<std::string> audiences_;
};

}  // namespace valetkey::apps
