#include "foundation/crypto/key_agreement.h"

#include <openssl/err.h>

#include <optional>

#include "foundation/crypto/crypto.h"
#include "foundation/crypto/native.h"

namespace valetkey::crypto {
namespace {

constexpr char kFormat = 1;
constexpr std::string_view kPairInfo = "valetkey sealing key pair";
constexpr std::string_view kMessageInfo = "valetkey sealed message";

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

Owned<EVP_PKEY> private_half(const Secret& bytes) {
  Owned<EVP_PKEY> key(
      EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, nullptr, bytes_of(bytes.reveal()), bytes.size()));
  if (!key) die("x25519 private key");
  return key;
}

std::string public_half(EVP_PKEY* key) {
  std::string out(kSealingKeySize, '\0');
  size_t size = out.size();
  if (EVP_PKEY_get_raw_public_key(key, reinterpret_cast<unsigned char*>(out.data()), &size) != 1) {
    die("x25519 public key");
  }
  return out;
}

// RFC 7748 section 6.1. Nothing when the other side's point is of small order (the result would be zero).
std::optional<Secret> agree(EVP_PKEY* mine, std::string_view theirs) {
  Owned<EVP_PKEY> peer(
      EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, nullptr, bytes_of(theirs), theirs.size()));
  Owned<EVP_PKEY_CTX> context(EVP_PKEY_CTX_new_from_pkey(nullptr, mine, nullptr));
  if (!peer || !context || EVP_PKEY_derive_init(context.get()) != 1) die("x25519");
  std::string out(kSealingKeySize, '\0');
  size_t size = out.size();
  if (EVP_PKEY_derive_set_peer(context.get(), peer.get()) != 1 ||
      EVP_PKEY_derive(context.get(), reinterpret_cast<unsigned char*>(out.data()), &size) != 1) {
    ERR_clear_error();
    return std::nullopt;
  }
  return Secret(std::move(out));
}

// The nonce may be derived too: every message has a key of its own.
struct MessageKey {
  Secret key;
  std::string nonce;
};

MessageKey message_key(const Secret& shared, std::string_view sender, std::string_view recipient) {
  const std::string salt = std::string(sender) + std::string(recipient);
  const Secret both = hkdf_sha256(shared, salt, kMessageInfo, kAeadKeySize + kAeadNonceSize);
  return {Secret(both.reveal().substr(0, kAeadKeySize)), std::string(both.reveal().substr(kAeadKeySize))};
}

}  // namespace

SealingKeyPair derive_sealing_key(const Secret& secret) {
  SealingKeyPair pair;
  pair.private_key = hkdf_sha256(secret, "", kPairInfo, kSealingKeySize);
  pair.public_key = public_half(private_half(pair.private_key).get());
  return pair;
}

Result<std::string> seal_to(std::string_view public_key, std::string_view plaintext, std::string_view aad,
                            Random& random) {
  if (public_key.size() != kSealingKeySize) {
    return Error{Code::invalid_argument, "key is not 32 bytes", "seal_to"};
  }
  const Owned<EVP_PKEY> once = private_half(Secret(random.bytes(kSealingKeySize)));
  const auto shared = agree(once.get(), public_key);
  if (!shared) return Error{Code::invalid_argument, "key of small order", "seal_to"};
  const std::string sender = public_half(once.get());
  const MessageKey key = message_key(*shared, sender, public_key);
  return std::string(1, kFormat) + sender + aead_seal(key.key, key.nonce, plaintext, aad);
}

Result<Secret> open_sealed(const Secret& private_key, std::string_view sealed, std::string_view aad) {
  if (private_key.size() != kSealingKeySize) {
    return Error{Code::invalid_argument, "key is not 32 bytes", "open_sealed"};
  }
  if (sealed.size() < kSealedOverhead || sealed.front() != kFormat) {
    return Error{Code::unauthorized, "not a sealed message", "open_sealed"};
  }
  const std::string_view sender = sealed.substr(1, kSealingKeySize);
  const Owned<EVP_PKEY> mine = private_half(private_key);
  const auto shared = agree(mine.get(), sender);
  if (!shared) return Error{Code::unauthorized, "key of small order", "open_sealed"};
  const MessageKey key = message_key(*shared, sender, public_half(mine.get()));
  return aead_open(key.key, key.nonce, sealed.substr(1 + kSealingKeySize), aad);
}

}  // namespace valetkey::crypto
