// Small ASCII string helpers. No locale, no allocation unless a std::string is returned.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace valetkey {

constexpr char ascii_lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}
bool iequals(std::string_view a, std::string_view b);
std::string to_lower(std::string_view text);
std::string_view trim(std::string_view text);  // spaces, tabs, CR, LF
// Decimal digits only, the whole text, no sign. Nothing on overflow.
std::optional<int64_t> parse_decimal(std::string_view text);
// Lower-case hex. from_hex: nothing on odd length or a non-hex character.
std::string to_hex(std::string_view bytes);
std::optional<std::string> from_hex(std::string_view hex);
bool is_valid_utf8(std::string_view text);

}  // namespace valetkey
