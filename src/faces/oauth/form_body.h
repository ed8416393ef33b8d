// The parameters of a call to the token, introspection, revocation, device, PAR and logout endpoints.
#pragma once

#include "foundation/base/result.h"
#include "foundation/http/message.h"
#include "foundation/http/url.h"

namespace valetkey::faces {

constexpr size_t kMaxOauthBody = 64 * 1024;  // bytes; the route policy of every one of these endpoints

// application/x-www-form-urlencoded, or application/json: one object of strings (`resource` and `audience`
// may be arrays of strings, `authorization_details` JSON as it is). Query parameters are not looked at. A
// parameter without a value is as not sent (RFC 6749 section 3.2). Code::invalid_argument with a sentence
// that may be shown: another content type, a repeated parameter (but `resource` and `audience`), broken
// UTF-8, NUL.
Result<http::Form> read_form(const http::Request& request);

// The same rules for a query string.
Result<http::Form> read_query(const http::Request& request);

}  // namespace valetkey::faces
