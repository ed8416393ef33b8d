// Signature keys: ECDSA over P-256 with SHA-256, RSASSA-PKCS1-v1_5 with SHA-256, Ed25519. Immutable, cheap to
// copy, any number of threads may sign and verify with one at once. A default-constructed key is good for
// nothing.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "foundation/base/result.h"
#include "foundation/base/secret.h"

namespace valetkey::crypto {

enum class KeyKind { p256, rsa, ed25519 };

constexpr int kMinRsaBits = 2048;
constexpr int kMaxRsaBits = 8192;

// Big-endian, as JOSE writes them. P-256: x and y, 32 bytes each. Ed25519: x, 32 bytes. RSA: n and e without
// leading zeros.
struct PublicParts {
  std::string x, y;
  std::string n, e;
};

class PublicKey {
 public:
  // Code::invalid_argument: a wrong size, a point off its curve or of small order, an RSA modulus out of
  // bounds or even, an exponent below 3, even or longer than 8 bytes.
  static Result<PublicKey> from_parts(KeyKind kind, const PublicParts& parts);
  KeyKind kind() const;
  const PublicParts& parts() const;
  // P-256: r || s, 64 bytes, both from 1 to the order less one. False for anything that is not genuine.
  bool verify(std::string_view message, std::string_view signature) const;

 private:
  friend struct KeyMaker;
  struct Native;
  std::shared_ptr<const Native> native_;
};

class PrivateKey {
 public:
  static PrivateKey generate(KeyKind kind);  // RSA: 2048 bits, about 0.1 s
  // One PKCS #8 PrivateKeyInfo, not encrypted, DER or PEM. Code::invalid_argument: not that, another curve or
  // algorithm, bounds as above, or halves that do not belong together.
  static Result<PrivateKey> from_pkcs8(const Secret& text);
  Secret pkcs8() const;  // DER
  KeyKind kind() const { return public_key_.kind(); }
  const PublicKey& public_key() const { return public_key_; }
  std::string sign(std::string_view message) const;

 private:
  friend struct KeyMaker;
  struct Native;
  std::shared_ptr<const Native> native_;
  PublicKey public_key_;
};

}  // namespace valetkey::crypto
