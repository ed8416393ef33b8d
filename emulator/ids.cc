#include "ids.h"

#include <cstring>

#include "foundation/base/ids.h"
#include "foundation/base/strings.h"
#include "foundation/crypto/crypto.h"

namespace valetkey::emulator {
namespace {

// splitmix64: position in, well mixed bits out.
uint64_t mix(uint64_t position) {
  uint64_t z = position * 0x9E3779B97F4A7C15ULL + 0x5851F42D4C957F2DULL;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
  return z ^ (z >> 31);
}

}  // namespace

void IdSource::fill(void* data, size_t size) {
  if (!seeded_) return crypto::system_random().fill(data, size);
  auto* out = static_cast<char*>(data);
  while (size > 0) {
    const uint64_t word = mix(position_.fetch_add(1, std::memory_order_relaxed));
    const size_t part = size < sizeof word ? size : sizeof word;
    std::memcpy(out, &word, part);
    out += part;
    size -= part;
  }
}

std::string IdSource::make(std::string_view prefix, size_t hex_digits) {
  std::string hex = to_hex(bytes((hex_digits + 1) / 2));
  hex.resize(hex_digits);
  return std::string(prefix) + hex;
}

std::string IdSource::make_uuid() {
  return valetkey::make_uuid(*this);
}

std::string IdSource::make_user_code(size_t left, size_t right) {
  static constexpr std::string_view kLetters = "BCDFGHJKLMNPQRSTVWXZ";
  static constexpr std::string_view kMixed = "BCDFGHJKLMNPQRSTVWXZ23456789";
  const std::string random = bytes(left + right);
  std::string code;
  for (size_t i = 0; i < left; ++i) code += kLetters[static_cast<unsigned char>(random[i]) % kLetters.size()];
  code += '-';
  for (size_t i = left; i < left + right; ++i) {
    code += kMixed[static_cast<unsigned char>(random[i]) % kMixed.size()];
  }
  return code;
}

std::string uuid_of(std::string_view text) {
  std::string hex = to_hex(crypto::sha256(text)).substr(0, 32);
  hex[12] = '4';
  hex[16] = '8';
  return hex.substr(0, 8) + "-" + hex.substr(8, 4) + "-" + hex.substr(12, 4) + "-" + hex.substr(16, 4) + "-" +
         hex.substr(20);
}

}  // namespace valetkey::emulator
