// How much work the passwords were so far.
#pragma once

#include <cstdint>

namespace valetkey::accounts {

struct Hashings {
  uint64_t argon2id = 0;
  uint64_t bcrypt = 0;
  uint64_t bcrypt_rounds = 0;  // 2 to the cost, of each

  friend bool operator==(const Hashings&, const Hashings&) = default;
  friend Hashings operator-(const Hashings& a, const Hashings& b) {
    return {a.argon2id - b.argon2id, a.bcrypt - b.bcrypt, a.bcrypt_rounds - b.bcrypt_rounds};
  }
};

}  // namespace valetkey::accounts
