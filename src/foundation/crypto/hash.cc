#include <openssl/crypto.h>

#include <cstdlib>

#include "foundation/base/log.h"
#include "foundation/crypto/crypto.h"
#include "foundation/crypto/sha256_native.h"

namespace valetkey::crypto {

void die(const char* what) {
  log::error("openssl_failed", {{"what", what}});
  std::abort();
}

std::string sha256(std::string_view bytes) {
  Sha256State state;
  state.update(bytes);
  std::string out(kSha256Size, '\0');
  state.finish(reinterpret_cast<unsigned char*>(out.data()));
  return out;
}

bool equal(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace valetkey::crypto
