#include "engine/providers/durations.h"

#include <algorithm>
#include <array>

namespace valetkey::providers {

std::string duration_text(Millis duration) {
  if (duration < kSecond) return std::to_string(std::max<Millis>(duration, 0)) + "ms";
  Millis seconds = duration / kSecond;
  std::string out;
  if (seconds >= 3600) out += std::to_string(seconds / 3600) + "h";
  if (seconds >= 60) out += std::to_string(seconds / 60 % 60) + "m";
  return out + std::to_string(seconds % 60) + "s";
}

void copy_rate_headers(const http::Headers& upstream, http::HeaderList& client) {
  constexpr std::array<std::string_view, 6> kNames = {
      "x-ratelimit-limit-requests", "x-ratelimit-remaining-requests", "x-ratelimit-reset-requests",
      "x-ratelimit-limit-tokens",   "x-ratelimit-remaining-tokens",   "x-ratelimit-reset-tokens"};
  for (std::string_view name : kNames) {
    std::string_view value = upstream.get(name);
    bool plain = !value.empty() && value.size() <= 32 && std::all_of(value.begin(), value.end(), [](char c) {
      return (c >= '0' && c <= '9') || c == '.' || c == 'h' || c == 'm' || c == 's';
    });
    if (plain) client.set(name, std::string(value));
  }
}

}  // namespace valetkey::providers
