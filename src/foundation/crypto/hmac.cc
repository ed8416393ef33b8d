#include <openssl/core_names.h>
#include <openssl/params.h>

#include "foundation/crypto/crypto.h"
#include "foundation/crypto/native.h"

namespace valetkey::crypto {

struct HmacSha256::Native {
  Owned<EVP_MAC_CTX> context;
};

HmacSha256::HmacSha256(const Secret& key) : native_(std::make_unique<Native>()) {
  static EVP_MAC* const algorithm = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
  if (algorithm == nullptr) die("hmac fetch");
  native_->context.reset(EVP_MAC_CTX_new(algorithm));
  char digest[] = "SHA256";
  const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                                   OSSL_PARAM_construct_end()};
  // Never a null pointer: that would mean "keep the key", and an empty key is legal (RFC 5869 with no salt).
  const std::string_view bytes = key.reveal();
  const auto* data = reinterpret_cast<const unsigned char*>(bytes.empty() ? "" : bytes.data());
  if (EVP_MAC_init(native_->context.get(), data, bytes.size(), parameters) != 1) die("hmac key");
}

HmacSha256::~HmacSha256() = default;
HmacSha256::HmacSha256(HmacSha256&&) noexcept = default;

std::array<unsigned char, kSha256Size> HmacSha256::mac(std::string_view bytes) {
  std::array<unsigned char, kSha256Size> out;
  size_t size = 0;
  EVP_MAC_CTX* context = native_->context.get();
  // Re-initialised without a key the context goes back to its keyed start: no key schedule per call.
  if (EVP_MAC_init(context, nullptr, 0, nullptr) != 1 ||
      EVP_MAC_update(context, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()) != 1 ||
      EVP_MAC_final(context, out.data(), &size, out.size()) != 1) {
    die("hmac");
  }
  return out;
}

std::string hmac_sha256(const Secret& key, std::string_view bytes) {
  const auto mac = HmacSha256(key).mac(bytes);
  return {reinterpret_cast<const char*>(mac.data()), mac.size()};
}

Secret hkdf_sha256(const Secret& key, std::string_view salt, std::string_view info, size_t length) {
  if (length > 255 * kSha256Size) die("hkdf length");
  // RFC 5869 section 2.2: no salt is a salt of zeros, which HMAC's own padding makes of an empty key.
  const Secret prk(hmac_sha256(Secret(salt), key.reveal()));
  HmacSha256 expand(prk);
  std::string out;
  out.reserve(length + kSha256Size);
  std::string block;
  block.reserve(kSha256Size + info.size() + 1);
  for (unsigned char counter = 1; out.size() < length; ++counter) {
    block.append(info).push_back(static_cast<char>(counter));
    auto mac = expand.mac(block);
    out.append(reinterpret_cast<const char*>(mac.data()), mac.size());
    wipe_bytes(block.data(), block.size());
    block.assign(reinterpret_cast<const char*>(mac.data()), mac.size());
    wipe_bytes(mac.data(), mac.size());
  }
  wipe_bytes(block.data(), block.size());
  wipe_bytes(out.data() + length, out.size() - length);
  out.resize(length);
  return Secret(std::move(out));
}

}  // namespace valetkey::crypto
