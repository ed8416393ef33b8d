#include <array>
#include <chrono>

#include "engine/providers/retry_after.h"
#include "foundation/base/strings.h"

namespace valetkey::providers {
namespace {

struct Fields {
  std::string_view day, month, year, time;
};

constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

// Splits at any run of the separators; at most six words.
std::array<std::string_view, 6> words_of(std::string_view text, size_t& count) {
  std::array<std::string_view, 6> words;
  count = 0;
  while (!text.empty() && count < words.size()) {
    size_t first = text.find_first_not_of(" -,");
    if (first == std::string_view::npos) break;
    text.remove_prefix(first);
    size_t end = std::min(text.find_first_of(" -,"), text.size());
    words[count++] = text.substr(0, end);
    text.remove_prefix(end);
  }
  return words;
}

std::optional<Fields> fields_of(std::string_view text) {
  size_t count = 0;
  auto words = words_of(text, count);
  // Sun Nov  6 08:49:37 1994
  if (count == 5 && words[3].find(':') != std::string_view::npos) {
    return Fields{words[2], words[1], words[4], words[3]};
  }
  // Sun, 06 Nov 1994 08:49:37 GMT, and Sunday, 06-Nov-94 08:49:37 GMT
  if (count == 6 && iequals(words[5], "GMT")) return Fields{words[1], words[2], words[3], words[4]};
  return std::nullopt;
}

std::optional<int64_t> seconds_of_day(std::string_view time) {
  if (time.size() != 8 || time[2] != ':' || time[5] != ':') return std::nullopt;
  auto hours = parse_decimal(time.substr(0, 2));
  auto minutes = parse_decimal(time.substr(3, 2));
  auto seconds = parse_decimal(time.substr(6, 2));
  if (!hours || !minutes || !seconds || *hours > 23 || *minutes > 59 || *seconds > 60) return std::nullopt;
  return (*hours * 60 + *minutes) * 60 + *seconds;
}

std::optional<unsigned> month_of(std::string_view name) {
  for (unsigned i = 0; i < kMonths.size(); ++i) {
    if (iequals(kMonths[i], name)) return i + 1;
  }
  return std::nullopt;
}

}  // namespace

std::optional<Millis> parse_http_date(std::string_view text) {
  auto fields = fields_of(text);
  if (!fields) return std::nullopt;
  auto day = parse_decimal(fields->day);
  auto month = month_of(fields->month);
  auto year = parse_decimal(fields->year);
  auto time = seconds_of_day(fields->time);
  if (!day || !month || !year || !time || *year > 9999) return std::nullopt;
  if (fields->year.size() == 2) *year += *year < 70 ? 2000 : 1900;
  std::chrono::year_month_day date{std::chrono::year(static_cast<int>(*year)), std::chrono::month(*month),
                                   std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return std::nullopt;
  int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
  return days * kDay + *time * kSecond;
}

}  // namespace valetkey::providers
