// The keys of a person's AI credentials on their way through codes, refresh tokens and access tokens: always
// sealed, never stored in clear.
#pragma once

#include <vector>

#include "domain/vault/credential.h"
#include "foundation/base/random.h"
#include "foundation/base/result.h"

namespace valetkey::authorization {

using AiKeys = std::vector<CredentialKey>;

Secret write_ai_keys(const AiKeys& keys);  // JSON; empty for none
Result<AiKeys> read_ai_keys(const Secret& text);

// As an access token's claim `k`: AES-256-GCM under a key of the server's secret, bound to the token's id;
// base64url. Empty for none.
std::string seal_claim(const AiKeys& keys, const Secret& seal_secret, std::string_view token_id,
                       Random& random);
Result<AiKeys> open_claim(std::string_view claim, const std::vector<Secret>& seal_secrets,
                          std::string_view token_id);

}  // namespace valetkey::authorization
