#include "foundation/crypto/held_secret.h"

#include "foundation/base/strings.h"
#include "foundation/crypto/crypto.h"

namespace valetkey::crypto {

HeldSecret::HeldSecret(const Secret& secret, std::string_view purpose)
    : hash_(lookup_hash(secret.reveal())),
      purpose_(purpose),
      key_(hkdf_sha256(secret, "", "valetkey " + purpose_, kAeadKeySize)) {}

std::string HeldSecret::seal(std::string_view plaintext, Random& random) const {
  std::string nonce = random.bytes(kAeadNonceSize);
  return nonce + aead_seal(key_, nonce, plaintext, purpose_ + ":" + hash_);
}

Result<Secret> HeldSecret::open(std::string_view sealed) const {
  if (sealed.size() < kAeadNonceSize + kAeadTagSize)
    return Error{Code::unauthorized, "too short", "held_secret"};
  return aead_open(key_, sealed.substr(0, kAeadNonceSize), sealed.substr(kAeadNonceSize),
                   purpose_ + ":" + hash_);
}

Secret make_token(Random& random) {
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string bytes = random.bytes(43);
  for (char& byte : bytes) byte = kAlphabet[static_cast<unsigned char>(byte) & 63];
  // The last character carries four bits, so that the text is canonical base64url.
  bytes.back() = kAlphabet[kAlphabet.find(bytes.back()) & 60];
  return Secret(std::move(bytes));
}

std::string lookup_hash(std::string_view secret) {
  return to_hex(sha256(secret));
}

}  // namespace valetkey::crypto
