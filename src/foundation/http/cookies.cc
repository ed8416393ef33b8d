#include "foundation/http/cookies.h"

#include <algorithm>
#include <optional>

#include "foundation/base/strings.h"

namespace valetkey::http {
namespace {

constexpr std::string_view kHostPrefix = "__Host-";  // RFC 6265bis section 4.1.3.2

// "a=1; b=2": the value of the first pair of that name. Nothing: there is none.
std::optional<std::string_view> find_in(std::string_view cookies, std::string_view name) {
  while (!cookies.empty()) {
    size_t end = std::min(cookies.find(';'), cookies.size());
    std::string_view pair = trim(cookies.substr(0, end));
    cookies.remove_prefix(std::min(end + 1, cookies.size()));
    if (!pair.starts_with(kHostPrefix)) continue;
    pair.remove_prefix(kHostPrefix.size());
    size_t equals = pair.find('=');
    if (equals != std::string_view::npos && pair.substr(0, equals) == name) return pair.substr(equals + 1);
  }
  return std::nullopt;
}

}  // namespace

std::string_view cookie_value(const Request& request, std::string_view name) {
  if (name.starts_with(kHostPrefix)) name.remove_prefix(kHostPrefix.size());
  for (const HeaderView& field : request.headers.fields()) {
    if (!iequals(field.name, "cookie")) continue;
    if (auto found = find_in(field.value, name)) return *found;
  }
  return {};
}

std::string host_cookie(std::string_view name, std::string_view value, Millis max_age) {
  std::string out(kHostPrefix);
  out.append(name).append("=");
  if (max_age >= 0) out.append(value);
  out.append("; Path=/; Secure; HttpOnly; SameSite=Lax");
  if (max_age > 0) out.append("; Max-Age=").append(std::to_string(std::max<Millis>(max_age / kSecond, 1)));
  if (max_age < 0) out.append("; Max-Age=0");
  return out;
}

}  // namespace valetkey::http
