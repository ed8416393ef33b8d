#include "domain/accounts/recovery_codes.h"

#include "domain/accounts/base32.h"
#include "domain/accounts/vault_key.h"
#include "foundation/base/strings.h"
#include "foundation/crypto/crypto.h"

namespace valetkey::accounts {
namespace {

constexpr size_t kGroup = 4;
constexpr size_t kMaxTyped = 64;  // with hyphens and spaces

constexpr sql::Statement kInsert{
    "INSERT INTO recovery_codes (code_hash, person_id, vault_wrap, vault_id, created_at)"
    " VALUES ($1, $2, $3, $4, $5)"};
constexpr sql::Statement kSpend{
    "DELETE FROM recovery_codes WHERE code_hash = $1 AND person_id = $2 RETURNING vault_wrap, vault_id"};
constexpr sql::Statement kVaultId{"SELECT vault_id FROM persons WHERE id = $1"};
constexpr sql::Statement kCount{"SELECT COUNT(*) FROM recovery_codes WHERE person_id = $1"};
constexpr sql::Statement kDelete{"DELETE FROM recovery_codes WHERE person_id = $1"};

// Of this person only, so that a list of guesses must be hashed again for every person.
std::string hash_of(const std::string& person_id, const Secret& bytes) {
  return to_hex(crypto::sha256("valetkey recovery code:" + person_id + ":" + std::string(bytes.reveal())));
}

std::string place_of(const std::string& person_id) {
  return "recovery code:" + person_id;
}

std::optional<Secret> read_code(const Secret& typed) {
  if (typed.size() > kMaxTyped) return std::nullopt;
  auto bytes = base32_decode(typed.reveal());
  if (!bytes || bytes->size() != kRecoveryCodeSize) return std::nullopt;
  return Secret(std::move(*bytes));
}

}  // namespace

std::vector<Secret> make_recovery_codes(Random& random) {
  std::vector<Secret> codes;
  for (size_t i = 0; i < kRecoveryCodes; ++i) {
    const Secret letters(base32_encode(random.bytes(kRecoveryCodeSize)));
    std::string grouped;
    for (size_t at = 0; at < letters.size(); at += kGroup) {
      if (at > 0) grouped.push_back('-');
      grouped += letters.reveal().substr(at, kGroup);
    }
    codes.emplace_back(std::move(grouped));
  }
  return codes;
}

Result<void> replace_recovery_codes(sql::Transaction& transaction, const std::string& person_id,
                                    const std::vector<Secret>& codes, const std::optional<Secret>& vault_key,
                                    Millis now, Random& random) {
  VK_CHECK(delete_recovery_codes(transaction, person_id));
  const std::string vault_id = vault_key ? vault_key_id(*vault_key) : "";
  for (const Secret& code : codes) {
    const Secret bytes = read_code(code).value();
    sql::Blob wrap;
    if (vault_key) wrap.bytes = wrap_vault_key(bytes, place_of(person_id), *vault_key, random);
    VK_CHECK(
        transaction.run(kInsert, {hash_of(person_id, bytes), person_id, std::move(wrap), vault_id, now}));
  }
  return {};
}

Result<std::optional<Secret>> spend_recovery_code(sql::Transaction& transaction, const std::string& person_id,
                                                  const Secret& code) {
  const Error refusal{Code::unauthorized, "no such recovery code", "recovery_codes"};
  const std::optional<Secret> bytes = read_code(code);
  if (!bytes) return refusal;
  VK_TRY(sql::Rows spent, transaction.run(kSpend, {hash_of(person_id, *bytes), person_id}));
  if (spent.empty()) return refusal;
  VK_TRY(sql::Rows person, transaction.run(kVaultId, {person_id}));
  const std::string& vault_id = spent.front().text(1);
  const bool is_present = !vault_id.empty() && !person.empty() && person.front().text(0) == vault_id;
  auto vault_key = unwrap_vault_key(*bytes, place_of(person_id), spent.front().blob(0));
  if (!is_present || !vault_key.ok()) return std::optional<Secret>();
  return std::optional<Secret>(std::move(*vault_key));
}

Result<int64_t> count_recovery_codes(sql::Transaction& transaction, const std::string& person_id) {
  VK_TRY(sql::Rows rows, transaction.run(kCount, {person_id}));
  return rows.front().integer(0);
}

Result<void> delete_recovery_codes(sql::Transaction& transaction, const std::string& person_id) {
  VK_CHECK(transaction.run(kDelete, {person_id}));
  return {};
}

}  // namespace valetkey::accounts
