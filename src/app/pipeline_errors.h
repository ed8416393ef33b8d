// The errors the HTTP pipeline answers by itself (no such route, too large, rate limited), in the wire form
// that the clients of each path know.
#pragma once

#include <string_view>

#include "foundation/http/message.h"

namespace valetkey {

http::Response pipeline_error(int status, std::string_view path, std::string_view message);

}  // namespace valetkey
