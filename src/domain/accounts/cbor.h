// A reader of CBOR (RFC 8949) as authenticators write it (CTAP2, section "message encoding"): definite
// lengths, no tags, no floats. Copies nothing, allocates nothing, never recurses deeper than kMaxCborDepth.
// Pure.
#pragma once

#include <cstdint>
#include <string_view>

#include "foundation/base/result.h"

namespace valetkey::accounts {

constexpr int kMaxCborDepth = 8;

// Views into `bytes`, which must outlive them. Every call reads one item and is Code::invalid_argument when
// the next item is of another type, is cut short, or is none of the above. After an error the reader is of no
// use.
class CborReader {
 public:
  explicit CborReader(std::string_view bytes) : left_(bytes) {}

  enum class Type { integer, bytes, text, array, map, simple, end, other };
  Type next_type() const;

  Result<int64_t> integer();
  Result<std::string_view> bytes();
  Result<std::string_view> text();
  // How many pairs follow, one key and one value each; never more than there are bytes left.
  Result<size_t> map();
  Result<void> skip();  // one item with all it holds

  std::string_view rest() const { return left_; }

 private:
  struct Head {
    unsigned major = 0;
    uint64_t argument = 0;
  };
  Result<Head> head();
  Result<std::string_view> string(unsigned major);
  Result<void> skip(int depth);

  std::string_view left_;
};

}  // namespace valetkey::accounts
