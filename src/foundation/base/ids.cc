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

std::string make_uuid(Random& random) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::array<unsigned char, 16> bytes{};
  random.fill(bytes.data(), bytes.size());
  bytes[6] = static_cast<unsigned char>((bytes[6] & 0x0f) | 0x40);
  bytes[8] = static_cast<unsigned char>((bytes[8] & 0x3f) | 0x80);
  std::string out;
  out.reserve(36);
  for (size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) out.push_back('-');
    out.push_back(kHex[bytes[i] >> 4]);
    out.push_back(kHex[bytes[i] & 15]);
  }
  return out;
}

}  // namespace valetkey
