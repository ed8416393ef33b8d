// Introspection (RFC 7662): what a token is worth now, for the client that has it and for who serves the
// resource it is for.
#pragma once

#include <string>
#include <vector>

#include "domain/authorization/access_tokens.h"
#include "domain/authorization/authority.h"
#include "domain/authorization/oauth_error.h"
#include "domain/authorization/tokens.h"

namespace valetkey::authorization {

constexpr size_t kMaxIntrospectedToken = 16 * 1024;  // bytes; a longer one is not active

struct IntrospectionRules {
  std::vector<std::string> trusted_clients;  // client ids of the operator's: they may see every access token
};

// The response body. {"active":false} for whatever is over, unknown, or not this caller's to see. Refused: a
// caller that did not authenticate, no token.
Task<Result<Outcome<std::string>>> introspect(const Authority& authority, const AccessTokens& access_tokens,
                                              const IntrospectionRules& rules,
                                              apps::AuthenticatedClient caller, http::Form form);

}  // namespace valetkey::authorization
