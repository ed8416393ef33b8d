// E-mail addresses and names as people type them. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace valetkey::accounts {

// Trimmed and in lower case; nothing when it cannot be an address: at most kMaxEmail bytes, ASCII, one '@', a
// local part of at most 64 bytes (RFC 5321 section 4.5.3.1) without spaces, quotes and controls, a domain of
// labels with at least one dot (or "localhost").
std::optional<std::string> canonical_email(std::string_view typed);

// Trimmed; nothing when longer than kMaxName characters, not UTF-8, or with control characters. May be empty.
std::optional<std::string> check_name(std::string_view typed);

size_t count_characters(std::string_view utf8);  // code points

}  // namespace valetkey::accounts
