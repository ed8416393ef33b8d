// POST /auth/revoke and GET /auth/whoami.
#pragma once

#include "faces/auth/auth.h"

namespace valetkey::faces {

Task<void> revoke_session(const Auth& face, http::Exchange& exchange);
Task<void> whoami(const Auth& face, http::Exchange& exchange);

}  // namespace valetkey::faces
