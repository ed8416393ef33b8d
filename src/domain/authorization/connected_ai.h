// The AIs a person connected to their account: the key K of each credential, wrapped under the person's vault
// key V (product.md, split keys 4).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "domain/authorization/ai_keys.h"
#include "foundation/sql/database.h"

namespace valetkey::authorization {

struct ConnectedAi {
  std::string credential_id;
  ProviderId provider = ProviderId::openai;
  std::string plan;  // as the provider calls it; empty: not known
  Millis connected_at = 0;
};

Result<std::vector<ConnectedAi>> list_connected_ai(sql::Transaction& transaction,
                                                   const std::string& person_id);
// Those that the vault key opens: a password that was reset without a recovery code left the others behind.
// None without a key.
Result<std::vector<ConnectedAi>> list_usable_ai(sql::Transaction& transaction, const std::string& person_id,
                                                const std::optional<Secret>& vault_key);
// Connecting the same credential again is no error.
Result<void> connect_ai(sql::Transaction& transaction, const std::string& person_id, const Secret& vault_key,
                        const CredentialKey& key, const std::string& plan, Millis now, Random& random);
// Nothing: not connected, or V is not the one it was wrapped under.
Result<std::optional<CredentialKey>> unwrap_ai(sql::Transaction& transaction, const std::string& person_id,
                                               const std::string& credential_id, const Secret& vault_key);
// Deletes the sealed credential with it: its id stands in clear, so no vault key is needed. False: not
// connected.
Result<bool> disconnect_ai(sql::Transaction& transaction, const std::string& person_id,
                           const std::string& credential_id);
// The same for all of the person, also those that an earlier vault key would open.
Result<void> disconnect_every_ai(sql::Transaction& transaction, const std::string& person_id);

}  // namespace valetkey::authorization
