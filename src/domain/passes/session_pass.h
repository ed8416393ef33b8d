// AuthAI's session JWT, wire-compatible: HS256, claims v rid k prov [app] iat exp (spec authai.md
// section 3.1).
#pragma once

#include <string>
#include <string_view>

#include "domain/vault/credential.h"
#include "foundation/base/clock.h"
#include "foundation/base/result.h"
#include "foundation/jose/jose.h"

namespace valetkey {

constexpr int64_t kSessionSeconds = 14 * 24 * 3600;

struct SessionPass {
  CredentialKey credential;
  int64_t issued_at = 0;   // unix seconds; 0 when the claim is absent
  int64_t expires_at = 0;  // unix seconds; 0 when the claim is absent
};

std::string issue_session_pass(const jose::HmacKeyRing& ring, const CredentialKey& credential,
                               int64_t now_seconds);
// Versions 1 and 2; prov absent means openai; zero tolerance on exp and nbf. Code::unauthorized for every
// refusal.
Result<SessionPass> verify_session_pass(const jose::HmacKeyRing& ring, std::string_view jwt,
                                        int64_t now_seconds);
// "Bearer <token>" case-insensitively, at least one space; empty when the header is not that.
std::string_view bearer_token(std::string_view authorization_header);

}  // namespace valetkey
