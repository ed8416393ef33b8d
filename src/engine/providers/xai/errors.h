// What xAI means by an error (upstreams 4.6). Pure.
#pragma once

#include <string_view>

#include "engine/dialects/failure.h"
#include "foundation/http/message.h"

namespace valetkey::providers::xai {

Failure classify(int status, const http::Headers& headers, std::string_view body, Millis now);

}  // namespace valetkey::providers::xai
