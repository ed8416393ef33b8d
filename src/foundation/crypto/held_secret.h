// A secret that only the other side holds (a code, a refresh token, a cookie). We keep its hash to find the
// row, and what is sealed under it can be opened only when it comes back (product.md, split keys 3).
#pragma once

#include <string>
#include <string_view>

#include "foundation/base/random.h"
#include "foundation/base/result.h"
#include "foundation/base/secret.h"

namespace valetkey::crypto {

class HeldSecret {
 public:
  // `purpose`: a literal that keeps one kind of secret from opening what another kind sealed.
  HeldSecret(const Secret& secret, std::string_view purpose);
  const std::string& hash() const { return hash_; }  // hex SHA-256 of the secret: the row's key
  std::string seal(std::string_view plaintext, Random& random) const;
  Result<Secret> open(std::string_view sealed) const;  // Code::unauthorized

 private:
  std::string hash_;
  std::string purpose_;
  Secret key_;
};

// 32 random bytes in base64url, 43 characters.
Secret make_token(Random& random);
// Hex SHA-256: how a secret is looked up when nothing is sealed under it.
std::string lookup_hash(std::string_view secret);

}  // namespace valetkey::crypto
