#include "engine/providers/openai/quota.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <string>

#include "engine/providers/durations.h"
#include "engine/providers/retry_after.h"
#include "foundation/base/strings.h"

namespace valetkey::providers::openai {
namespace {

struct Window {
  double used_percent = 0;
  std::optional<Millis> reset;  // from now
};

std::optional<double> number_in(std::string_view text) {
  text = trim(text);
  double value = 0;
  auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || failure != std::errc() || end != text.data() + text.size() || !std::isfinite(value))
    return std::nullopt;
  return value;
}

std::optional<Window> read_window(const http::Headers& headers, const std::string& prefix, Millis now) {
  auto used = number_in(headers.get(prefix + "-used-percent"));
  if (!used) return std::nullopt;
  Window window;
  window.used_percent = std::clamp(*used, 0.0, 100.0);
  auto at = parse_decimal(trim(headers.get(prefix + "-reset-at")));
  auto after = parse_decimal(trim(headers.get(prefix + "-reset-after-seconds")));
  constexpr int64_t kMost = kLongestWait / kSecond;
  if (at)
    window.reset = std::clamp<int64_t>(*at - now / kSecond, 0, kMost) * kSecond;
  else if (after)
    window.reset = std::min(*after, kMost) * kSecond;
  return window;
}

// The limit that governs this answer: x-codex-active-limit names its header family, "codex" is the default.
std::string family_prefix(const http::Headers& headers) {
  std::string family = to_lower(trim(headers.get("x-codex-active-limit")));
  std::replace(family.begin(), family.end(), '_', '-');
  std::string prefix = "x-" + family;
  if (!family.empty() && headers.has(prefix + "-primary-used-percent")) return prefix;
  return "x-codex";
}

std::array<std::optional<Window>, 2> read_windows(const http::Headers& headers, Millis now) {
  std::string prefix = family_prefix(headers);
  return {read_window(headers, prefix + "-primary", now), read_window(headers, prefix + "-secondary", now)};
}

}  // namespace

void map_quota_headers(const http::Headers& upstream, http::HeaderList& client, Millis now) {
  std::optional<Window> tighter;
  for (const auto& window : read_windows(upstream, now)) {
    if (window && (!tighter || window->used_percent > tighter->used_percent)) tighter = window;
  }
  if (!tighter) return;
  client.set("x-ratelimit-limit-requests", "100");
  client.set("x-ratelimit-remaining-requests",
             std::to_string(static_cast<int>(std::floor(100.0 - tighter->used_percent))));
  if (tighter->reset) client.set("x-ratelimit-reset-requests", duration_text(*tighter->reset));
}

std::optional<Millis> exhausted_window_reset(const http::Headers& headers, Millis now) {
  std::optional<Millis> last;
  for (const auto& window : read_windows(headers, now)) {
    if (window && window->used_percent >= 100.0 && window->reset)
      last = std::max(last.value_or(0), *window->reset);
  }
  return last;
}

}  // namespace valetkey::providers::openai
