// GET and POST /oauth/authorize (RFC 6749 section 3.1), POST /oauth/par (RFC 9126).
#pragma once

#include "faces/oauth/oauth.h"

namespace valetkey::faces {

Task<void> authorize(const Oauth& face, http::Exchange& exchange);
Task<void> push_request(const Oauth& face, http::Exchange& exchange);

}  // namespace valetkey::faces
