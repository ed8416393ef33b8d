#include "foundation/crypto/crypto.h"
#include "foundation/crypto/sha256_native.h"

namespace valetkey::crypto {
namespace {

constexpr size_t kBlock = 64;  // RFC 2104's B for SHA-256
constexpr unsigned char kInnerPad = 0x36;
constexpr unsigned char kOuterPad = 0x5c;

std::string_view view_of(const std::array<unsigned char, kSha256Size>& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// The state after one block: the key, filled up with zeros, XOR the pad.
Sha256State keyed(std::string_view key, unsigned char pad) {
  std::string block(kBlock, static_cast<char>(pad));
  for (size_t i = 0; i < key.size(); ++i) block[i] = static_cast<char>(block[i] ^ key[i]);
  Sha256State state;
  state.update(block);
  wipe_bytes(block.data(), block.size());
  return state;
}

}  // namespace

struct HmacSha256::Native {
  Sha256State inner;
  Sha256State outer;
};

HmacSha256::HmacSha256(const Secret& key) {
  // RFC 2104 section 2: a key longer than a block is hashed first.
  const Secret short_key = key.size() > kBlock ? Secret(sha256(key.reveal())) : key;
  native_ = std::make_unique<Native>(
      Native{keyed(short_key.reveal(), kInnerPad), keyed(short_key.reveal(), kOuterPad)});
}

HmacSha256::~HmacSha256() = default;
HmacSha256::HmacSha256(HmacSha256&&) noexcept = default;

std::array<unsigned char, kSha256Size> HmacSha256::mac(std::string_view bytes) const {
  std::array<unsigned char, kSha256Size> out;
  Sha256State inner = native_->inner;
  inner.update(bytes);
  inner.finish(out.data());
  Sha256State outer = native_->outer;
  outer.update(view_of(out));
  outer.finish(out.data());
  return out;
}

std::string hmac_sha256(const Secret& key, std::string_view bytes) {
  return std::string(view_of(HmacSha256(key).mac(bytes)));
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
    out.append(view_of(mac));
    wipe_bytes(block.data(), block.size());
    block.assign(view_of(mac));
    wipe_bytes(mac.data(), mac.size());
  }
  wipe_bytes(block.data(), block.size());
  wipe_bytes(out.data() + length, out.size() - length);
  out.resize(length);
  return Secret(std::move(out));
}

}  // namespace valetkey::crypto
