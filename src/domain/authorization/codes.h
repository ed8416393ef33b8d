// Authorization codes: 60 seconds, once, bound to client, redirect, challenge and (RFC 9449 section 10) DPoP
// key.
#pragma once

#include "domain/authorization/ai_keys.h"
#include "domain/authorization/authorization_request.h"
#include "domain/authorization/grants.h"

namespace valetkey::authorization {

// Stores grant and code, remembers the consent; returns the code. Runs inside the caller's transaction, which
// may run twice: `code` is made outside.
Result<void> store_code(sql::Transaction& transaction, const Authority& authority,
                        const AuthorizationRequest& request, const Grant& grant, const Secret& code,
                        const AiKeys& ai);

}  // namespace valetkey::authorization
