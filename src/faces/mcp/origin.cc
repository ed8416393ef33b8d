#include "faces/mcp/origin.h"

#include <string>

#include "foundation/base/strings.h"
#include "foundation/http/url.h"

namespace valetkey::faces::mcp {
namespace {

// A name that no attacker can own.
bool is_loopback(const http::Url& url) {
  return url.host == "localhost" || url.host == "127.0.0.1" || url.host == "::1";
}

}  // namespace

bool origin_is_acceptable(std::string_view origin, std::string_view host, std::string_view resource) {
  if (origin.empty() || origin == "null") return true;
  auto page = http::parse_url(origin);
  if (!page.ok()) return false;
  if (is_loopback(*page)) return true;
  auto here = http::parse_url(std::string(page->scheme).append("://").append(trim(host)));
  if (!here.ok()) return false;
  if (page->origin() != here->origin()) return true;
  auto ours = http::parse_url(resource);
  // A proxy may end TLS in front of us: the name counts, not the scheme.
  return ours.ok() && ours->host == page->host;
}

}  // namespace valetkey::faces::mcp
