// GET and POST /oauth/logout (OpenID Connect RP-Initiated Logout 1.0).
#pragma once

#include "faces/oauth/oauth.h"

namespace valetkey::faces {

Task<void> log_out(const Oauth& face, http::Exchange& exchange);

}  // namespace valetkey::faces
