// Which redirect URIs may be registered, and which registered one a request's fits: RFC 8252 section 7,
// OAuth 2.1 section 7.12.
#include <algorithm>
#include <array>
#include <optional>
#include <string>

#include "domain/apps/client.h"
#include "domain/apps/uri_rules.h"
#include "foundation/base/strings.h"
#include "foundation/http/url.h"

namespace valetkey::apps {
namespace {

constexpr size_t kMaxRedirectUri = 2048;
constexpr std::array<std::string_view, 3> kLoopbackHosts = {"127.0.0.1", "[::1]", "localhost"};
// Schemes without a dot that well-known editors register; all others must be reverse-DNS (RFC 8252
// section 7.1).
constexpr std::array<std::string_view, 3> kEditorSchemes = {"cursor", "vscode", "vscode-insiders"};

Error wrong(const char* sentence) {
  return Error{Code::invalid_argument, sentence, "redirect_uri"};
}

struct LoopbackUri {
  std::string_view host;
  std::string_view port;  // digits; empty: none was given
  std::string_view rest;  // path and query, as they are; may be empty
};

// No leading zero, 1 to 65535.
bool is_port(std::string_view digits) {
  if (digits.empty() || digits.size() > 5 || digits.front() == '0') return false;
  auto number = parse_decimal(digits);
  return number && *number <= 65535;
}

// Nothing for what is not http to one of the three hosts, spelt exactly so.
std::optional<LoopbackUri> split_loopback(std::string_view uri) {
  constexpr std::string_view kScheme = "http://";
  if (!uri.starts_with(kScheme)) return std::nullopt;
  uri.remove_prefix(kScheme.size());
  for (std::string_view host : kLoopbackHosts) {
    if (!uri.starts_with(host)) continue;
    LoopbackUri parts{host, {}, uri.substr(host.size())};
    if (parts.rest.starts_with(':')) {
      size_t end = std::min(parts.rest.find_first_of("/?#"), parts.rest.size());
      parts.port = parts.rest.substr(1, end - 1);
      parts.rest.remove_prefix(end);
      if (!is_port(parts.port)) return std::nullopt;
    }
    if (parts.rest.empty() || parts.rest.front() == '/' || parts.rest.front() == '?') return parts;
  }
  return std::nullopt;
}

// RFC 3986 section 3.1, lower case only: one spelling of one thing. Empty: there is none.
std::string_view scheme_of(std::string_view uri) {
  size_t colon = uri.find(':');
  if (colon == std::string_view::npos || colon == 0) return {};
  std::string_view scheme = uri.substr(0, colon);
  if (scheme.front() < 'a' || scheme.front() > 'z') return {};
  for (char c : scheme) {
    bool allowed = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
    if (!allowed) return {};
  }
  return scheme;
}

bool is_reverse_dns(std::string_view scheme) {
  bool has_dot = scheme.find('.') != std::string_view::npos;
  return has_dot && scheme.back() != '.' && scheme.find("..") == std::string_view::npos;
}

Result<void> check_private_scheme(std::string_view uri, std::string_view scheme, ApplicationType type) {
  bool known = std::find(kEditorSchemes.begin(), kEditorSchemes.end(), scheme) != kEditorSchemes.end();
  if (!known && !is_reverse_dns(scheme)) {
    return wrong(
        "A redirect URI must be https, http to 127.0.0.1, [::1] or localhost, or of a private scheme in "
        "reverse-DNS form such as com.example.app:/callback.");
  }
  if (type != ApplicationType::native)
    return wrong("A private-use scheme is for application_type native only.");
  std::string_view rest = uri.substr(scheme.size() + 1);
  if (rest.find('@') < std::min(rest.find('?'), rest.size()))
    return wrong("A redirect URI must have no user info.");
  if (rest.empty() || rest.front() != '/') return wrong("A private-use redirect URI must have a path.");
  return {};
}

}  // namespace

bool is_loopback_redirect(std::string_view redirect_uri) {
  return split_loopback(redirect_uri).has_value();
}

bool redirect_uri_fits(const Client& client, std::string_view redirect_uri) {
  auto asked = split_loopback(redirect_uri);
  for (const std::string& registered : client.redirect_uris) {
    if (registered == redirect_uri) return true;
    if (!asked) continue;
    auto known = split_loopback(registered);
    if (known && known->host == asked->host && known->rest == asked->rest) return true;
  }
  return false;
}

Result<void> check_redirect_uri(std::string_view uri, ApplicationType type) {
  if (uri.empty()) return wrong("A redirect URI must not be empty.");
  if (uri.size() > kMaxRedirectUri) return wrong("A redirect URI must have at most 2048 characters.");
  if (uri.find('#') != std::string_view::npos) return wrong("A redirect URI must have no fragment.");
  if (uri.find('*') != std::string_view::npos) return wrong("A redirect URI must have no wildcard.");
  if (!has_uri_characters(uri)) {
    return wrong("A redirect URI must consist of the characters of RFC 3986.");
  }
  if (!has_honest_percent_codes(uri)) {
    return wrong(
        "A redirect URI must have no broken percent code and none for a slash or a control character.");
  }
  if (has_dot_segment(uri)) return wrong("A redirect URI must have no dot segments.");
  std::string_view scheme = scheme_of(uri);
  if (scheme.empty()) return wrong("A redirect URI must be absolute, its scheme in lower case.");
  if (scheme != "https" && scheme != "http") return check_private_scheme(uri, scheme, type);
  auto parsed = http::parse_url(uri);
  if (!parsed.ok() || !uri.substr(scheme.size()).starts_with("://")) {
    return wrong("A redirect URI must be a plain URL: a host name, no user info.");
  }
  if (scheme == "http" && !split_loopback(uri)) {
    return wrong("A redirect URI must be https; http is for 127.0.0.1, [::1] and localhost only.");
  }
  return {};
}

}  // namespace valetkey::apps
