#include "domain/accounts/vault_key.h"

#include <array>

#include "foundation/base/strings.h"
#include "foundation/crypto/crypto.h"

namespace valetkey::accounts {
namespace {

constexpr size_t kVaultKeySize = 32;
constexpr char kFormat = 1;
constexpr size_t kSaltSize = 16;
constexpr size_t kCostSize = 12;
constexpr uint32_t kMaxMemoryKib = 1024 * 1024;  // what a wrap of ours never asks for
constexpr uint32_t kMaxPasses = 64;
constexpr uint32_t kMaxLanes = 16;

Secret wrapping_key(const Secret& secret) {
  return crypto::hkdf_sha256(secret, "", "valetkey vault key wrap", crypto::kAeadKeySize);
}

std::string bound_to(std::string_view place) {
  return "valetkey vault key 1:" + std::string(place);
}

std::string password_place(const std::string& person_id) {
  return "password:" + person_id;
}

void append_number(std::string& out, uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(value >> shift & 0xff);
}

uint32_t read_number(std::string_view bytes) {
  uint32_t value = 0;
  for (char byte : bytes.substr(0, 4)) value = value << 8 | static_cast<unsigned char>(byte);
  return value;
}

}  // namespace

Secret make_vault_key(Random& random) {
  return Secret(random.bytes(kVaultKeySize));
}

std::string vault_key_id(const Secret& vault_key) {
  return to_hex(crypto::hkdf_sha256(vault_key, "", "valetkey vault key id", 16).reveal());
}

std::string wrap_vault_key(const Secret& secret, std::string_view place, const Secret& vault_key,
                           Random& random) {
  const std::string nonce = random.bytes(crypto::kAeadNonceSize);
  return kFormat + nonce +
         crypto::aead_seal(wrapping_key(secret), nonce, vault_key.reveal(), bound_to(place));
}

Result<Secret> unwrap_vault_key(const Secret& secret, std::string_view place, std::string_view wrap) {
  constexpr size_t kSize = 1 + crypto::kAeadNonceSize + kVaultKeySize + crypto::kAeadTagSize;
  if (wrap.size() != kSize || wrap[0] != kFormat) return Error{Code::unauthorized, "not a wrap", "vault_key"};
  return crypto::aead_open(wrapping_key(secret), wrap.substr(1, crypto::kAeadNonceSize),
                           wrap.substr(1 + crypto::kAeadNonceSize), bound_to(place));
}

// memory, passes, lanes (4 bytes each), salt, wrap.
std::string wrap_under_password(const Secret& password, const std::string& person_id, const Secret& vault_key,
                                crypto::Argon2Cost cost, Random& random) {
  const std::string salt = random.bytes(kSaltSize);
  const Secret key = crypto::derive_key_from_password(password, salt, cost);
  std::string out;
  for (uint32_t number : {cost.memory_kib, cost.passes, cost.lanes}) append_number(out, number);
  return out + salt + wrap_vault_key(key, password_place(person_id), vault_key, random);
}

Result<Secret> unwrap_under_password(const Secret& password, const std::string& person_id,
                                     std::string_view wrap) {
  if (wrap.size() < kCostSize + kSaltSize) return Error{Code::unauthorized, "not a wrap", "vault_key"};
  const crypto::Argon2Cost cost{read_number(wrap), read_number(wrap.substr(4)), read_number(wrap.substr(8))};
  const bool sane = cost.memory_kib >= 8 * cost.lanes && cost.memory_kib <= kMaxMemoryKib &&
                    cost.passes > 0 && cost.passes <= kMaxPasses && cost.lanes > 0 && cost.lanes <= kMaxLanes;
  if (!sane) return Error{Code::unauthorized, "not a wrap", "vault_key"};
  const Secret key = crypto::derive_key_from_password(password, wrap.substr(kCostSize, kSaltSize), cost);
  return unwrap_vault_key(key, password_place(person_id), wrap.substr(kCostSize + kSaltSize));
}

}  // namespace valetkey::accounts
