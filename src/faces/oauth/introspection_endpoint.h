// POST /oauth/introspect (RFC 7662).
#pragma once

#include "faces/oauth/oauth.h"

namespace valetkey::faces {

Task<void> introspect_token(const Oauth& face, http::Exchange& exchange);

}  // namespace valetkey::faces
