#include "domain/authorization/signing_key_rows.h"

#include "domain/authorization/signing_keys.h"
#include "foundation/crypto/crypto.h"

namespace valetkey::authorization {
namespace {

constexpr char kFormat = 1;
constexpr size_t kOverhead = 1 + crypto::kAeadNonceSize + crypto::kAeadTagSize;
// An instance looks once a minute, and not at all while it cannot reach the store.
constexpr Millis kLateToNotice = 10 * kMinute;

constexpr const char* kTable =
    "CREATE TABLE signing_keys ("
    " key_id TEXT PRIMARY KEY,"
    " algorithm TEXT NOT NULL,"
    " turn BIGINT NOT NULL,"
    " sealed {blob} NOT NULL,"
    " created_at BIGINT NOT NULL,"
    " signs_from BIGINT NOT NULL,"
    " UNIQUE (algorithm, turn))";

constexpr sql::Statement kList{
    "SELECT key_id, algorithm, turn, sealed, signs_from FROM signing_keys ORDER BY algorithm, turn"};
constexpr sql::Statement kInsert{
    "INSERT INTO signing_keys (key_id, algorithm, turn, sealed, created_at, signs_from)"
    " VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING"};
constexpr sql::Statement kReseal{"UPDATE signing_keys SET sealed = $1 WHERE key_id = $2 AND sealed = $3"};
constexpr sql::Statement kDelete{"DELETE FROM signing_keys WHERE key_id = $1"};

Secret sealing_key(const Secret& secret) {
  return crypto::hkdf_sha256(secret, "", "valetkey signing keys", crypto::kAeadKeySize);
}

std::string binding(const std::string& key_id, jose::Algorithm algorithm) {
  return "signing key:" + std::string(jose::to_string(algorithm)) + ":" + key_id;
}

}  // namespace

const std::vector<sql::Migration>& signing_key_migrations() {
  static const std::vector<sql::Migration> list = {{13, "signing_keys", kTable}};
  return list;
}

Result<SigningKeyRows> list_signing_keys(sql::Transaction& transaction) {
  VK_TRY(sql::Rows found, transaction.run(kList));
  SigningKeyRows rows;
  for (sql::Row& row : found) {
    const auto algorithm = jose::parse_algorithm(row.text(1));
    if (!algorithm) return Error{Code::store, "signing key of an unknown algorithm", "signing_keys"};
    rows.push_back({row.text(0), *algorithm, row.integer(2), row.take(3), row.integer(4)});
  }
  return rows;
}

Result<bool> insert_signing_key(sql::Transaction& transaction, const SigningKeyRow& row, Millis now) {
  VK_CHECK(transaction.run(kInsert, {row.key_id, std::string(jose::to_string(row.algorithm)), row.turn,
                                     sql::Blob{row.sealed}, now, row.signs_from}));
  return transaction.changed() == 1;
}

Result<void> reseal_signing_key(sql::Transaction& transaction, const SigningKeyRow& row,
                                const std::string& sealed) {
  VK_CHECK(transaction.run(kReseal, {sql::Blob{sealed}, row.key_id, sql::Blob{row.sealed}}));
  return {};
}

Result<void> delete_signing_key(sql::Transaction& transaction, const std::string& key_id) {
  VK_CHECK(transaction.run(kDelete, {key_id}));
  return {};
}

std::string seal_signing_key(const Secret& secret, const jose::SigningKey& key, Random& random) {
  const std::string nonce = random.bytes(crypto::kAeadNonceSize);
  return std::string(1, kFormat) + nonce +
         crypto::aead_seal(sealing_key(secret), nonce, key.pkcs8().reveal(),
                           binding(key.key_id(), key.algorithm()));
}

Result<OpenedSigningKey> open_signing_key(const std::vector<Secret>& secrets, const SigningKeyRow& row) {
  const std::string_view sealed = row.sealed;
  if (sealed.size() < kOverhead || sealed.front() != kFormat) {
    return Error{Code::store, "signing key " + row.key_id + " is damaged", "signing_keys"};
  }
  const std::string_view nonce = sealed.substr(1, crypto::kAeadNonceSize);
  const std::string_view text = sealed.substr(1 + crypto::kAeadNonceSize);
  for (const Secret& secret : secrets) {
    auto pkcs8 = crypto::aead_open(sealing_key(secret), nonce, text, binding(row.key_id, row.algorithm));
    if (!pkcs8.ok()) continue;
    VK_TRY(auto key, jose::SigningKey::from_pkcs8(*pkcs8, row.key_id));
    return OpenedSigningKey{std::move(key), &secret == &secrets.front()};
  }
  return Error{Code::invalid_argument,
               "signing key " + row.key_id +
                   " does not open: it was sealed under a JWT secret that is not configured any more, or it "
                   "was changed",
               "signing_keys"};
}

const SigningKeyRow* signing_row(const SigningKeyRows& rows, jose::Algorithm algorithm, Millis now) {
  const SigningKeyRow* found = nullptr;
  for (const SigningKeyRow& row : rows) {
    if (row.algorithm == algorithm && (found == nullptr || row.signs_from <= now)) found = &row;
  }
  return found;
}

const SigningKeyRow* last_row(const SigningKeyRows& rows, jose::Algorithm algorithm) {
  const SigningKeyRow* found = nullptr;
  for (const SigningKeyRow& row : rows) {
    if (row.algorithm == algorithm) found = &row;
  }
  return found;
}

bool is_over(const SigningKeyRows& rows, const SigningKeyRow& row, Millis keep_after, Millis now) {
  for (const SigningKeyRow& other : rows) {
    if (other.algorithm == row.algorithm && other.turn > row.turn &&
        other.signs_from + keep_after + kLateToNotice <= now) {
      return true;
    }
  }
  return false;
}

}  // namespace valetkey::authorization
