// OpenAI's token endpoint: code exchange and refresh (upstreams 1.3 to 1.5).
#pragma once

#include <string>
#include <string_view>

#include "call.h"

namespace valetkey::emulator {

Task<void> issue_openai_tokens(Call& call);
// base64url(SHA-256(verifier)), RFC 7636.
std::string challenge_of(std::string_view verifier);

}  // namespace valetkey::emulator
