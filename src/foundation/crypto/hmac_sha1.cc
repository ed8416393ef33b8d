#include "foundation/crypto/hmac_sha1.h"

#include <openssl/evp.h>

#include "foundation/crypto/native.h"

namespace valetkey::crypto {

std::string hmac_sha1(const Secret& key, std::string_view bytes) {
  const std::string_view secret = key.reveal();
  std::string out(kSha1Size, '\0');
  size_t size = 0;
  // Never a null pointer for an empty key or text.
  const auto* text = reinterpret_cast<const unsigned char*>(bytes.empty() ? "" : bytes.data());
  if (EVP_Q_mac(nullptr, "HMAC", nullptr, "SHA1", nullptr, secret.empty() ? "" : secret.data(), secret.size(),
                text, bytes.size(), reinterpret_cast<unsigned char*>(out.data()), out.size(),
                &size) == nullptr ||
      size != kSha1Size) {
    die("hmac sha1");
  }
  return out;
}

}  // namespace valetkey::crypto
