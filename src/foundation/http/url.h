// Absolute http(s) URLs, percent coding, forms and query strings.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "foundation/base/result.h"

namespace valetkey::http {

struct Url {
  std::string scheme;       // "http" or "https"
  std::string host;         // lower case, no brackets
  unsigned short port = 0;  // the scheme's default when not given
  std::string target;       // path and query, at least "/"
  std::string authority()
      const;                   // for the Host header: host[:port], brackets for IPv6, default port left out
  std::string origin() const;  // scheme://authority
};

// Code::invalid_argument for anything but an absolute http(s) URL without user info or fragment.
Result<Url> parse_url(std::string_view text);
// base + path, exactly one slash between them: ("https://h/v1/", "/models") -> "https://h/v1/models".
std::string join_url(std::string_view base, std::string_view path);

std::string percent_encode(std::string_view text);  // everything but RFC 3986 unreserved
std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space = false);

using Form = std::vector<std::pair<std::string, std::string>>;
std::string encode_form(const Form& form);
Result<Form> decode_form(std::string_view body);  // also a query string; at most 256 fields
std::string_view form_value(const Form& form, std::string_view name);  // first; empty when absent

}  // namespace valetkey::http
