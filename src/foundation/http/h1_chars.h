// Character classes of RFC 9110 and 9112, for the codec only.
#pragma once

#include <array>
#include <string_view>

namespace valetkey::http::h1 {

constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

constexpr bool is_token_char(unsigned char c) {
  if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z')) return true;
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return kMarks.find(static_cast<char>(c)) != std::string_view::npos;
}

constexpr std::array<bool, 256> make_token_table() {
  std::array<bool, 256> table{};
  for (size_t i = 0; i < table.size(); ++i) table[i] = is_token_char(static_cast<unsigned char>(i));
  return table;
}
inline constexpr std::array<bool, 256> kTokenChar = make_token_table();

inline bool is_token(std::string_view text) {
  bool good = !text.empty();
  for (char c : text) good &= kTokenChar[static_cast<unsigned char>(c)];
  return good;
}

// Field values: visible characters, obs-text, spaces and tabs. Written so that the compiler vectorizes it:
// no branch, and nothing wider than a byte.
inline bool is_field_value(std::string_view text) {
  bool bad = false;
  for (char raw : text) {
    auto c = static_cast<unsigned char>(raw);
    bad = bad | ((c < 0x20) & (c != '\t')) | (c == 0x7f);
  }
  return !bad;
}

// Request targets: visible ASCII only, and no fragment.
inline bool is_target(std::string_view text) {
  bool bad = false;
  for (char raw : text) {
    auto c = static_cast<unsigned char>(raw);
    bad = bad | (c <= 0x20) | (c >= 0x7f) | (c == '#');
  }
  return !bad;
}

// OWS only: the space that may surround a field value.
inline std::string_view trim_ows(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// Splits "name: value" and checks both; false when it is not a field line.
inline bool split_field(std::string_view line, std::string_view& name, std::string_view& value) {
  size_t length = 0;
  while (length < line.size() && kTokenChar[static_cast<unsigned char>(line[length])]) ++length;
  if (length == 0 || length == line.size() || line[length] != ':') return false;
  name = line.substr(0, length);
  value = trim_ows(line.substr(length + 1));
  return is_field_value(value);
}

}  // namespace valetkey::http::h1
