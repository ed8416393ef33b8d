#include "domain/accounts/passkey_rows.h"

#include <algorithm>
#include <utility>

namespace valetkey::accounts {
namespace {

constexpr sql::Statement kInsertChallenge{
    "INSERT INTO passkey_challenges (challenge_hash, browser_hash, person_id, expires_at) VALUES ($1, $2, "
    "$3, $4)"};
constexpr sql::Statement kSpendChallenge{
    "DELETE FROM passkey_challenges WHERE challenge_hash = $1 AND browser_hash = $2 AND person_id = $3"
    " AND expires_at > $4"};
constexpr sql::Statement kDeleteOld{"DELETE FROM passkey_challenges WHERE expires_at <= $1"};
constexpr sql::Statement kInsert{
    "INSERT INTO passkeys (id, person_id, name, algorithm, public_key, sign_count, vault_wrap, vault_id,"
    " created_at, last_used_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"};
constexpr sql::Statement kFind{
    "SELECT k.person_id, k.name, k.algorithm, k.public_key, k.sign_count, k.vault_wrap, k.vault_id, "
    "p.vault_id,"
    " k.created_at, k.last_used_at FROM passkeys k JOIN persons p ON p.id = k.person_id WHERE k.id = $1"};
constexpr sql::Statement kList{
    "SELECT k.id, k.name, k.vault_id, p.vault_id, k.created_at, k.last_used_at"
    " FROM passkeys k JOIN persons p ON p.id = k.person_id WHERE k.person_id = $1 ORDER BY k.created_at, "
    "k.id"};
constexpr sql::Statement kCountUse{
    "UPDATE passkeys SET sign_count = $1, last_used_at = $2"
    " WHERE id = $3 AND (sign_count < $4 OR (sign_count = 0 AND sign_count = $5))"};
constexpr sql::Statement kSetWrap{"UPDATE passkeys SET vault_wrap = $1, vault_id = $2 WHERE id = $3"};
constexpr sql::Statement kRename{"UPDATE passkeys SET name = $1 WHERE person_id = $2 AND id = $3"};
constexpr sql::Statement kDelete{"DELETE FROM passkeys WHERE person_id = $1 AND id = $2"};

Result<bool> run_on_one(sql::Transaction& transaction, const sql::Statement& statement,
                        const std::vector<sql::Value>& parameters) {
  VK_CHECK(transaction.run(statement, parameters));
  return transaction.changed() == 1;
}

}  // namespace

Result<void> insert_challenge(sql::Transaction& transaction, const Challenge& challenge, Millis expires_at) {
  VK_CHECK(transaction.run(kInsertChallenge,
                           {challenge.hash, challenge.browser_hash, challenge.person_id, expires_at}));
  return {};
}

Result<bool> spend_challenge(sql::Transaction& transaction, const Challenge& challenge, Millis now) {
  return run_on_one(transaction, kSpendChallenge,
                    {challenge.hash, challenge.browser_hash, challenge.person_id, now});
}

Result<int64_t> delete_old_challenges(sql::Transaction& transaction, Millis now) {
  VK_CHECK(transaction.run(kDeleteOld, {now}));
  return transaction.changed();
}

Result<void> insert_passkey(sql::Transaction& transaction, const StoredPasskey& passkey) {
  VK_CHECK(transaction.run(
      kInsert, {passkey.id, passkey.person_id, passkey.name, static_cast<int64_t>(passkey.key.algorithm),
                sql::Blob{passkey.key.bytes}, int64_t{passkey.sign_count}, sql::Blob{passkey.vault_wrap},
                passkey.vault_id, passkey.created_at, passkey.last_used_at}));
  return {};
}

Result<std::optional<StoredPasskey>> find_passkey(sql::Transaction& transaction, const std::string& id) {
  VK_TRY(sql::Rows rows, transaction.run(kFind, {id}));
  if (rows.empty()) return std::optional<StoredPasskey>();
  const sql::Row& row = rows.front();
  const auto known =
      std::find_if(std::begin(kCoseAlgorithms), std::end(kCoseAlgorithms),
                   [&](CoseAlgorithm each) { return static_cast<int64_t>(each) == row.integer(2); });
  if (known == std::end(kCoseAlgorithms))
    return Error{Code::store, "a passkey of an unknown kind", "passkeys"};
  StoredPasskey found;
  found.id = id;
  found.person_id = row.text(0);
  found.name = row.text(1);
  found.key = CoseKey{*known, row.blob(3)};
  found.sign_count = static_cast<uint32_t>(row.integer(4));
  found.vault_wrap = row.blob(5);
  found.vault_id = row.text(6);
  found.person_vault_id = row.text(7);
  found.created_at = row.integer(8);
  found.last_used_at = row.integer(9);
  return std::optional<StoredPasskey>(std::move(found));
}

Result<std::vector<PasskeyRow>> list_passkeys(sql::Transaction& transaction, const std::string& person_id) {
  VK_TRY(sql::Rows rows, transaction.run(kList, {person_id}));
  std::vector<PasskeyRow> list;
  for (const sql::Row& row : rows) {
    const bool unlocks = !row.text(2).empty() && row.text(2) == row.text(3);
    list.push_back(PasskeyRow{row.text(0), row.text(1), unlocks, row.integer(4), row.integer(5)});
  }
  return list;
}

Result<bool> count_use(sql::Transaction& transaction, const std::string& id, uint32_t sign_count,
                       Millis now) {
  const int64_t count = sign_count;
  return run_on_one(transaction, kCountUse, {count, now, id, count, count});
}

Result<void> set_vault_wrap(sql::Transaction& transaction, const StoredPasskey& passkey) {
  VK_CHECK(transaction.run(kSetWrap, {sql::Blob{passkey.vault_wrap}, passkey.vault_id, passkey.id}));
  return {};
}

Result<bool> rename_passkey(sql::Transaction& transaction, const std::string& person_id,
                            const std::string& id, const std::string& name) {
  return run_on_one(transaction, kRename, {name, person_id, id});
}

Result<bool> delete_passkey(sql::Transaction& transaction, const std::string& person_id,
                            const std::string& id) {
  return run_on_one(transaction, kDelete, {person_id, id});
}

}  // namespace valetkey::accounts
