// SHA-256 by OpenSSL's plain functions (docs/adr/0017-sha-256-by-plain-functions.md). Private to this folder.
#pragma once

#include <openssl/sha.h>

#include <string_view>

#include "foundation/base/secret.h"
#include "foundation/crypto/native.h"

namespace valetkey::crypto {

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
// A hash that has read some bytes: copied, it goes on from there. Wiped at its end.
class Sha256State {
 public:
  Sha256State() {
    if (SHA256_Init(&state_) != 1) die("sha256");
  }
  ~Sha256State() { wipe_bytes(&state_, sizeof state_); }
  Sha256State(const Sha256State&) = default;
  Sha256State& operator=(const Sha256State&) = default;

  void update(std::string_view bytes) {
    if (SHA256_Update(&state_, bytes.data(), bytes.size()) != 1) die("sha256");
  }
  // 32 bytes to `out`; nothing may follow.
  void finish(unsigned char* out) {
    if (SHA256_Final(out, &state_) != 1) die("sha256");
  }

 private:
  SHA256_CTX state_;
};
#pragma GCC diagnostic pop

}  // namespace valetkey::crypto
