// Password hashing. Slow on purpose (about 20 ms and 19 MiB each): run on a bounded pool, never on a worker.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "foundation/base/random.h"
#include "foundation/base/result.h"
#include "foundation/base/secret.h"

namespace valetkey::crypto {

// OWASP's minimum for Argon2id.
struct Argon2Cost {
  uint32_t memory_kib = 19 * 1024;
  uint32_t passes = 2;
  uint32_t lanes = 1;
};

// Argon2id (RFC 9106) with a fresh 16-byte salt, in the PHC string format.
std::string hash_password(const Secret& password, Random& random, Argon2Cost cost = {});

struct PasswordCheck {
  bool matches = false;
  bool outdated = false;  // matches, but hashed by bcrypt or at another cost: hash it again
  // What was really computed; of an unreadable hash nothing.
  bool ran_argon2id = false;
  std::optional<int> bcrypt_cost;
};
constexpr int kLowestBcryptCost = 4;
constexpr int kHighestBcryptCost = 16;  // a dearer one, out of an imported database, matches nothing
// Takes Argon2id PHC strings and bcrypt ($2a$, $2b$, $2y$). An unreadable hash matches nothing.
PasswordCheck check_password(const Secret& password, std::string_view hash, Argon2Cost cost = {});

// In the form of a bcrypt hash, of no known password: to do the work that checking a hash of this cost is.
std::string bcrypt_of_nobody(int cost);

// 32 bytes out of a password for encryption (not for logging in): Argon2id with `salt` (16 bytes).
Secret derive_key_from_password(const Secret& password, std::string_view salt, Argon2Cost cost = {});

}  // namespace valetkey::crypto
