#include "domain/authorization/connected_ai.h"

#include "domain/vault/credential_rows.h"
#include "foundation/crypto/held_secret.h"

namespace valetkey::authorization {
namespace {

constexpr sql::Statement kList{
    "SELECT credential_id, provider, plan, connected_at FROM account_ai WHERE person_id = $1"
    " ORDER BY connected_at, credential_id"};
constexpr sql::Statement kConnect{
    "INSERT INTO account_ai (person_id, credential_id, provider, plan, wrapped_key, connected_at)"
    " VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (person_id, credential_id)"
    " DO UPDATE SET wrapped_key = excluded.wrapped_key, plan = excluded.plan"};
constexpr sql::Statement kFind{
    "SELECT wrapped_key FROM account_ai WHERE person_id = $1 AND credential_id = $2"};
constexpr sql::Statement kDisconnect{"DELETE FROM account_ai WHERE person_id = $1 AND credential_id = $2"};
constexpr sql::Statement kDisconnectEvery{
    "DELETE FROM account_ai WHERE person_id = $1 RETURNING credential_id"};

crypto::HeldSecret wrapper(const Secret& vault_key, const std::string& person_id,
                           const std::string& credential_id) {
  return {vault_key, "account ai " + person_id + " " + credential_id};
}

}  // namespace

Result<std::vector<ConnectedAi>> list_connected_ai(sql::Transaction& transaction,
                                                   const std::string& person_id) {
  VK_TRY(auto rows, transaction.run(kList, {person_id}));
  std::vector<ConnectedAi> connected;
  for (const sql::Row& row : rows) {
    auto provider = parse_provider(row.text(1));
    if (provider) connected.push_back({row.text(0), *provider, row.text(2), row.integer(3)});
  }
  return connected;
}

Result<void> connect_ai(sql::Transaction& transaction, const std::string& person_id, const Secret& vault_key,
                        const CredentialKey& key, const std::string& plan, Millis now, Random& random) {
  std::string wrapped =
      wrapper(vault_key, person_id, key.id.value).seal(write_ai_keys({key}).reveal(), random);
  VK_CHECK(transaction.run(kConnect, {person_id, key.id.value, std::string(to_string(key.provider)), plan,
                                      sql::Blob{std::move(wrapped)}, now}));
  return {};
}

Result<std::optional<CredentialKey>> unwrap_ai(sql::Transaction& transaction, const std::string& person_id,
                                               const std::string& credential_id, const Secret& vault_key) {
  VK_TRY(auto rows, transaction.run(kFind, {person_id, credential_id}));
  if (rows.empty()) return std::optional<CredentialKey>();
  auto text = wrapper(vault_key, person_id, credential_id).open(rows.front().blob(0));
  if (!text.ok()) return std::optional<CredentialKey>();
  VK_TRY(AiKeys keys, read_ai_keys(*text));
  if (keys.empty()) return std::optional<CredentialKey>();
  return std::optional(std::move(keys.front()));
}

Result<std::vector<ConnectedAi>> list_usable_ai(sql::Transaction& transaction, const std::string& person_id,
                                                const std::optional<Secret>& vault_key) {
  std::vector<ConnectedAi> usable;
  if (!vault_key) return usable;
  VK_TRY(auto connected, list_connected_ai(transaction, person_id));
  for (ConnectedAi& ai : connected) {
    VK_TRY(auto key, unwrap_ai(transaction, person_id, ai.credential_id, *vault_key));
    if (key) usable.push_back(std::move(ai));
  }
  return usable;
}

Result<bool> disconnect_ai(sql::Transaction& transaction, const std::string& person_id,
                           const std::string& credential_id) {
  VK_CHECK(transaction.run(kDisconnect, {person_id, credential_id}));
  if (transaction.changed() != 1) return false;
  VK_CHECK(delete_credential(transaction, CredentialId(credential_id)));
  return true;
}

Result<void> disconnect_every_ai(sql::Transaction& transaction, const std::string& person_id) {
  VK_TRY(auto rows, transaction.run(kDisconnectEvery, {person_id}));
  for (const sql::Row& row : rows) VK_CHECK(delete_credential(transaction, CredentialId(row.text(0))));
  return {};
}

}  // namespace valetkey::authorization
