// When an access token ends, from what the provider says about it. Pure.
#pragma once

#include <optional>
#include <string_view>

#include "foundation/base/clock.h"
#include "foundation/base/json.h"

namespace valetkey::providers {

constexpr Millis kAssumedTokenLife = kHour;
constexpr Millis kLongestTokenLife = 365 * kDay;

// The claim `exp` of a JWT, cut to now + kLongestTokenLife. Nothing when the token is no JWT or has no usable
// exp.
std::optional<Millis> jwt_expiry(std::string_view token, Millis now);
// now + expires_in seconds; nothing when absent, not a number or not positive.
std::optional<Millis> expiry_after(const Json& expires_in, Millis now);

}  // namespace valetkey::providers
