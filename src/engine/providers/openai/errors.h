// What ChatGPT's backend means by an error (upstreams 2.5). Pure.
#pragma once

#include <string_view>

#include "engine/dialects/failure.h"
#include "foundation/http/message.h"

namespace valetkey::providers::openai {

Failure classify(int status, const http::Headers& headers, std::string_view body, Millis now);

}  // namespace valetkey::providers::openai
