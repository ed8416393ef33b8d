// The JWT of private_key_jwt (RFC 7523 section 3, OpenID Connect Core section 9). Pure; private to the
// module.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "domain/apps/client_authentication.h"
#include "foundation/base/json.h"
#include "foundation/jose/jwk.h"

namespace valetkey::apps {

// What is read before a key is known. Nothing of it is proved.
struct ClaimedAssertion {
  std::string client_id;  // iss and sub, which must be equal
  std::string key_id;
  jose::Algorithm algorithm = jose::Algorithm::ES256;
};
// Code::invalid_argument: not a JWT that could be a client's assertion.
Result<ClaimedAssertion> read_claimed_assertion(const Secret& assertion);

// What a verified one is good for.
struct ProvedAssertion {
  std::string id;    // jti
  Millis until = 0;  // when it cannot be used any more, clock skew included
};
// The claims of a verified assertion, judged at `now`. Code::unauthorized for any that does not hold.
Result<ProvedAssertion> judge_assertion(const Json& claims, const std::string& client_id,
                                        const std::vector<std::string>& audiences, Millis now);

}  // namespace valetkey::apps
