// Cookies (RFC 6265bis), only of the kind we set: __Host-, Secure, HttpOnly, Path=/, SameSite=Lax.
#pragma once

#include <string>
#include <string_view>

#include "foundation/base/clock.h"
#include "foundation/http/message.h"

namespace valetkey::http {

// The value of the first cookie of that name over all Cookie headers; empty when there is none. A view into
// the request. `name` with or without "__Host-": the cookie that is read always has it, because one without
// could have been set by a neighbouring host.
std::string_view cookie_value(const Request& request, std::string_view name);

// A Set-Cookie value. `name` is given without the "__Host-" that it gets. `value` must be cookie octets
// (base64url is). max_age 0: a session cookie; below 0: deletes it.
std::string host_cookie(std::string_view name, std::string_view value, Millis max_age);

}  // namespace valetkey::http
