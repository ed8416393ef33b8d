// What a person (or a client for itself) allowed a client at a resource, in the store. A grant is born with
// one code or device code; every token that comes of it dies with it. Verbs run inside their caller's
// transaction.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "domain/authorization/scopes.h"
#include "foundation/base/clock.h"
#include "foundation/base/result.h"
#include "foundation/sql/database.h"

namespace valetkey::authorization {

struct Grant {
  std::string id;  // a ULID
  std::string person_id;
  std::string client_id;
  std::string resource;
  Scopes scopes;
  std::string authorization_details;  // RFC 9396 JSON array text; empty: none
  Millis authenticated_at = 0;        // auth_time
  Millis created_at = 0;
  Millis expires_at = 0;
};

Result<void> insert_grant(sql::Transaction& transaction, const Grant& grant);
// The grant when it is live, marked as used now; locks its row against a revocation until the transaction
// ends.
Result<std::optional<Grant>> use_grant(sql::Transaction& transaction, const std::string& id, Millis now);
Result<std::optional<Grant>> find_grant(sql::Transaction& transaction, const std::string& id, Millis now);
Result<void> revoke_grant(sql::Transaction& transaction, const std::string& id, Millis now);
Result<int64_t> revoke_grants(sql::Transaction& transaction, const std::string& person_id,
                              const std::string& client_id, const std::string& resource, Millis now);

// What a person said yes to before.
struct Consent {
  Scopes scopes;
  std::string credential_id;  // the AI chosen; empty: none
  Millis granted_at = 0;
};
Result<std::optional<Consent>> find_consent(sql::Transaction& transaction, const std::string& person_id,
                                            const std::string& client_id, const std::string& resource);
// Scopes add up; the AI is the last one chosen.
Result<void> remember_consent(sql::Transaction& transaction, const Grant& grant,
                              const std::string& credential_id);

// A person's connected apps.
struct Connection {
  std::string client_id;
  std::string resource;
  Scopes scopes;
  Millis granted_at = 0;
  Millis last_used_at = 0;
};
Result<std::vector<Connection>> list_connections(sql::Transaction& transaction, const std::string& person_id);
// Forgets the consent and ends every grant of that client at that resource.
Result<bool> disconnect(sql::Transaction& transaction, const std::string& person_id,
                        const std::string& client_id, const std::string& resource, Millis now);
// Everything of a person (the account is deleted).
Result<void> forget_person(sql::Transaction& transaction, const std::string& person_id);
// Rows past their time: requests, codes, refresh tokens, grants, device codes. How many.
Result<int64_t> delete_expired(sql::Transaction& transaction, Millis now);

}  // namespace valetkey::authorization
