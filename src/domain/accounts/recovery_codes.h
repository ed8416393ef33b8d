// Recovery codes: what a person keeps on paper for the day the phone is gone. 80 random bits each, so a plain
// hash is enough; each may wrap the vault key under a key derived from it. Functions over one transaction.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "foundation/base/clock.h"
#include "foundation/base/random.h"
#include "foundation/base/result.h"
#include "foundation/base/secret.h"
#include "foundation/sql/database.h"

namespace valetkey::accounts {

constexpr size_t kRecoveryCodes = 10;
constexpr size_t kRecoveryCodeSize = 10;  // bytes

// "ABCD-EFGH-IJKL-MNOP".
std::vector<Secret> make_recovery_codes(Random& random);

// The old ones go. Without vault key they only sign in.
Result<void> replace_recovery_codes(sql::Transaction& transaction, const std::string& person_id,
                                    const std::vector<Secret>& codes, const std::optional<Secret>& vault_key,
                                    Millis now, Random& random);
// Deletes the code. The vault key where the code wraps the person's present one. Code::unauthorized: no such
// code of this person.
Result<std::optional<Secret>> spend_recovery_code(sql::Transaction& transaction, const std::string& person_id,
                                                  const Secret& code);
Result<int64_t> count_recovery_codes(sql::Transaction& transaction, const std::string& person_id);
Result<void> delete_recovery_codes(sql::Transaction& transaction, const std::string& person_id);

}  // namespace valetkey::accounts
