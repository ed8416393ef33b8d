#include "engine/dialects/tool_names.h"

namespace valetkey::dialects {

uint64_t stable_hash(std::string_view text, uint64_t seed) {
  uint64_t hash = seed;
  for (char c : text) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 0x100000001b3ull;
  }
  return hash;
}

std::string hex16(uint64_t value) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out(16, '0');
  for (size_t i = 16; i-- > 0; value >>= 4) out[i] = kDigits[value & 15];
  return out;
}

std::string_view ToolNames::shortened(std::string_view name) {
  if (name.size() <= kLongestToolName) return name;
  for (const Pair& pair : pairs_) {
    if (pair.longer == name) return pair.shorter;
  }
  size_t kept = kLongestToolName - 17;
  while (kept > 0 && (static_cast<unsigned char>(name[kept]) & 0xC0) == 0x80) --kept;
  std::string shorter(name.substr(0, kept));
  shorter.append("_").append(hex16(stable_hash(name)));
  pairs_.reserve(pairs_.empty() ? 8 : pairs_.size() + 1);
  pairs_.push_back({std::move(shorter), std::string(name)});
  return pairs_.back().shorter;
}

std::string_view ToolNames::restored(std::string_view name) const {
  for (const Pair& pair : pairs_) {
    if (pair.shorter == name) return pair.longer;
  }
  return name;
}

}  // namespace valetkey::dialects
