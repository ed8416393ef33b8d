// The JSON answers of every OAuth endpoint: never cached, errors as RFC 6749 section 5.2 spells them.
#pragma once

#include <string>
#include <string_view>

#include "foundation/base/result.h"
#include "foundation/http/message.h"

namespace valetkey::faces {

// application/json; Cache-Control: no-store; Pragma: no-cache (RFC 6749 section 5.1).
http::Response oauth_json(int status, std::string body);
// {"error", "error_description"}. What RFC 6749 does not allow in a description is left out of it; an empty
// one is not written.
http::Response oauth_error(int status, std::string_view error, std::string_view description = {});
// A rule's Error that the endpoint has no wire form of its own for: temporarily_unavailable (503; 400 for
// Code::upstream, a document host of the client's own) or invalid_request. The detail is shown for
// Code::invalid_argument and Code::upstream only. Exhaustive.
http::Response oauth_failure(const Error& error);

}  // namespace valetkey::faces
