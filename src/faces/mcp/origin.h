// The Origin check that the transport asks for (DNS rebinding). Pure.
#pragma once

#include <string_view>

namespace valetkey::faces::mcp {

// False for a request of a web page that the browser takes for this server's own although its name is not
// ours: the page of an attacker whose name was pointed at this machine. Requests of other origins are the
// business of CORS: they carry a token or get nothing, since no cookie counts here. An empty `origin` is no
// browser's.
bool origin_is_acceptable(std::string_view origin, std::string_view host, std::string_view resource);

}  // namespace valetkey::faces::mcp
