// Short names for the outcomes of a poll, and the rules all device flows share. Pure.
#pragma once

#include <string>

#include "domain/sign_in/sign_in.h"
#include "foundation/base/json.h"

namespace valetkey::providers {

constexpr Millis kDefaultPollInterval = 5 * kSecond;
constexpr Millis kShortestPollInterval = kSecond;
constexpr Millis kLongestPollInterval = kMinute;
constexpr Millis kSlowDownStep = 5 * kSecond;  // RFC 8628 section 3.5

// Seconds as a number or a string; 5 s when absent, unreadable or not positive; kept within the limits above.
Millis poll_interval(const Json& seconds);
// Seconds of a code's life, at least a minute, at most an hour; `fallback` when absent or unreadable.
Millis code_lifetime(const Json& seconds, Millis fallback);

DevicePoll still_pending();
DevicePoll slow_down(Millis interval);
DevicePoll ask_later();
DevicePoll expired();
DevicePoll refused(std::string problem);

// Statuses that say nothing about the sign-in: 408, 429, 5xx.
bool is_transient(int status);

}  // namespace valetkey::providers
