// What a Responses decoder remembers of each output item.
#pragma once

#include <cstdint>
#include <string>

namespace valetkey::dialects {

constexpr int64_t kHighestIndex = 1 << 20;

// Which of the first 64 parts of an item were seen; later parts share the last bit.
class PartSet {
 public:
  bool has(int64_t index) const { return (bits_ & bit(index)) != 0; }
  void add(int64_t index) { bits_ |= bit(index); }
  bool any() const { return bits_ != 0; }

 private:
  static uint64_t bit(int64_t index) { return uint64_t{1} << (index < 0 ? 0 : index > 63 ? 63 : index); }
  uint64_t bits_ = 0;
};

struct StreamItem {
  int64_t index = 0;
  bool is_message = false, is_reasoning = false;
  PartSet text, refusal, summary, raw_reasoning;
  bool annotated = false;
  // A tool call:
  bool announced = false;      // its name reached the client
  bool has_arguments = false;  // its arguments did
  bool ciphertext = false;     // its deltas cannot be used
  size_t tool = 0;
  std::string call_id;
  std::string early_arguments;  // escaped; deltas kept back
};

}  // namespace valetkey::dialects
