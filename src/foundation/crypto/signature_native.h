// What signature.cc (using keys) and signature_keys.cc (making, reading and writing them) share.
#pragma once

#include <optional>

#include "foundation/crypto/native.h"
#include "foundation/crypto/signature.h"

namespace valetkey::crypto {

// A context set up once and copied for each use: a copy costs a tenth of a new one and is safe from any
// thread. P-256 and RSA work on the hash, Ed25519 on the message.
struct PreparedKey {
  Owned<EVP_PKEY> key;
  Owned<EVP_PKEY_CTX> on_hash;
  Owned<EVP_MD_CTX> on_message;
};

struct PublicKey::Native {
  KeyKind kind;
  PublicParts parts;
  PreparedKey verifying;
};

struct PrivateKey::Native {
  PreparedKey signing;
};

// Puts a native key into its wrapper. Null: the public half is out of bounds or of no known kind.
struct KeyMaker {
  static std::optional<PublicKey> public_key(Owned<EVP_PKEY> key, KeyKind kind, PublicParts parts);
  static std::optional<PrivateKey> private_key(Owned<EVP_PKEY> key);
};

enum class Use { sign, verify };
PreparedKey prepare(Owned<EVP_PKEY> key, KeyKind kind, Use use);
// Nothing when OpenSSL refuses, as it does for numbers that make no key.
std::optional<std::string> sign_with(const PreparedKey& prepared, KeyKind kind, std::string_view message);

}  // namespace valetkey::crypto
