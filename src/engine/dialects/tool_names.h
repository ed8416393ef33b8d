// Tool names longer than an upstream takes: shortened on the way in, restored on the way out.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace valetkey::dialects {

constexpr size_t kLongestToolName = 64;

// The same long name always becomes the same short one, so that earlier turns still match.
class ToolNames {
 public:
  // The name to send. Remembers it when it had to be shortened.
  std::string_view shortened(std::string_view name);
  // The client's own name for what the upstream says.
  std::string_view restored(std::string_view name) const;
  bool empty() const { return pairs_.empty(); }

 private:
  struct Pair {
    std::string shorter, longer;
  };
  std::vector<Pair> pairs_;
};

// 64-bit FNV-1a: stable over processes and versions, not for security.
uint64_t stable_hash(std::string_view text, uint64_t seed = 0xcbf29ce484222325ull);
std::string hex16(uint64_t value);

}  // namespace valetkey::dialects
