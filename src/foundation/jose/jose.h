// base64url (RFC 4648 section 5), and JWTs signed with HS256 by a ring of keys (RFC 7515, 7519). Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "foundation/base/json.h"
#include "foundation/base/result.h"
#include "foundation/base/secret.h"
#include "foundation/crypto/crypto.h"

namespace valetkey::jose {

constexpr size_t kMaxJwtSize = 64 * 1024;  // a longer one is refused unread

std::string base64url_encode(std::string_view bytes);  // no padding
// Takes padded or unpadded text; nothing for any other character, a wrong length, or stray bits after the
// last byte.
std::optional<std::string> base64url_decode(std::string_view text);
std::optional<std::string> base64_decode(std::string_view text);  // the standard alphabet, padded
std::string base64_encode(std::string_view bytes);

// HMAC secrets: the first signs, every one verifies. Immutable, shared between workers.
class HmacKeyRing {
 public:
  explicit HmacKeyRing(std::vector<Secret> keys);  // at least one
  // Compact JWS over `payload` (JSON text) with the protected header {"alg":"HS256"}, no typ, no kid.
  std::string sign(std::string_view payload) const;
  // The payload document when the header's alg is HS256, `crit` is absent and a key fits. Code::unauthorized
  // otherwise. exp, nbf and all other claims are the caller's to judge.
  Result<JsonDocument> verify(std::string_view jwt) const;

 private:
  std::vector<crypto::HmacSha256> keys_;
};

// The payload of a JWT whose signature is not our business (an upstream's access token). Nothing if it is no
// JWT.
std::optional<JsonDocument> read_unverified(std::string_view jwt);

}  // namespace valetkey::jose
