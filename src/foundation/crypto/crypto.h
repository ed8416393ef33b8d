// Hash, MAC, key derivation, authenticated encryption, randomness: the only user of OpenSSL's libcrypto. Pure
// functions; a failure inside OpenSSL on valid input ends the process (out of memory, broken build).
#pragma once

#include <array>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "foundation/base/random.h"
#include "foundation/base/result.h"
#include "foundation/base/secret.h"

namespace valetkey::crypto {

constexpr size_t kSha256Size = 32;
constexpr size_t kAeadKeySize = 32;
constexpr size_t kAeadNonceSize = 12;
constexpr size_t kAeadTagSize = 16;

std::string sha256(std::string_view bytes);  // 32 bytes

// HMAC-SHA256 (RFC 2104) with a key set up once; mac() may be called by several threads at once.
class HmacSha256 {
 public:
  explicit HmacSha256(const Secret& key);
  ~HmacSha256();
  HmacSha256(HmacSha256&&) noexcept;
  std::array<unsigned char, kSha256Size> mac(std::string_view bytes) const;

 private:
  struct Native;
  std::unique_ptr<Native> native_;
};
std::string hmac_sha256(const Secret& key, std::string_view bytes);

// RFC 5869. `length` at most 255 * 32.
Secret hkdf_sha256(const Secret& key, std::string_view salt, std::string_view info, size_t length);

// AES-256-GCM: ciphertext with the 16-byte tag appended. The context is reused per thread.
std::string aead_seal(const Secret& key, std::string_view nonce, std::string_view plaintext,
                      std::string_view aad);
// Code::unauthorized when the tag does not fit; invalid_argument for a wrong key or nonce size or a short
// text.
Result<Secret> aead_open(const Secret& key, std::string_view nonce, std::string_view ciphertext,
                         std::string_view aad);
// The same where it lies. The plaintext takes the place of the bytes before the tag and is the caller's to
// wipe; on an error nothing of it is left.
Result<void> aead_open_in_place(const Secret& key, std::string_view nonce, std::span<char> ciphertext,
                                std::string_view aad);

// Constant time for equal lengths.
bool equal(std::string_view a, std::string_view b);

// The system's generator.
Random& system_random();

}  // namespace valetkey::crypto
