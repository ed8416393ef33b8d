// The table `credentials`, one verb per statement. Every verb runs inside its caller's transaction.
#pragma once

#include <optional>
#include <string>

#include "domain/vault/credential.h"
#include "foundation/sql/database.h"

namespace valetkey {

struct CredentialRow {
  CredentialId id;
  std::string sealed;  // sealed_record.h
  UserId user;
  std::string provider;  // empty in imported rows
  std::string app;
  int64_t version = 1;  // of `sealed`
  Millis expires_at = 0;
  Millis lease_until = 0;    // until then one process, and no other, may refresh
  Millis retry_at = 0;       // a refresh failed for now: not before
  int64_t dead_version = 0;  // equal to `version`: a refresh failed for good
};

Result<std::optional<CredentialRow>> find_credential(sql::Transaction& transaction, const CredentialId& id);

// False when a row of that id is already there.
Result<bool> insert_credential(sql::Transaction& transaction, const CredentialRow& row, Millis created_at,
                               Millis updated_at);

// The right to refresh this version until `until`. False when somebody else has it or the version is gone.
Result<bool> take_lease(sql::Transaction& transaction, const CredentialRow& row, const std::string& owner,
                        Millis now, Millis until);
// Nothing happens when the lease is no longer this owner's.
Result<void> extend_lease(sql::Transaction& transaction, const CredentialId& id, const std::string& owner,
                          Millis until);
Result<void> give_lease_back(sql::Transaction& transaction, const CredentialRow& row,
                             const std::string& owner, Millis retry_at);

// The next version, and the lease returned. False when the row has another version by now.
Result<bool> store_renewed(sql::Transaction& transaction, const CredentialRow& row, const std::string& sealed,
                           ProviderId provider, Millis now, Millis expires_at);
Result<void> mark_dead(sql::Transaction& transaction, const CredentialRow& row);

Result<bool> delete_credential(sql::Transaction& transaction, const CredentialId& id);
Result<int64_t> delete_credentials_of(sql::Transaction& transaction, const UserId& user);
Result<int64_t> delete_expired_credentials(sql::Transaction& transaction, Millis now);

}  // namespace valetkey
