#include "domain/accounts/second_factors.h"

namespace valetkey::accounts {
namespace {

// totp: `sealed` and `setup_sealed` are encrypted under the server's seal key, bound to the person.
// recovery_codes, passkeys: `vault_wrap` is the vault key `vault_id` under a key of the code resp. of the
// passkey's PRF output; both empty when it does not unlock. passkey_challenges: `person_id` is empty for a
// sign-in.
constexpr const char* kSecondFactors =
    "CREATE TABLE totp ("
    " person_id TEXT PRIMARY KEY REFERENCES persons (id) ON DELETE CASCADE,"
    " is_on BIGINT NOT NULL,"
    " sealed {blob} NOT NULL,"
    " last_step BIGINT NOT NULL,"
    " failures BIGINT NOT NULL,"
    " wait_until BIGINT NOT NULL,"
    " setup_sealed {blob} NOT NULL,"
    " setup_until BIGINT NOT NULL);\n"
    "CREATE TABLE recovery_codes ("
    " code_hash TEXT PRIMARY KEY,"
    " person_id TEXT NOT NULL REFERENCES persons (id) ON DELETE CASCADE,"
    " vault_wrap {blob} NOT NULL,"
    " vault_id TEXT NOT NULL,"
    " created_at BIGINT NOT NULL);\n"
    "CREATE INDEX recovery_codes_by_person ON recovery_codes (person_id);\n"
    "CREATE TABLE passkeys ("
    " id TEXT PRIMARY KEY,"
    " person_id TEXT NOT NULL REFERENCES persons (id) ON DELETE CASCADE,"
    " name TEXT NOT NULL,"
    " algorithm BIGINT NOT NULL,"
    " public_key {blob} NOT NULL,"
    " sign_count BIGINT NOT NULL,"
    " vault_wrap {blob} NOT NULL,"
    " vault_id TEXT NOT NULL,"
    " created_at BIGINT NOT NULL,"
    " last_used_at BIGINT NOT NULL);\n"
    "CREATE INDEX passkeys_by_person ON passkeys (person_id);\n"
    "CREATE TABLE passkey_challenges ("
    " challenge_hash TEXT PRIMARY KEY,"
    " browser_hash TEXT NOT NULL,"
    " person_id TEXT NOT NULL,"
    " expires_at BIGINT NOT NULL);\n"
    "CREATE INDEX passkey_challenges_by_expiry ON passkey_challenges (expires_at)";

}  // namespace

const std::vector<sql::Migration>& second_factor_migrations() {
  static const std::vector<sql::Migration> list = {{12, "second_factors", kSecondFactors}};
  return list;
}

}  // namespace valetkey::accounts
