// Access tokens (RFC 9068): minted by the grants of this server, verified by its own resources (/mcp,
// userinfo, the relay) and by introspection.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "domain/authorization/signing_keys.h"
#include "domain/vault/credential.h"
#include "foundation/base/result.h"
#include "foundation/base/task.h"
#include "foundation/sql/database.h"

namespace valetkey::authorization {

struct AccessToken {
  std::string id;          // jti
  std::string subject;     // person id, or the client's id for client_credentials
  bool of_person = false;  // subject is a person
  std::string client_id;
  std::string grant_id;  // what revocation ends; empty for client_credentials
  std::string audience;
  std::vector<std::string> scopes;
  std::string authorization_details;  // RFC 9396 JSON array text; empty: none
  std::string email;                  // with scope email only
  std::string dpop_thumbprint;        // cnf.jkt; empty: a bearer token
  std::vector<CredentialKey> ai;      // the person's AI credentials this token may use (claim `k`, encrypted)
  int64_t issued_at = 0, expires_at = 0;  // unix seconds
  int64_t authenticated_at = 0;           // auth_time; 0: none
  std::string actor;                      // claim `act` (RFC 8693) as JSON object text; empty: none

  bool has_scope(std::string_view scope) const;
};

// The signed token. `ai` is sealed under a key of the server's JWT secrets (product.md, split keys 2).
std::string mint_access_token(const KeySet& keys, jose::Algorithm algorithm, const std::string& issuer,
                              const Secret& seal_secret, const AccessToken& token, Random& random);

struct VerifiedToken;
class VerifiedTokens;

class AccessTokens {
 public:
  AccessTokens(sql::Database& database, const Clock& clock, const SigningKeys& keys, std::string issuer,
               std::vector<Secret> seal_secrets);

  // Signature, typ at+jwt, iss, exp, and not revoked (the grant's row is read). Whom it is for is not
  // checked. Code::unauthorized; Code::store.
  Task<Result<AccessToken>> read(std::string token) const;
  // The same, and `aud` is this resource. An ID token or another server's token is Code::unauthorized.
  Task<Result<AccessToken>> verify(std::string token, std::string resource) const;

 private:
  Result<std::shared_ptr<const VerifiedToken>> check(const std::string& token) const;

  sql::Database& database_;
  const Clock& clock_;
  const SigningKeys& keys_;
  std::string issuer_;
  std::vector<Secret> seal_secrets_;
  std::shared_ptr<VerifiedTokens> verified_;
};

}  // namespace valetkey::authorization
