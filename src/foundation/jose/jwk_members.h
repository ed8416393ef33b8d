// What JWK and JWS have in common in reading: one value has one spelling, and one name one value.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "foundation/base/json.h"

namespace valetkey::jose {

// base64url without padding or stray bits (RFC 7515 section 2). Nothing for any other spelling.
std::optional<std::string> canonical_bytes(std::string_view text);
// True when an object in `value`, at any depth, has two members of one name (RFC 7515 section 4, RFC 7519
// section 4).
bool repeats_a_member(const Json& value);

}  // namespace valetkey::jose
