#include "foundation/sql/postgres/values.h"

#include <algorithm>
#include <charconv>
#include <climits>

namespace valetkey::sql::postgres {
namespace {

bool is_text(uint32_t type) {
  return type == kText || type == kVarchar || type == kBpchar || type == kName || type == kUnknown;
}

// Width of an integer type in bytes; 0 for others.
int width_of(uint32_t type) {
  switch (type) {
    case kInt8:
      return 8;
    case kInt4:
      return 4;
    case kInt2:
      return 2;
    case kBool:
      return 1;
    default:
      return 0;
  }
}

bool fits(int64_t value, uint32_t type) {
  if (type == kBool) return value == 0 || value == 1;
  if (type == kInt2) return value >= INT16_MIN && value <= INT16_MAX;
  return type != kInt4 || (value >= INT32_MIN && value <= INT32_MAX);
}

bool encode_integer(int64_t value, uint32_t type, Encoded& out) {
  out.data = out.number;
  if (is_text(type)) {  // SQLite turns a number into text where the column is text
    out.size =
        static_cast<int>(std::to_chars(out.number, out.number + sizeof out.number, value).ptr - out.number);
    return true;
  }
  out.size = width_of(type);
  if (out.size == 0 || !fits(value, type)) return false;
  auto rest = static_cast<uint64_t>(value);
  for (int i = out.size; i-- > 0; rest >>= 8) out.number[i] = static_cast<char>(rest);
  return true;
}

int64_t big_endian(std::string_view bytes) {
  uint64_t value = !bytes.empty() && (bytes[0] & 0x80) != 0 ? ~uint64_t{0} : 0;
  for (const char c : bytes) value = value << 8 | static_cast<unsigned char>(c);
  return static_cast<int64_t>(value);
}

// Base 10000: digit count, weight of the first digit, sign, display scale, digits; 16 bits each.
std::optional<int64_t> whole_number(std::string_view bytes) {
  if (bytes.size() < 8 || bytes.size() % 2 != 0) return std::nullopt;
  const auto word = [&](size_t i) { return big_endian(bytes.substr(i * 2, 2)); };
  const int64_t digits = word(0), weight = word(1), sign = word(2) & 0xffff;
  if ((sign != 0 && sign != 0x4000) || bytes.size() != static_cast<size_t>(8 + 2 * digits))
    return std::nullopt;
  int64_t value = 0;
  for (int64_t i = 0; i <= std::max(weight, digits - 1); ++i) {
    const int64_t digit = i < digits ? word(static_cast<size_t>(4 + i)) : 0;
    if (i > weight) {
      if (digit != 0) return std::nullopt;
      continue;
    }
    if (__builtin_mul_overflow(value, 10'000, &value)) return std::nullopt;
    // Downwards for a negative number, so that the smallest one is reachable.
    if (__builtin_add_overflow(value, sign == 0 ? digit : -digit, &value)) return std::nullopt;
  }
  return value;
}

}  // namespace

bool encode(const Value& value, uint32_t type, Encoded& out) {
  if (std::holds_alternative<std::monostate>(value)) return true;
  if (const auto* number = std::get_if<int64_t>(&value)) return encode_integer(*number, type, out);
  const auto* text = std::get_if<std::string>(&value);
  const std::string& bytes = text != nullptr ? *text : std::get_if<Blob>(&value)->bytes;
  if (text != nullptr ? !is_text(type) : type != kBytea) return false;
  if (bytes.size() > INT_MAX) return false;
  out.data = bytes.data();
  out.size = static_cast<int>(bytes.size());
  return true;
}

std::optional<Value> decode(uint32_t type, std::string_view bytes) {
  if (type == kBytea) return Blob{std::string(bytes)};
  if (is_text(type)) return std::string(bytes);
  if (type == kVoid) return std::monostate{};
  if (type == kNumeric) {
    const auto number = whole_number(bytes);
    if (!number) return std::nullopt;
    return *number;
  }
  const int width = width_of(type);
  if (width == 0 || bytes.size() != static_cast<size_t>(width)) return std::nullopt;
  return big_endian(bytes);
}

}  // namespace valetkey::sql::postgres
