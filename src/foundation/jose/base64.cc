#include <array>
#include <cstdint>

#include "foundation/jose/jose.h"

namespace valetkey::jose {
namespace {

constexpr std::string_view kStandard = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kUrl = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr uint8_t kBad = 0x80;  // a bit no digit has, so the digits of a group are checked with one OR

constexpr std::array<uint8_t, 256> reversed(std::string_view alphabet) {
  std::array<uint8_t, 256> table{};
  table.fill(kBad);
  for (size_t i = 0; i < alphabet.size(); ++i) {
    table[static_cast<unsigned char>(alphabet[i])] = static_cast<uint8_t>(i);
  }
  return table;
}
constexpr auto kStandardDigits = reversed(kStandard);
constexpr auto kUrlDigits = reversed(kUrl);

std::string encode(std::string_view bytes, std::string_view alphabet, bool pad) {
  const auto at = [&](size_t i) { return static_cast<uint32_t>(static_cast<unsigned char>(bytes[i])); };
  std::string out((bytes.size() + 2) / 3 * 4, '=');
  size_t i = 0;
  char* to = out.data();
  for (; i + 3 <= bytes.size(); i += 3) {
    const uint32_t group = at(i) << 16 | at(i + 1) << 8 | at(i + 2);
    *to++ = alphabet[group >> 18];
    *to++ = alphabet[group >> 12 & 63];
    *to++ = alphabet[group >> 6 & 63];
    *to++ = alphabet[group & 63];
  }
  if (i < bytes.size()) {
    const bool two = i + 2 == bytes.size();
    const uint32_t group = at(i) << 16 | (two ? at(i + 1) << 8 : 0);
    *to++ = alphabet[group >> 18];
    *to++ = alphabet[group >> 12 & 63];
    if (two) *to++ = alphabet[group >> 6 & 63];
    if (!pad) out.resize(static_cast<size_t>(to - out.data()));
  }
  return out;
}

// `text` without its padding. Refuses bits beyond the last byte: one value has one spelling.
std::optional<std::string> decode(std::string_view text, const std::array<uint8_t, 256>& digits) {
  const auto at = [&](size_t i) {
    return static_cast<uint32_t>(digits[static_cast<unsigned char>(text[i])]);
  };
  const size_t tail = text.size() % 4;
  if (tail == 1) return std::nullopt;
  std::string out(text.size() / 4 * 3 + (tail == 0 ? 0 : tail - 1), '\0');
  char* to = out.data();
  uint32_t seen = 0;
  size_t i = 0;
  for (; i + 4 <= text.size(); i += 4) {
    const uint32_t a = at(i), b = at(i + 1), c = at(i + 2), d = at(i + 3);
    seen |= a | b | c | d;
    const uint32_t group = a << 18 | b << 12 | c << 6 | d;
    *to++ = static_cast<char>(group >> 16);
    *to++ = static_cast<char>(group >> 8);
    *to++ = static_cast<char>(group);
  }
  if (tail != 0) {
    const uint32_t a = at(i), b = at(i + 1), c = tail == 3 ? at(i + 2) : 0;
    seen |= a | b | c;
    if ((tail == 2 ? b & 15 : c & 3) != 0) return std::nullopt;
    *to++ = static_cast<char>(a << 2 | b >> 4);
    if (tail == 3) *to++ = static_cast<char>(b << 4 | c >> 2);
  }
  if ((seen & kBad) != 0) return std::nullopt;
  return out;
}

// Takes off exactly the padding that belongs there; nothing when it is misplaced.
std::optional<std::string_view> without_padding(std::string_view text) {
  const size_t end = text.find('=');
  if (end == std::string_view::npos) return text;
  const std::string_view body = text.substr(0, end);
  if (text.size() % 4 != 0 || text.size() - end > 2 || text.back() != '=') return std::nullopt;
  return body;
}

}  // namespace

std::string base64url_encode(std::string_view bytes) {
  return encode(bytes, kUrl, false);
}
std::string base64_encode(std::string_view bytes) {
  return encode(bytes, kStandard, true);
}

std::optional<std::string> base64url_decode(std::string_view text) {
  const auto body = without_padding(text);
  if (!body) return std::nullopt;
  return decode(*body, kUrlDigits);
}

std::optional<std::string> base64_decode(std::string_view text) {
  const auto body = without_padding(text);
  if (!body || text.size() % 4 != 0) return std::nullopt;
  return decode(*body, kStandardDigits);
}

}  // namespace valetkey::jose
