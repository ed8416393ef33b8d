// Base32 (RFC 4648 section 6), as authenticator apps and people type it. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace valetkey::accounts {

std::string base32_encode(std::string_view bytes);  // upper case, no padding
// Either case; spaces and hyphens do not count. Nothing for any other character, padding, a length that no
// bytes give, or stray bits after the last byte.
std::optional<std::string> base32_decode(std::string_view text);

}  // namespace valetkey::accounts
