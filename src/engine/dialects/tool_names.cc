#include "engine/dialects/tool_names.h"

#include <cstring>

namespace valetkey::dialects {

namespace {

__extension__ using Wide = unsigned __int128;

// Both halves of the product: every bit of the input moves every bit of the outcome.
uint64_t folded_product(uint64_t a, uint64_t b) {
  Wide product = static_cast<Wide>(a) * b;
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

}  // namespace

// Eight bytes a step: a whole first message goes through here with every call.
uint64_t stable_hash(std::string_view text, uint64_t seed) {
  constexpr uint64_t kStep = 0x9fb21c651e98df25ull, kEnd = 0xd6e8feb86659fd93ull;
  uint64_t hash = folded_product(seed ^ text.size(), kEnd);
  uint64_t word = 0;
  for (; text.size() >= sizeof word; text.remove_prefix(sizeof word)) {
    std::memcpy(&word, text.data(), sizeof word);
    hash = folded_product(hash ^ word, kStep);
  }
  word = 0;
  if (!text.empty()) std::memcpy(&word, text.data(), text.size());
  return folded_product(folded_product(hash ^ word, kStep), kEnd);
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
