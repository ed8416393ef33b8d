// The rows of passkeys and of their challenges. Functions over one transaction.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "domain/accounts/second_factors.h"
#include "domain/accounts/webauthn.h"
#include "foundation/base/result.h"
#include "foundation/sql/database.h"

namespace valetkey::accounts {

struct StoredPasskey {
  std::string id;  // base64url
  std::string person_id;
  std::string name;
  CoseKey key;
  uint32_t sign_count = 0;
  std::string vault_wrap, vault_id;  // empty: does not unlock
  std::string person_vault_id;       // of the vault key the person has now
  Millis created_at = 0, last_used_at = 0;
};

struct Challenge {
  std::string hash, browser_hash;
  std::string person_id;  // empty: a sign-in
};

Result<void> insert_challenge(sql::Transaction& transaction, const Challenge& challenge, Millis expires_at);
// False: unknown, over, spent, of another browser, or for another purpose.
Result<bool> spend_challenge(sql::Transaction& transaction, const Challenge& challenge, Millis now);
Result<int64_t> delete_old_challenges(sql::Transaction& transaction, Millis now);

// Code::conflict: registered already, by whomever.
Result<void> insert_passkey(sql::Transaction& transaction, const StoredPasskey& passkey);
Result<std::optional<StoredPasskey>> find_passkey(sql::Transaction& transaction, const std::string& id);
Result<std::vector<PasskeyRow>> list_passkeys(sql::Transaction& transaction, const std::string& person_id);
// False: the counter did not go on since the row was read, so the authenticator was cloned or this is a
// replay. Both zero: an authenticator that does not count (section 7.2, step 21).
Result<bool> count_use(sql::Transaction& transaction, const std::string& id, uint32_t sign_count, Millis now);
Result<void> set_vault_wrap(sql::Transaction& transaction, const StoredPasskey& passkey);
Result<bool> rename_passkey(sql::Transaction& transaction, const std::string& person_id,
                            const std::string& id, const std::string& name);
Result<bool> delete_passkey(sql::Transaction& transaction, const std::string& person_id,
                            const std::string& id);

}  // namespace valetkey::accounts
