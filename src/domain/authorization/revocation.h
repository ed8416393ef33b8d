// Revocation (RFC 7009): a client gives a token back.
#pragma once

#include "domain/authorization/access_tokens.h"
#include "domain/authorization/authority.h"
#include "domain/authorization/oauth_error.h"
#include "domain/authorization/tokens.h"

namespace valetkey::authorization {

// A refresh token, spent or not, ends its grant and all that came of it; an access token ends alone. What is
// unknown, over, or another client's changes nothing and is no error (section 2.2). Refused: no token.
Task<Result<Outcome<Unit>>> revoke_token(const Authority& authority, const AccessTokens& access_tokens,
                                         apps::AuthenticatedClient client, http::Form form);

}  // namespace valetkey::authorization
