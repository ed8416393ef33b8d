#include "domain/apps/uri_rules.h"

#include <algorithm>
#include <string>

#include "domain/apps/client.h"
#include "foundation/base/strings.h"
#include "foundation/http/url.h"

namespace valetkey::apps {
namespace {

constexpr size_t kMaxWebUri = 2048;

bool is_uri_character(char c) {
  return c > ' ' && c <= '~' && std::string_view("\"<>\\^`{|}").find(c) == std::string_view::npos;
}

}  // namespace

bool has_uri_characters(std::string_view uri) {
  return std::all_of(uri.begin(), uri.end(), is_uri_character);
}

bool has_honest_percent_codes(std::string_view uri) {
  for (size_t i = uri.find('%'); i != std::string_view::npos; i = uri.find('%', i + 1)) {
    auto decoded = http::percent_decode(uri.substr(i, 3));
    if (!decoded) return false;
    auto c = static_cast<unsigned char>(decoded->front());
    if (c < ' ' || c == 127 || c == '/' || c == '\\') return false;
  }
  return true;
}

bool has_dot_segment(std::string_view uri) {
  std::string path(uri.substr(0, uri.find('?')));
  for (size_t i = path.find("%2"); i != std::string::npos; i = path.find("%2", i + 1)) {
    if (i + 2 < path.size() && ascii_lower(path[i + 2]) == 'e') path.replace(i, 3, ".");
  }
  size_t begin = 0;
  while (begin <= path.size()) {
    size_t end = std::min(path.find('/', begin), path.size());
    std::string_view segment = std::string_view(path).substr(begin, end - begin);
    if (segment == "." || segment == "..") return true;
    begin = end + 1;
  }
  return false;
}

bool is_web_uri(std::string_view uri) {
  if (uri.size() > kMaxWebUri || !has_uri_characters(uri) || !http::parse_url(uri).ok()) return false;
  return uri.starts_with("https://") || is_loopback_redirect(uri);
}

}  // namespace valetkey::apps
