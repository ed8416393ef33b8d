#include "domain/vault/identity.h"

#include <algorithm>
#include <optional>
#include <string>

#include "domain/vault/vault.h"
#include "foundation/crypto/crypto.h"
#include "foundation/jose/jose.h"

namespace valetkey {
namespace {

constexpr sql::Statement kFindUser{"SELECT user_id FROM identities WHERE identity_hash = $1"};
constexpr sql::Statement kNoteHash{
    "INSERT INTO identities (identity_hash, user_id) VALUES ($1, $2) ON CONFLICT (identity_hash) DO NOTHING"};

using Hashes = std::vector<std::string>;

Hashes hashes_of(const std::vector<Secret>& secrets, ProviderId provider, std::string_view account_id) {
  Hashes hashes;
  for (const Secret& secret : secrets) hashes.push_back(identity_hash(secret, provider, account_id));
  return hashes;
}

// The oldest secret first: where two processes disagree during a rotation, the id given out earlier wins.
Result<std::optional<UserId>> find_user(sql::Transaction& transaction, const Hashes& hashes) {
  for (auto hash = hashes.rbegin(); hash != hashes.rend(); ++hash) {
    VK_TRY(sql::Rows rows, transaction.run(kFindUser, {*hash}));
    if (!rows.empty()) return std::optional<UserId>(UserId(rows.front().text(0)));
  }
  return std::optional<UserId>();
}

// In one order everywhere, so that two transactions cannot wait for each other.
Result<void> note_hashes(sql::Transaction& transaction, Hashes hashes, const UserId& user) {
  std::sort(hashes.begin(), hashes.end());
  for (const std::string& hash : hashes) VK_CHECK(transaction.run(kNoteHash, {hash, user.value}));
  return {};
}

}  // namespace

std::string identity_hash(const Secret& secret, ProviderId provider, std::string_view account_id) {
  std::string input(to_string(provider));
  input.push_back('\0');
  input += account_id;
  return jose::base64url_encode(crypto::hmac_sha256(secret, input));
}

Result<UserId> resolve_user(sql::Transaction& transaction, const std::vector<Secret>& secrets,
                            ProviderId provider, std::string_view account_id) {
  if (secrets.empty()) return Error{Code::internal, "no identity secret", "identity"};
  Hashes hashes = hashes_of(secrets, provider, account_id);
  VK_TRY(std::optional<UserId> known, find_user(transaction, hashes));
  VK_CHECK(note_hashes(transaction, hashes, known ? *known : UserId(hashes.front())));
  if (known) return *known;
  // Read back: a sign-in of the same account at the same moment may have been first.
  VK_TRY(std::optional<UserId> settled, find_user(transaction, hashes));
  if (!settled) return Error{Code::store, "identity not stored", "identity"};
  return *settled;
}

Result<void> remember_user(sql::Transaction& transaction, const std::vector<Secret>& secrets,
                           ProviderId provider, std::string_view account_id, const UserId& user) {
  return note_hashes(transaction, hashes_of(secrets, provider, account_id), user);
}

Result<UserId> adopt_identity_hash(sql::Transaction& transaction, const std::string& hash) {
  VK_CHECK(note_hashes(transaction, {hash}, UserId(hash)));
  VK_TRY(std::optional<UserId> user, find_user(transaction, {hash}));
  if (!user) return Error{Code::store, "identity not stored", "identity"};
  return *user;
}

}  // namespace valetkey
