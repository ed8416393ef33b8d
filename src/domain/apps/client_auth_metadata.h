// The part of client metadata that says how the client proves itself, and with which keys. Private to the
// module.
#pragma once

#include <optional>
#include <string_view>

#include "domain/apps/client_metadata.h"
#include "foundation/base/json.h"

namespace valetkey::apps {

std::optional<AuthMethod> parse_auth_method(std::string_view word);  // nothing for what is not ours

// Fills auth_methods, jwks and jwks_uri. Registered clients have one method, absent is `none`
// (client_secret_basic when client_credentials is asked for and may be had). A document's is the intersection
// of its choices (token_endpoint_auth_methods_supported) with what needs no shared secret, its preference
// first.
std::optional<RegistrationProblem> read_auth_methods(const Json& metadata, const MetadataRules& rules,
                                                     Client& client);

}  // namespace valetkey::apps
