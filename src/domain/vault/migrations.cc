// The one list of the house: every table, in the order in which it came. An applied text never changes.
#include "domain/vault/vault.h"

namespace valetkey {
namespace {

// `sealed` opens only with K, which no table holds. `provider` is empty for a row imported from AuthAI until
// its first refresh: there it stands only inside. `dead_version`: a refresh of that version failed for good.
constexpr const char* kCredentials =
    "CREATE TABLE credentials ("
    " id TEXT PRIMARY KEY,"
    " sealed {blob} NOT NULL,"
    " user_id TEXT NOT NULL,"
    " provider TEXT NOT NULL,"
    " app TEXT NOT NULL,"
    " version BIGINT NOT NULL,"
    " created_at BIGINT NOT NULL,"
    " updated_at BIGINT NOT NULL,"
    " expires_at BIGINT NOT NULL,"
    " lease_owner TEXT NOT NULL DEFAULT '',"
    " lease_until BIGINT NOT NULL DEFAULT 0,"
    " retry_at BIGINT NOT NULL DEFAULT 0,"
    " dead_version BIGINT NOT NULL DEFAULT 0);\n"
    "CREATE INDEX credentials_by_user ON credentials (user_id);\n"
    "CREATE INDEX credentials_by_expiry ON credentials (expires_at);\n"
    "CREATE TABLE identities ("
    " identity_hash TEXT PRIMARY KEY,"
    " user_id TEXT NOT NULL)";

// `device` (the provider's code) and `pass` (the finished JWT) are encrypted under a key derived from the
// session id, of which only the hash is here.
constexpr const char* kPendingSignIns =
    "CREATE TABLE pending_sign_ins ("
    " session_hash TEXT PRIMARY KEY,"
    " provider TEXT NOT NULL,"
    " app TEXT NOT NULL,"
    " state TEXT NOT NULL,"
    " code_challenge TEXT NOT NULL,"
    " device {blob} NOT NULL,"
    " pass {blob} NOT NULL,"
    " problem TEXT NOT NULL,"
    " interval_ms BIGINT NOT NULL,"
    " next_poll_at BIGINT NOT NULL,"
    " claim_owner TEXT NOT NULL,"
    " claim_until BIGINT NOT NULL,"
    " created_at BIGINT NOT NULL,"
    " expires_at BIGINT NOT NULL,"
    " delete_at BIGINT NOT NULL);\n"
    "CREATE INDEX pending_sign_ins_by_deletion ON pending_sign_ins (delete_at)";

// Which of AuthAI's records were ever imported, so that importing again brings back none that has ended
// since.
constexpr const char* kImportedRecords = "CREATE TABLE imported_records (id TEXT PRIMARY KEY)";

}  // namespace

const std::vector<sql::Migration>& migrations() {
  static const std::vector<sql::Migration> list = {
      {1, "credentials", kCredentials},
      {2, "pending_sign_ins", kPendingSignIns},
      {3, "imported_records", kImportedRecords},
  };
  return list;
}

}  // namespace valetkey
