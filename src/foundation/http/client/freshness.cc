#include <ctime>

#include <algorithm>
#include <optional>

#include "foundation/base/strings.h"
#include "foundation/http/client/guarded_fetch.h"

namespace valetkey::http {
namespace {

// Seconds since 1970 of an IMF-fixdate (RFC 9110 section 5.6.7); nothing for any other form.
std::optional<int64_t> http_date(std::string_view text) {
  std::string copy(text);
  tm parts{};
  const char* end = strptime(copy.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
  if (end == nullptr || *end != '\0') return std::nullopt;
  return static_cast<int64_t>(timegm(&parts));
}

struct CacheControl {
  bool forbidden = false;
  std::optional<int64_t> max_age;
};

CacheControl read_cache_control(std::string_view text) {
  CacheControl out;
  while (!text.empty()) {
    size_t end = std::min(text.find(','), text.size());
    std::string_view directive = trim(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    size_t equals = std::min(directive.find('='), directive.size());
    std::string_view name = directive.substr(0, equals);
    if (iequals(name, "no-store") || iequals(name, "no-cache")) out.forbidden = true;
    if (!iequals(name, "max-age") || equals == directive.size()) continue;
    std::string_view value = directive.substr(equals + 1);
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"')
      value = value.substr(1, value.size() - 2);
    out.max_age = parse_decimal(value);
  }
  return out;
}

}  // namespace

Millis freshness_of(std::string_view cache_control, std::string_view age, std::string_view expires,
                    std::string_view date) {
  constexpr int64_t kLongest = 365 * 24 * 3600;
  CacheControl control = read_cache_control(cache_control);
  if (control.forbidden) return 0;
  int64_t seconds = 0;
  if (control.max_age) {
    seconds = std::min(*control.max_age, kLongest) - std::min(parse_decimal(age).value_or(0), kLongest);
  } else {
    auto until = http_date(expires);
    auto from = http_date(date);
    if (!until || !from) return 0;
    seconds = std::min(*until - *from, kLongest);
  }
  return std::max<int64_t>(seconds, 0) * kSecond;
}

}  // namespace valetkey::http
