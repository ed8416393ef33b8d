#include <string>
#include <utility>
#include <vector>

#include "domain/vault/credential_rows.h"
#include "domain/vault/identity.h"
#include "domain/vault/sealed_record.h"
#include "domain/vault/vault.h"
#include "foundation/base/log.h"
#include "foundation/crypto/crypto.h"

namespace valetkey {
namespace {

constexpr int64_t kBatch = 500;

// AuthAI's SQLite table has no app_id; on PostgreSQL it is NULL for a server of one tenant.
constexpr sql::Statement kReadSqlite{
    "SELECT id, iv, blob, account_id_hash, created_at, updated_at, expires_at, '' AS app_id"
    " FROM auth_records WHERE id > $1 AND expires_at > $2 ORDER BY id LIMIT $3"};
constexpr sql::Statement kReadPostgres{
    "SELECT id, iv, blob, account_id_hash, created_at, updated_at, expires_at, COALESCE(app_id, '') AS app_id"
    " FROM auth_records WHERE id > $1 AND expires_at > $2 ORDER BY id LIMIT $3"};

constexpr sql::Statement kRemember{
    "INSERT INTO imported_records (id) VALUES ($1) ON CONFLICT (id) DO NOTHING"};

Result<sql::Rows> read_batch(sql::Database& from, const std::string& after, Millis now) {
  const auto& statement = from.kind() == sql::Database::Kind::sqlite ? kReadSqlite : kReadPostgres;
  sql::Rows rows;
  VK_CHECK(from.write_now([&](sql::Transaction& transaction) -> Result<void> {
    VK_TRY(rows, transaction.run(statement, {after, now, kBatch}));
    return {};
  }));
  return rows;
}

Result<bool> copy_row(sql::Transaction& transaction, const sql::Row& source) {
  const std::string& iv = source.blob(1);
  const std::string& ciphertext = source.blob(2);
  if (iv.size() != crypto::kAeadNonceSize || ciphertext.size() < crypto::kAeadTagSize) {
    log::warn("import_skipped", {{"record", source.text(0)}, {"reason", "not a sealed record"}});
    return false;
  }
  VK_CHECK(transaction.run(kRemember, {source.text(0)}));
  if (transaction.changed() == 0) return false;  // imported before; it may have been revoked since
  CredentialRow row;
  row.id = CredentialId(source.text(0));
  row.sealed = std::string(1, kAuthaiFormat) + iv + ciphertext;
  row.app = source.text(7);
  row.expires_at = source.integer(6);
  VK_TRY(row.user, adopt_identity_hash(transaction, source.text(3)));
  return insert_credential(transaction, row, source.integer(4), source.integer(5));
}

}  // namespace

Result<int64_t> import_authai(sql::Database& from, sql::Database& to, Millis now) {
  int64_t total = 0;
  std::string last_id;
  while (true) {
    VK_TRY(sql::Rows batch, read_batch(from, last_id, now));
    if (batch.empty()) return total;
    int64_t copied = 0;
    VK_CHECK(to.write_now([&](sql::Transaction& transaction) -> Result<void> {
      copied = 0;  // this function may run again
      for (const sql::Row& source : batch) {
        VK_TRY(bool is_copied, copy_row(transaction, source));
        copied += is_copied ? 1 : 0;
      }
      return {};
    }));
    total += copied;
    last_id = batch.back().text(0);
  }
}

}  // namespace valetkey
