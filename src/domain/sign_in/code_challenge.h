// RFC 7636, S256 only: binds the finished pass to whoever started the sign-in. Pure.
#pragma once

#include <string_view>

namespace valetkey {

// 43 characters of base64url, as every SHA-256 gives.
bool is_code_challenge(std::string_view challenge);
// Section 4.6; the verifier must have the form of section 4.1 (43 to 128 unreserved characters). Constant
// time.
bool proves_code_challenge(std::string_view challenge, std::string_view verifier);

}  // namespace valetkey
