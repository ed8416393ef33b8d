// POST /auth/start, GET /auth/poll/{id} (POST with {"code_verifier"} too), GET /auth/providers.
#pragma once

#include "faces/auth/auth.h"

namespace valetkey::faces {

Task<void> start_sign_in(const Auth& face, http::Exchange& exchange);
Task<void> poll_sign_in(const Auth& face, http::Exchange& exchange);
Task<void> list_providers(const Auth& face, http::Exchange& exchange);

}  // namespace valetkey::faces
