#include "domain/accounts/base32.h"

#include <cstdint>

namespace valetkey::accounts {
namespace {

constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

int value_of(char c) {
  if (c >= 'a' && c <= 'z') return c - 'a';
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= '2' && c <= '7') return c - '2' + 26;
  return -1;
}

}  // namespace

std::string base32_encode(std::string_view bytes) {
  std::string out;
  out.reserve((bytes.size() * 8 + 4) / 5);
  uint32_t held = 0;
  int count = 0;
  for (char byte : bytes) {
    held = held << 8 | static_cast<uint8_t>(byte);
    for (count += 8; count >= 5;) out.push_back(kAlphabet[held >> (count -= 5) & 31]);
  }
  if (count > 0) out.push_back(kAlphabet[held << (5 - count) & 31]);
  return out;
}

std::optional<std::string> base32_decode(std::string_view text) {
  std::string out;
  out.reserve(text.size() * 5 / 8 + 1);
  uint32_t held = 0;
  int count = 0;
  for (char c : text) {
    if (c == ' ' || c == '-') continue;
    const int value = value_of(c);
    if (value < 0) return std::nullopt;
    held = held << 5 | static_cast<uint32_t>(value);
    count += 5;
    if (count >= 8) out.push_back(static_cast<char>(held >> (count -= 8)));
  }
  if (count >= 5 || (held & ((1u << count) - 1)) != 0) return std::nullopt;
  return out;
}

}  // namespace valetkey::accounts
