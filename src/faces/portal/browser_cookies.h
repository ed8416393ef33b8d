// The portal's two cookies: which browser this is, and who is signed in in it.
#pragma once

#include <string>

#include "foundation/base/random.h"
#include "foundation/base/secret.h"
#include "foundation/http/message.h"

namespace valetkey::faces {

constexpr const char* kBrowserCookie =
    "valetkey_browser";  // with __Host- in front, as http/cookies.h sets it
constexpr const char* kSessionCookie = "valetkey_session";

// What is not of our making counts as none: both values have one length and one alphabet.
struct Cookies {
  std::string browser;  // empty: none
  Secret session;       // empty: none
};
Cookies read_cookies(const http::Request& request);

std::string new_browser_name(Random& random);
std::string browser_cookie(const std::string& name);  // a Set-Cookie value

}  // namespace valetkey::faces
