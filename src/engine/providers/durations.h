// Durations as OpenAI's x-ratelimit-reset-* headers write them: "12ms", "1s", "6m0s", "4h0m3s". Pure.
#pragma once

#include <string>

#include "foundation/base/clock.h"
#include "foundation/http/message.h"

namespace valetkey::providers {

std::string duration_text(Millis duration);

// For upstreams that send x-ratelimit-* themselves: the six known ones, when their values are plain.
void copy_rate_headers(const http::Headers& upstream, http::HeaderList& client);

}  // namespace valetkey::providers
