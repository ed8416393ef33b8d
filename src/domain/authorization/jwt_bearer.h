// The jwt-bearer grant (RFC 7523) with an identity assertion (ID-JAG): an issuer the operator trusts says
// that a person wants this client at a resource of ours. docs/rfc-notes/id-jag.md.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "domain/authorization/authority.h"
#include "domain/authorization/tokens.h"
#include "foundation/jose/jwk.h"

namespace valetkey::authorization {

constexpr size_t kMaxAssertion = 16 * 1024;     // bytes
constexpr int64_t kLongestAssertion = 10 * 60;  // seconds from iat to exp, and from now to exp
constexpr int64_t kAssertionClockSkew = 30;     // seconds
constexpr size_t kMaxAssertionId = 256;         // bytes of jti

struct TrustedIssuer {
  std::string issuer;  // byte for byte its `iss`
  std::string jwks_uri;
  bool email_identifies = false;  // its verified e-mail addresses name persons of ours who are not linked yet
};

// The server's side that a TokenRequest does not carry; set once at start-up, before the first request.
struct AssertionRules {
  std::vector<TrustedIssuer> issuers;
  // A key of an issuer's jwks_uri, by the hardened fetcher and its cache. Code::not_found: it publishes no
  // such key.
  std::function<Task<Result<jose::VerifyingKey>>(std::string jwks_uri, std::string key_id,
                                                 jose::Algorithm algorithm)>
      find_key;
  // Nothing: no account has that (verified) address.
  std::function<Task<Result<std::optional<std::string>>>(std::string email)> find_person_by_email;
};

// Says that `subject` of `issuer` is that person; replaces an older link.
Result<void> link_account(sql::Transaction& transaction, const std::string& issuer,
                          const std::string& subject, const std::string& person_id, Millis now);
Result<std::optional<std::string>> find_linked_person(sql::Transaction& transaction,
                                                      const std::string& issuer, const std::string& subject);
Result<void> unlink_person(sql::Transaction& transaction, const std::string& person_id);

const std::vector<sql::Migration>& assertion_migrations();  // number 16

}  // namespace valetkey::authorization
