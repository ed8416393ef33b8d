#include "foundation/crypto/password_hash.h"

#include <argon2.h>
#include <crypt.h>

#include <cstring>
#include <memory>
#include <optional>

#include "foundation/base/strings.h"
#include "foundation/crypto/crypto.h"
#include "foundation/crypto/native.h"

namespace valetkey::crypto {
namespace {

constexpr size_t kArgon2SaltSize = 16;
constexpr size_t kArgon2HashSize = 32;
constexpr std::string_view kArgon2Prefix = "$argon2id$v=19$";
// What a hash out of an imported database may ask of this machine; a dearer one matches nothing.
constexpr Argon2Cost kHighestArgon2Cost{1024 * 1024, 32, 16};
constexpr size_t kBcryptSize = 60;
constexpr size_t kBcryptPrefixSize = 7;  // "$2b$12$"

// "m=19456": the number behind `name`, taken off the front of `text` together with the character after it.
std::optional<uint32_t> take_number(std::string_view& text, std::string_view name, char end) {
  const size_t stop = text.find(end);
  if (stop == std::string_view::npos || !text.starts_with(name)) return std::nullopt;
  const auto number = parse_decimal(text.substr(name.size(), stop - name.size()));
  if (!number || *number < 1 || *number > UINT32_MAX) return std::nullopt;
  text.remove_prefix(stop + 1);
  return static_cast<uint32_t>(*number);
}

// The cost that a PHC string names. Nothing when it is not Argon2id of version 1.3, or costs too much.
std::optional<Argon2Cost> read_cost(std::string_view hash) {
  if (!hash.starts_with(kArgon2Prefix)) return std::nullopt;
  hash.remove_prefix(kArgon2Prefix.size());
  const auto memory = take_number(hash, "m=", ',');
  const auto passes = take_number(hash, "t=", ',');
  const auto lanes = take_number(hash, "p=", '$');
  if (!memory || !passes || !lanes) return std::nullopt;
  const Argon2Cost& most = kHighestArgon2Cost;
  if (*memory > most.memory_kib || *passes > most.passes || *lanes > most.lanes) return std::nullopt;
  return Argon2Cost{*memory, *passes, *lanes};
}

bool is_same(const Argon2Cost& a, const Argon2Cost& b) {
  return a.memory_kib == b.memory_kib && a.passes == b.passes && a.lanes == b.lanes;
}

PasswordCheck check_argon2(const Secret& password, const std::string& hash, const Argon2Cost& wanted) {
  const auto cost = read_cost(hash);
  if (!cost) return {};
  const std::string_view bytes = password.reveal();
  const int answer = argon2id_verify(hash.c_str(), bytes.data(), bytes.size());
  PasswordCheck checked;
  checked.matches = answer == ARGON2_OK;
  checked.outdated = checked.matches && !is_same(*cost, wanted);
  checked.ran_argon2id = checked.matches || answer == ARGON2_VERIFY_MISMATCH;
  return checked;
}

// "$2b$12$" and 53 more characters. $2x$ is the spelling of a known defect and not accepted.
std::optional<int> read_bcrypt_cost(std::string_view hash) {
  if (hash.size() != kBcryptSize || hash[6] != '$') return std::nullopt;
  const std::string_view kind = hash.substr(0, 4);
  if (kind != "$2a$" && kind != "$2b$" && kind != "$2y$") return std::nullopt;
  const auto cost = parse_decimal(hash.substr(4, 2));
  if (!cost || *cost < kLowestBcryptCost || *cost > kHighestBcryptCost) return std::nullopt;
  return static_cast<int>(*cost);
}

// bcrypt reads a C string: a password that holds NUL would match by its beginning alone.
PasswordCheck check_bcrypt(const Secret& password, const std::string& hash, int cost) {
  const std::string_view bytes = password.reveal();
  if (bytes.find('\0') != std::string_view::npos) return {};
  std::string phrase(bytes);
  const auto data = std::make_unique<crypt_data>();
  const char* computed = crypt_r(phrase.c_str(), hash.c_str(), data.get());
  PasswordCheck checked;
  checked.matches = checked.outdated = computed != nullptr && equal(computed, hash);
  // A refused salt is answered by "*0" or "*1".
  if (computed != nullptr && *computed != '*') checked.bcrypt_cost = cost;
  wipe_bytes(phrase.data(), phrase.size());
  wipe_bytes(data.get(), sizeof *data);
  return checked;
}

}  // namespace

std::string hash_password(const Secret& password, Random& random, Argon2Cost cost) {
  const std::string salt = random.bytes(kArgon2SaltSize);
  const std::string_view bytes = password.reveal();
  std::string out(argon2_encodedlen(cost.passes, cost.memory_kib, cost.lanes, kArgon2SaltSize,
                                    kArgon2HashSize, Argon2_id),
                  '\0');
  if (argon2id_hash_encoded(cost.passes, cost.memory_kib, cost.lanes, bytes.data(), bytes.size(), salt.data(),
                            salt.size(), kArgon2HashSize, out.data(), out.size()) != ARGON2_OK) {
    die("argon2id");
  }
  out.resize(std::strlen(out.c_str()));
  return out;
}

PasswordCheck check_password(const Secret& password, std::string_view hash, Argon2Cost cost) {
  if (hash.find('\0') != std::string_view::npos) return {};
  const std::string text(hash);
  if (const auto bcrypt_cost = read_bcrypt_cost(hash)) return check_bcrypt(password, text, *bcrypt_cost);
  return check_argon2(password, text, cost);
}

std::string bcrypt_of_nobody(int cost) {
  const std::string digits = std::to_string(cost);
  const std::string prefix = "$2b$" + std::string(2 - digits.size(), '0') + digits + "$";
  return prefix + std::string(kBcryptSize - kBcryptPrefixSize, '.');
}

Secret derive_key_from_password(const Secret& password, std::string_view salt, Argon2Cost cost) {
  const std::string_view bytes = password.reveal();
  std::string out(kArgon2HashSize, '\0');
  if (argon2id_hash_raw(cost.passes, cost.memory_kib, cost.lanes, bytes.data(), bytes.size(), salt.data(),
                        salt.size(), out.data(), out.size()) != ARGON2_OK) {
    die("argon2id key");
  }
  return Secret(std::move(out));
}

}  // namespace valetkey::crypto
