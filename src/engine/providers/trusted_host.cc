#include "engine/providers/trusted_host.h"

#include <algorithm>

#include "foundation/base/strings.h"

namespace valetkey::providers {
namespace {

bool is_or_below(std::string_view host, std::string_view domain) {
  if (domain.empty() || !host.ends_with(domain)) return false;
  return host.size() == domain.size() || host[host.size() - domain.size() - 1] == '.';
}

// 127.0.0.0/8 in plain dotted form.
bool is_loopback_v4(std::string_view host) {
  if (!host.starts_with("127.")) return false;
  int dots = 0;
  for (char c : host) {
    if (c == '.')
      ++dots;
    else if (c < '0' || c > '9')
      return false;
  }
  return dots == 3;
}

}  // namespace

bool is_loopback_host(std::string_view host) {
  return host == "localhost" || host == "::1" || is_loopback_v4(host);
}

std::optional<http::Url> trusted_endpoint(std::string_view named, std::string_view configured,
                                          const std::vector<std::string>& trusted_hosts) {
  auto url = http::parse_url(named);
  if (!url.ok()) return std::nullopt;
  auto home = http::parse_url(configured);
  if (home.ok() && url->origin() == home->origin()) return std::move(url).value();
  if (home.ok() && is_loopback_host(home->host) && is_loopback_host(url->host)) return std::move(url).value();
  if (url->scheme != "https" || url->port != 443) return std::nullopt;
  bool trusted = std::any_of(trusted_hosts.begin(), trusted_hosts.end(),
                             [&](const std::string& host) { return is_or_below(url->host, to_lower(host)); });
  if (!trusted) return std::nullopt;
  return std::move(url).value();
}

}  // namespace valetkey::providers
