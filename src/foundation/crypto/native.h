// Shared by the .cc files of this folder: algorithms fetched once per process, contexts owned by unique_ptr.
#pragma once

#include <openssl/evp.h>

#include <memory>

namespace valetkey::crypto {

// OpenSSL failed on valid input: nothing sensible can follow.
[[noreturn]] void die(const char* what);

struct Free {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(EVP_PKEY_CTX* context) const { EVP_PKEY_CTX_free(context); }
};
template <class T>
using Owned = std::unique_ptr<T, Free>;

}  // namespace valetkey::crypto
