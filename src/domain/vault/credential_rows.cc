#include "domain/vault/credential_rows.h"

namespace valetkey {
namespace {

constexpr sql::Statement kFind{
    .text =
        "SELECT sealed, user_id, provider, app, version, expires_at, lease_until, retry_at, dead_version"
        " FROM credentials WHERE id = $1",
    .one_row = true};
constexpr sql::Statement kInsert{
    "INSERT INTO credentials (id, sealed, user_id, provider, app, version, created_at, updated_at, "
    "expires_at)"
    " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (id) DO NOTHING"};
constexpr sql::Statement kTakeLease{
    "UPDATE credentials SET lease_owner = $1, lease_until = $2"
    " WHERE id = $3 AND version = $4 AND lease_until <= $5"};
constexpr sql::Statement kExtendLease{
    "UPDATE credentials SET lease_until = $1 WHERE id = $2 AND lease_owner = $3"};
constexpr sql::Statement kGiveLeaseBack{
    "UPDATE credentials SET lease_owner = '', lease_until = 0, retry_at = $1"
    " WHERE id = $2 AND version = $3 AND lease_owner = $4"};
constexpr sql::Statement kStoreRenewed{
    "UPDATE credentials SET sealed = $1, provider = $2, version = version + 1, updated_at = $3, expires_at = "
    "$4,"
    " lease_owner = '', lease_until = 0, retry_at = 0 WHERE id = $5 AND version = $6"};
constexpr sql::Statement kMarkDead{
    "UPDATE credentials SET dead_version = version, lease_owner = '', lease_until = 0 WHERE id = $1 AND "
    "version = $2"};
constexpr sql::Statement kDelete{"DELETE FROM credentials WHERE id = $1"};
constexpr sql::Statement kDeleteOfUser{"DELETE FROM credentials WHERE user_id = $1"};
constexpr sql::Statement kDeleteExpired{"DELETE FROM credentials WHERE expires_at <= $1"};

Result<int64_t> run_counting(sql::Transaction& transaction, const sql::Statement& statement,
                             const std::vector<sql::Value>& parameters) {
  VK_CHECK(transaction.run(statement, parameters));
  return transaction.changed();
}

Result<bool> run_on_one(sql::Transaction& transaction, const sql::Statement& statement,
                        const std::vector<sql::Value>& parameters) {
  VK_TRY(int64_t changed, run_counting(transaction, statement, parameters));
  return changed == 1;
}

}  // namespace

Result<std::optional<CredentialRow>> find_credential(sql::Transaction& transaction, const CredentialId& id) {
  VK_TRY(sql::Rows rows, transaction.run(kFind, {id.value}));
  if (rows.empty()) return std::optional<CredentialRow>();
  sql::Row& found = rows.front();
  std::optional<CredentialRow> row(std::in_place);
  row->id = id;
  row->sealed = found.take(0);
  row->user = UserId(found.take(1));
  row->provider = found.take(2);
  row->app = found.take(3);
  row->version = found.integer(4);
  row->expires_at = found.integer(5);
  row->lease_until = found.integer(6);
  row->retry_at = found.integer(7);
  row->dead_version = found.integer(8);
  return row;
}

Result<bool> insert_credential(sql::Transaction& transaction, const CredentialRow& row, Millis created_at,
                               Millis updated_at) {
  return run_on_one(transaction, kInsert,
                    {row.id.value, sql::Blob{row.sealed}, row.user.value, row.provider, row.app, row.version,
                     created_at, updated_at, row.expires_at});
}

Result<bool> take_lease(sql::Transaction& transaction, const CredentialRow& row, const std::string& owner,
                        Millis now, Millis until) {
  return run_on_one(transaction, kTakeLease, {owner, until, row.id.value, row.version, now});
}

Result<void> extend_lease(sql::Transaction& transaction, const CredentialId& id, const std::string& owner,
                          Millis until) {
  VK_CHECK(transaction.run(kExtendLease, {until, id.value, owner}));
  return {};
}

Result<void> give_lease_back(sql::Transaction& transaction, const CredentialRow& row,
                             const std::string& owner, Millis retry_at) {
  VK_CHECK(transaction.run(kGiveLeaseBack, {retry_at, row.id.value, row.version, owner}));
  return {};
}

Result<bool> store_renewed(sql::Transaction& transaction, const CredentialRow& row, const std::string& sealed,
                           ProviderId provider, Millis now, Millis expires_at) {
  return run_on_one(
      transaction, kStoreRenewed,
      {sql::Blob{sealed}, std::string(to_string(provider)), now, expires_at, row.id.value, row.version});
}

Result<void> mark_dead(sql::Transaction& transaction, const CredentialRow& row) {
  VK_CHECK(transaction.run(kMarkDead, {row.id.value, row.version}));
  return {};
}

Result<bool> delete_credential(sql::Transaction& transaction, const CredentialId& id) {
  return run_on_one(transaction, kDelete, {id.value});
}

Result<int64_t> delete_credentials_of(sql::Transaction& transaction, const UserId& user) {
  return run_counting(transaction, kDeleteOfUser, {user.value});
}

Result<int64_t> delete_expired_credentials(sql::Transaction& transaction, Millis now) {
  return run_counting(transaction, kDeleteExpired, {now});
}

}  // namespace valetkey
