// Sign-ins whose password was right and whose second factor is still missing: one per browser, under the hash
// of the browser cookie. Every function runs inside a transaction.
#pragma once

#include <optional>
#include <string>

#include "foundation/base/secret.h"
#include "foundation/sql/database.h"

namespace valetkey::accounts {

constexpr Millis kAwaitedLifetime = 5 * kMinute;
constexpr int64_t kAwaitedTries = 5;

struct AwaitedFactor {
  std::string person_id;
  std::string vault_wrap;  // under the browser cookie; empty: no vault key
};

std::string awaited_hash(const Secret& browser);
std::string awaited_place(const std::string& person_id);  // for the wrap

// Replaces what this browser waited for before.
Result<void> store_awaited(sql::Transaction& transaction, const std::string& hash,
                           const AwaitedFactor& awaited, Millis now);
Result<bool> is_awaited(sql::Transaction& transaction, const std::string& hash, Millis now);
// Counts a try; nothing when there is none left.
Result<std::optional<AwaitedFactor>> take_try(sql::Transaction& transaction, const std::string& hash,
                                              Millis now);
Result<void> give_try_back(sql::Transaction& transaction, const std::string& hash);
// Of parallel calls exactly one gets true; false also when the password was changed meanwhile.
Result<bool> finish_awaited(sql::Transaction& transaction, const std::string& hash,
                            const std::string& person_id);
Result<void> delete_awaited_of(sql::Transaction& transaction, const std::string& person_id);
Result<int64_t> delete_old_awaited(sql::Transaction& transaction, Millis now);

}  // namespace valetkey::accounts
