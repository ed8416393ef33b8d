#include "faces/portal/browser_cookies.h"

#include "foundation/crypto/held_secret.h"
#include "foundation/http/cookies.h"
#include "foundation/jose/jose.h"

namespace valetkey::faces {
namespace {

constexpr size_t kCookieLength = 43;  // 32 bytes as base64url

std::string_view our_cookie(const http::Request& request, const char* name) {
  std::string_view value = http::cookie_value(request, std::string("__Host-") + name);
  bool ours = value.size() == kCookieLength && jose::base64url_decode(value).has_value();
  return ours ? value : std::string_view();
}

}  // namespace

Cookies read_cookies(const http::Request& request) {
  return {std::string(our_cookie(request, kBrowserCookie)), Secret(our_cookie(request, kSessionCookie))};
}

std::string new_browser_name(Random& random) {
  return std::string(crypto::make_token(random).reveal());
}

std::string browser_cookie(const std::string& name) {
  return http::host_cookie(kBrowserCookie, name, 0);
}

}  // namespace valetkey::faces
