// CORS for every answer: any origin, no credentials. See the Fetch standard, "CORS protocol".
#pragma once

#include <string>
#include <string_view>

#include "foundation/http/message.h"

namespace valetkey::http {

// Whole header lines for any answer that is not a preflight's.
std::string_view cors_lines();
// 204. `route_methods` is what the path's routes take ("" when there is none). The requested header names are
// reflected when each is a token.
Response preflight_answer(const Request& request, std::string_view route_methods);

}  // namespace valetkey::http
