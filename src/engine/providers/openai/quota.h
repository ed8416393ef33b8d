// ChatGPT's usage windows, from the headers of an answer (upstreams 2.3). Pure.
#pragma once

#include <optional>

#include "foundation/base/clock.h"
#include "foundation/http/message.h"

namespace valetkey::providers::openai {

// ChatGPT counts in percent of a window, not in requests. So that a client sees how far it can go, the
// tighter of the two windows is told as requests out of 100:
//   x-ratelimit-limit-requests: 100, x-ratelimit-remaining-requests: 100 - used (rounded down),
//   x-ratelimit-reset-requests: how long until that window resets ("4h12m0s").
// Nothing is said of tokens, which have no limit of their own there.
void map_quota_headers(const http::Headers& upstream, http::HeaderList& client, Millis now);

// When a window is used up (100 %): how long until the last of them resets.
std::optional<Millis> exhausted_window_reset(const http::Headers& headers, Millis now);

}  // namespace valetkey::providers::openai
