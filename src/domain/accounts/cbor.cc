#include "domain/accounts/cbor.h"

#include <limits>

namespace valetkey::accounts {
namespace {

// RFC 8949 section 3.1.
constexpr unsigned kUnsigned = 0;
constexpr unsigned kNegative = 1;
constexpr unsigned kBytes = 2;
constexpr unsigned kText = 3;
constexpr unsigned kArray = 4;
constexpr unsigned kMap = 5;
constexpr unsigned kSimple = 7;
constexpr uint64_t kMaxInteger = std::numeric_limits<int64_t>::max();

Error not_cbor(const char* what) {
  return Error{Code::invalid_argument, what, "cbor"};
}

}  // namespace

CborReader::Type CborReader::next_type() const {
  if (left_.empty()) return Type::end;
  switch (static_cast<uint8_t>(left_.front()) >> 5) {
    case kUnsigned:
    case kNegative:
      return Type::integer;
    case kBytes:
      return Type::bytes;
    case kText:
      return Type::text;
    case kArray:
      return Type::array;
    case kMap:
      return Type::map;
    case kSimple:
      return Type::simple;
    default:
      return Type::other;
  }
}

Result<CborReader::Head> CborReader::head() {
  if (left_.empty()) return not_cbor("cut short");
  const auto first = static_cast<uint8_t>(left_.front());
  left_.remove_prefix(1);
  Head head{unsigned{first} >> 5, first & 31u};
  if (head.argument < 24) return head;
  if (head.argument > 27) return not_cbor("indefinite or reserved length");
  // A simple value of more than a byte is a float, or a spelling that section 3.3 forbids.
  if (head.major == kSimple) return not_cbor("a float");
  const size_t size = size_t{1} << (head.argument - 24);
  if (left_.size() < size) return not_cbor("cut short");
  head.argument = 0;
  for (size_t i = 0; i < size; ++i) head.argument = head.argument << 8 | static_cast<uint8_t>(left_[i]);
  left_.remove_prefix(size);
  return head;
}

Result<int64_t> CborReader::integer() {
  VK_TRY(Head head, this->head());
  if (head.major > kNegative || head.argument > kMaxInteger) return not_cbor("not an integer of 64 bits");
  const auto value = static_cast<int64_t>(head.argument);
  return head.major == kUnsigned ? value : -1 - value;
}

Result<std::string_view> CborReader::string(unsigned major) {
  VK_TRY(Head head, this->head());
  if (head.major != major) return not_cbor("another type");
  if (head.argument > left_.size()) return not_cbor("cut short");
  const std::string_view found = left_.substr(0, head.argument);
  left_.remove_prefix(head.argument);
  return found;
}

Result<std::string_view> CborReader::bytes() {
  return string(kBytes);
}

Result<std::string_view> CborReader::text() {
  return string(kText);
}

Result<size_t> CborReader::map() {
  VK_TRY(Head head, this->head());
  if (head.major != kMap) return not_cbor("another type");
  if (head.argument > left_.size() / 2) return not_cbor("cut short");
  return size_t{head.argument};
}

Result<void> CborReader::skip() {
  return skip(0);
}

Result<void> CborReader::skip(int depth) {
  if (depth > kMaxCborDepth) return not_cbor("nested too deep");
  VK_TRY(Head head, this->head());
  switch (head.major) {
    case kUnsigned:
    case kNegative:
    case kSimple:
      return {};
    case kBytes:
    case kText:
      if (head.argument > left_.size()) return not_cbor("cut short");
      left_.remove_prefix(head.argument);
      return {};
    case kArray:
    case kMap: {
      // Every item takes a byte, so a count beyond what is left ends the loop early.
      if (head.argument > left_.size()) return not_cbor("cut short");
      const uint64_t items = head.major == kMap ? 2 * head.argument : head.argument;
      for (uint64_t i = 0; i < items; ++i) VK_CHECK(skip(depth + 1));
      return {};
    }
    default:
      return not_cbor("a tag");
  }
}

}  // namespace valetkey::accounts
