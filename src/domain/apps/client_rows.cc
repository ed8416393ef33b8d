#include "domain/apps/client_rows.h"

#include "domain/apps/client_metadata.h"

namespace valetkey::apps {
namespace {

#define VK_CLIENT_COLUMNS \
  "id, kind, owner, metadata, secret_hash, secret_expires_at, registration_hash, created_at, last_used_at"

constexpr sql::Statement kFind{"SELECT " VK_CLIENT_COLUMNS " FROM oauth_clients WHERE id = $1"};
constexpr sql::Statement kOfOwner{"SELECT " VK_CLIENT_COLUMNS
                                  " FROM oauth_clients WHERE owner = $1 AND kind = 'builder'"
                                  " ORDER BY created_at, id"};
constexpr sql::Statement kCountOfOwner{
    "SELECT COUNT(*) FROM oauth_clients WHERE owner = $1 AND kind = 'builder'"};
constexpr sql::Statement kCountDynamic{"SELECT COUNT(*) FROM oauth_clients WHERE kind = 'dynamic'"};
constexpr sql::Statement kInsert{"INSERT INTO oauth_clients (" VK_CLIENT_COLUMNS
                                 ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"};
constexpr sql::Statement kReplace{
    "UPDATE oauth_clients SET metadata = $2, secret_hash = $3, secret_expires_at = $4 WHERE id = $1"};
constexpr sql::Statement kDelete{"DELETE FROM oauth_clients WHERE id = $1"};
constexpr sql::Statement kMarkUsed{
    "UPDATE oauth_clients SET last_used_at = $2 WHERE id = $1 AND last_used_at <= $3"};
constexpr sql::Statement kDeleteUnused{
    "DELETE FROM oauth_clients WHERE kind = 'dynamic' AND last_used_at < $1 AND created_at < $1"};
constexpr sql::Statement kDeleteNeverUsed{
    "DELETE FROM oauth_clients WHERE id IN (SELECT id FROM oauth_clients WHERE kind = 'dynamic'"
    " AND last_used_at = 0 AND created_at < $1 ORDER BY created_at LIMIT $2)"};

#undef VK_CLIENT_COLUMNS

ClientKind kind_of(const std::string& word) {
  return word == to_string(ClientKind::builder) ? ClientKind::builder : ClientKind::dynamic;
}

Result<ClientRow> read_row(const sql::Row& row) {
  ClientRow out;
  VK_TRY(out.client, read_stored_metadata(row.text(3), kind_of(row.text(1))));
  out.client.id = row.text(0);
  out.client.owner = row.text(2);
  out.client.secret_hash = row.blob(4);
  out.client.secret_expires_at = row.integer(5);
  out.client.created_at = row.integer(7);
  out.registration_hash = row.blob(6);
  out.last_used_at = row.integer(8);
  return out;
}

std::string metadata_of(const Client& client) {
  std::string text;
  JsonWriter json(text);
  json.begin_object();
  write_client_metadata(json, client);
  json.end_object();
  return text;
}

Result<int64_t> count(sql::Transaction& transaction, const sql::Statement& statement,
                      const std::vector<sql::Value>& parameters) {
  VK_TRY(sql::Rows rows, transaction.run(statement, parameters));
  return rows.empty() ? int64_t{0} : rows.front().integer(0);
}

}  // namespace

Result<std::optional<ClientRow>> find_client_row(sql::Transaction& transaction, const std::string& id) {
  VK_TRY(sql::Rows rows, transaction.run(kFind, {id}));
  if (rows.empty()) return std::optional<ClientRow>();
  VK_TRY(ClientRow row, read_row(rows.front()));
  return std::optional<ClientRow>(std::move(row));
}

Result<std::vector<Client>> clients_of_owner(sql::Transaction& transaction, const std::string& owner) {
  VK_TRY(sql::Rows rows, transaction.run(kOfOwner, {owner}));
  std::vector<Client> clients;
  for (const sql::Row& row : rows) {
    VK_TRY(ClientRow read, read_row(row));
    clients.push_back(std::move(read.client));
  }
  return clients;
}

Result<int64_t> count_clients_of_owner(sql::Transaction& transaction, const std::string& owner) {
  return count(transaction, kCountOfOwner, {owner});
}

Result<int64_t> count_dynamic_clients(sql::Transaction& transaction) {
  return count(transaction, kCountDynamic, {});
}

Result<void> insert_client(sql::Transaction& transaction, const ClientRow& row) {
  const Client& client = row.client;
  VK_CHECK(
      transaction.run(kInsert, {client.id, std::string(to_string(client.kind)), client.owner,
                                metadata_of(client), sql::Blob{client.secret_hash}, client.secret_expires_at,
                                sql::Blob{row.registration_hash}, client.created_at, row.last_used_at}));
  return {};
}

Result<bool> replace_client(sql::Transaction& transaction, const Client& client) {
  VK_CHECK(transaction.run(
      kReplace, {client.id, metadata_of(client), sql::Blob{client.secret_hash}, client.secret_expires_at}));
  return transaction.changed() > 0;
}

Result<bool> delete_client(sql::Transaction& transaction, const std::string& id) {
  VK_CHECK(transaction.run(kDelete, {id}));
  return transaction.changed() > 0;
}

Result<void> mark_client_used(sql::Transaction& transaction, const std::string& id, Millis now,
                              Millis every) {
  VK_CHECK(transaction.run(kMarkUsed, {id, now, now - every}));
  return {};
}

Result<int64_t> delete_dynamic_unused(sql::Transaction& transaction, Millis before) {
  VK_CHECK(transaction.run(kDeleteUnused, {before}));
  return transaction.changed();
}

Result<int64_t> delete_dynamic_never_used(sql::Transaction& transaction, Millis before, int64_t most) {
  VK_CHECK(transaction.run(kDeleteNeverUsed, {before, most}));
  return transaction.changed();
}

}  // namespace valetkey::apps
