// What Copilot's API means by an error (upstreams 3.5). Pure.
#pragma once

#include <string_view>

#include "engine/dialects/failure.h"
#include "foundation/http/message.h"

namespace valetkey::providers::github {

Failure classify(int status, const http::Headers& headers, std::string_view body, Millis now);

}  // namespace valetkey::providers::github
