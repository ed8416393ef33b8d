#include <openssl/crypto.h>

#include <cstdlib>

#include "foundation/base/log.h"
#include "foundation/crypto/crypto.h"
#include "foundation/crypto/native.h"

namespace valetkey::crypto {

void die(const char* what) {
  log::error("openssl_failed", {{"what", what}});
  std::abort();
}

std::string sha256(std::string_view bytes) {
  static EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  static thread_local Owned<EVP_MD_CTX> context(EVP_MD_CTX_new());
  std::string out(kSha256Size, '\0');
  if (algorithm == nullptr || EVP_DigestInit_ex2(context.get(), algorithm, nullptr) != 1 ||
      EVP_DigestUpdate(context.get(), bytes.data(), bytes.size()) != 1 ||
      EVP_DigestFinal_ex(context.get(), reinterpret_cast<unsigned char*>(out.data()), nullptr) != 1) {
    die("sha256");
  }
  return out;
}

bool equal(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace valetkey::crypto
