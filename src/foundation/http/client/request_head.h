// The head of a request as bytes.
#pragma once

#include <string>

#include "foundation/base/result.h"
#include "foundation/http/client/client.h"

namespace valetkey::http {

// Writes Host, Content-Length and (when missing) Accept-Encoding: identity; what the caller gave of Host and
// of the framing and connection fields is left out. Code::invalid_argument for anything that could end a line
// early.
Result<std::string> request_head(const ClientRequest& request);

}  // namespace valetkey::http
