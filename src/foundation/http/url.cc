#include "foundation/http/url.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>

#include "foundation/base/strings.h"

namespace valetkey::http {
namespace {

constexpr size_t kMaxUrl = 16 * 1024;
constexpr size_t kMaxHost = 253;  // RFC 1035 section 2.3.4
constexpr size_t kMaxFields = 256;

Error bad(const char* detail) {
  return Error{Code::invalid_argument, detail, "url"};
}

constexpr bool is_alnum(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
constexpr bool is_unreserved(char c) {
  return is_alnum(c) || c == '-' || c == '.' || c == '_' || c == '~';
}
constexpr int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  char lower = ascii_lower(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

bool is_host_name(std::string_view host) {
  if (host.empty() || host.size() > kMaxHost) return false;
  char previous = '.';
  for (char c : host) {
    if (!is_alnum(c) && c != '-' && c != '.' && c != '_') return false;
    if (c == '.' && previous == '.') return false;  // an empty label
    previous = c;
  }
  return true;
}

bool is_ipv6(const std::string& host) {
  in6_addr address{};
  return inet_pton(AF_INET6, host.c_str(), &address) == 1;
}

// Splits "host:port" or "[v6]:port"; `port_text` is what follows the colon, nothing when there is no colon.
Result<void> split_authority(std::string_view text, Url& url, std::optional<std::string_view>& port_text) {
  if (text.starts_with('[')) {
    size_t close = text.find(']');
    if (close == std::string_view::npos) return bad("unclosed [ in host");
    url.host = to_lower(text.substr(1, close - 1));
    if (!is_ipv6(url.host)) return bad("not an IPv6 address");
    text.remove_prefix(close + 1);
    if (text.empty()) return {};
    if (text.front() != ':') return bad("characters after ]");
    port_text = text.substr(1);
    return {};
  }
  size_t colon = text.find(':');
  if (colon != std::string_view::npos) port_text = text.substr(colon + 1);
  url.host = to_lower(text.substr(0, colon));
  if (!is_host_name(url.host)) return bad("not a host name");
  return {};
}

}  // namespace

std::string Url::authority() const {
  bool v6 = host.find(':') != std::string::npos;
  std::string out = v6 ? "[" + host + "]" : host;
  if (port != (scheme == "https" ? 443 : 80)) out.append(":").append(std::to_string(port));
  return out;
}

std::string Url::origin() const {
  return scheme + "://" + authority();
}

Result<Url> parse_url(std::string_view text) {
  if (text.size() > kMaxUrl) return bad("URL too long");
  for (char c : text) {
    if (c <= ' ' || c == 127 || static_cast<unsigned char>(c) > 127 || c == '\\')
      return bad("character not allowed");
  }
  if (text.find('#') != std::string_view::npos) return bad("fragment not allowed");
  size_t colon = text.find("://");
  if (colon == std::string_view::npos) return bad("not an absolute URL");
  Url url;
  url.scheme = to_lower(text.substr(0, colon));
  if (url.scheme != "http" && url.scheme != "https") return bad("scheme is not http or https");
  text.remove_prefix(colon + 3);
  size_t target = std::min(text.find_first_of("/?"), text.size());
  std::string_view authority = text.substr(0, target);
  if (authority.find('@') != std::string_view::npos) return bad("user info not allowed");
  std::optional<std::string_view> port_text;
  VK_CHECK(split_authority(authority, url, port_text));
  url.port = url.scheme == "https" ? 443 : 80;
  if (port_text) {
    auto number = port_text->size() <= 5 ? parse_decimal(*port_text) : std::nullopt;
    if (!number || *number < 1 || *number > 65535) return bad("port is not 1 to 65535");
    url.port = static_cast<unsigned short>(*number);
  }
  text.remove_prefix(target);
  if (!text.starts_with('/')) url.target = "/";
  url.target += text;
  return url;
}

std::string join_url(std::string_view base, std::string_view path) {
  while (base.ends_with('/')) base.remove_suffix(1);
  while (path.starts_with('/')) path.remove_prefix(1);
  std::string out;
  out.reserve(base.size() + 1 + path.size());
  return out.append(base).append("/").append(path);
}

std::string percent_encode(std::string_view text) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  out.reserve(text.size());
  for (char c : text) {
    if (is_unreserved(c)) {
      out.push_back(c);
    } else {
      auto byte = static_cast<unsigned char>(c);
      out.push_back('%');
      out.push_back(kHex[byte >> 4]);
      out.push_back(kHex[byte & 15]);
    }
  }
  return out;
}

std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '%') {
      if (text.size() - i < 3) return std::nullopt;
      int high = hex_value(text[i + 1]);
      int low = hex_value(text[i + 2]);
      if (high < 0 || low < 0) return std::nullopt;
      c = static_cast<char>(high << 4 | low);
      i += 2;
    } else if (c == '+' && plus_is_space) {
      c = ' ';
    }
    out.push_back(c);
  }
  return out;
}

std::string encode_form(const Form& form) {
  std::string out;
  for (const auto& [name, value] : form) {
    if (!out.empty()) out.push_back('&');
    out.append(percent_encode(name)).append("=").append(percent_encode(value));
  }
  return out;
}

Result<Form> decode_form(std::string_view body) {
  Form form;
  while (!body.empty()) {
    size_t end = std::min(body.find('&'), body.size());
    std::string_view field = body.substr(0, end);
    body.remove_prefix(std::min(end + 1, body.size()));
    if (field.empty()) continue;
    if (form.size() == kMaxFields) return Error{Code::too_large, "more than 256 fields", "form"};
    size_t equals = std::min(field.find('='), field.size());
    auto name = percent_decode(field.substr(0, equals), true);
    auto value = percent_decode(field.substr(std::min(equals + 1, field.size())), true);
    if (!name || !value) return Error{Code::invalid_argument, "bad percent code", "form"};
    form.emplace_back(std::move(*name), std::move(*value));
  }
  return form;
}

std::string_view form_value(const Form& form, std::string_view name) {
  for (const auto& [key, value] : form) {
    if (key == name) return value;
  }
  return {};
}

}  // namespace valetkey::http
