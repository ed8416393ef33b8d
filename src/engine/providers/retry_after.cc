#include "engine/providers/retry_after.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string>

#include "foundation/base/strings.h"

namespace valetkey::providers {
namespace {

// A plain decimal such as "12", "1.5" or "1e9" at the front of `text`, which is advanced. No infinity, no
// NaN.
std::optional<double> take_number(std::string_view& text) {
  if (text.empty() || !((text[0] >= '0' && text[0] <= '9') || text[0] == '-' || text[0] == '.'))
    return std::nullopt;
  double value = 0;
  auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failure == std::errc::result_out_of_range)
    value = text[0] == '-' ? -1e300 : 1e300;
  else if (failure != std::errc())
    return std::nullopt;
  text.remove_prefix(static_cast<size_t>(end - text.data()));
  if (!std::isfinite(value)) return std::nullopt;
  return value;
}

std::optional<Millis> bounded(double millis) {
  if (millis < 0) return std::nullopt;
  return static_cast<Millis>(std::ceil(std::min(millis, static_cast<double>(kLongestWait))));
}

std::optional<Millis> read_whole_number(std::string_view text, double unit) {
  auto value = take_number(text);
  if (!value || !text.empty()) return std::nullopt;
  return bounded(*value * unit);
}

// The word after a number, as milliseconds; 0 when it is no unit of time.
double unit_of(std::string_view word) {
  if (word == "ms" || word.starts_with("milli")) return 1;
  if (word == "s" || word.starts_with("sec")) return 1000;
  if (word == "m" || word.starts_with("min")) return 60'000;
  if (word == "h" || word.starts_with("hour")) return 3'600'000;
  if (word == "d" || word.starts_with("day")) return 86'400'000;
  return 0;
}

void skip_spaces(std::string_view& text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
}

}  // namespace

std::optional<Millis> read_retry_after(const http::Headers& headers, Millis now) {
  if (auto millis = read_whole_number(trim(headers.get("retry-after-ms")), 1)) return millis;
  std::string_view text = trim(headers.get("retry-after"));
  if (auto seconds = read_whole_number(text, 1000)) return seconds;
  auto date = parse_http_date(text);
  if (!date || *date <= now) return std::nullopt;
  return std::min(*date - now, kLongestWait);
}

std::optional<Millis> read_try_again(std::string_view message) {
  std::string lower = to_lower(message);
  constexpr std::string_view kMark = "try again in ";
  size_t at = lower.find(kMark);
  if (at == std::string::npos) return std::nullopt;
  std::string_view rest = std::string_view(lower).substr(at + kMark.size());
  double total = 0;
  bool found = false;
  for (;;) {
    skip_spaces(rest);
    auto amount = take_number(rest);
    if (!amount || *amount < 0) break;
    skip_spaces(rest);
    size_t letters = 0;
    while (letters < rest.size() && rest[letters] >= 'a' && rest[letters] <= 'z') ++letters;
    double unit = unit_of(rest.substr(0, letters));
    if (unit == 0) break;
    rest.remove_prefix(letters);
    total += *amount * unit;
    found = true;
  }
  if (!found) return std::nullopt;
  return bounded(total);
}

}  // namespace valetkey::providers
