#include "foundation/base/ids.h"

#include <array>
#include <cstdint>

namespace valetkey {

std::string make_ulid(Millis now, Random& random) {
  static constexpr char kAlphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  std::string out(26, '0');
  auto time = static_cast<uint64_t>(now);
  for (int i = 9; i >= 0; --i, time >>= 5) out[static_cast<size_t>(i)] = kAlphabet[time & 31];
  std::array<unsigned char, 16> noise{};
  random.fill(noise.data(), noise.size());
  for (size_t i = 0; i < 16; ++i) out[10 + i] = kAlphabet[noise[i] & 31];
  return out;
}

std::string spell_uuid(std::string_view bytes, unsigned version) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string out(36, '-');
  size_t at = 0;
  for (size_t i = 0; i < 16; ++i) {
    auto byte = static_cast<unsigned char>(bytes[i]);
    if (i == 6) byte = static_cast<unsigned char>((byte & 0x0f) | version << 4);
    if (i == 8) byte = static_cast<unsigned char>((byte & 0x3f) | 0x80);
    if (i == 4 || i == 6 || i == 8 || i == 10) ++at;
    out[at++] = kHex[byte >> 4];
    out[at++] = kHex[byte & 15];
  }
  return out;
}

std::string make_uuid(Random& random) {
  std::array<char, 16> bytes{};
  random.fill(bytes.data(), bytes.size());
  return spell_uuid({bytes.data(), bytes.size()}, 4);
}

}  // namespace valetkey
