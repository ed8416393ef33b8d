// How long an upstream asks to wait, in every form seen: Retry-After in seconds, as a float or as an HTTP
// date, retry-after-ms, and "try again in 28ms" inside a message. Pure.
#pragma once

#include <optional>
#include <string_view>

#include "foundation/base/clock.h"
#include "foundation/http/message.h"

namespace valetkey::providers {

// Weeks are real (Copilot's 402); whatever is longer than this is cut to it.
constexpr Millis kLongestWait = 60 * kDay;

// retry-after-ms before Retry-After. Nothing when absent, unreadable, negative or a date that has passed.
std::optional<Millis> read_retry_after(const http::Headers& headers, Millis now);

// "... try again in 11.054s", "28ms", "35 seconds", "1m30s". Nothing when the text names no duration.
std::optional<Millis> read_try_again(std::string_view message);

// RFC 9110 section 5.6.7, all three forms, as milliseconds since the epoch. Nothing for anything else.
std::optional<Millis> parse_http_date(std::string_view text);

}  // namespace valetkey::providers
