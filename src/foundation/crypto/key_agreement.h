// Sealing to somebody who is not here: whoever holds a secret derives an X25519 key pair (RFC 7748) from it,
// leaves the public half, and others seal bytes to that half which only the holder opens (product.md, split
// keys 3).
#pragma once

#include <string>
#include <string_view>

#include "foundation/base/random.h"
#include "foundation/base/result.h"
#include "foundation/base/secret.h"

namespace valetkey::crypto {

constexpr size_t kSealingKeySize = 32;  // either half
constexpr size_t kSealedOverhead = 49;  // format byte, the sender's public half, tag

struct SealingKeyPair {
  std::string public_key;
  Secret private_key;
};

// The same secret gives the same pair. The secret needs 128 bits of entropy or more.
SealingKeyPair derive_sealing_key(const Secret& secret);

// A fresh key pair per call, X25519, HKDF-SHA256 over both public halves, AES-256-GCM. Code::invalid_argument
// for a public key of a wrong size or of small order.
Result<std::string> seal_to(std::string_view public_key, std::string_view plaintext, std::string_view aad,
                            Random& random);
// Code::unauthorized when it was not sealed to this key with this `aad`; Code::invalid_argument for a key of
// a wrong size.
Result<Secret> open_sealed(const Secret& private_key, std::string_view sealed, std::string_view aad);

}  // namespace valetkey::crypto
