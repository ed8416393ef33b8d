// GET and POST /oauth/userinfo (OpenID Connect Core section 5.3): a protected resource of this server itself,
// for every access token of a person with scope openid, whatever its audience.
#pragma once

#include "faces/oauth/oauth.h"

namespace valetkey::faces {

Task<void> tell_userinfo(const Oauth& face, http::Exchange& exchange);

}  // namespace valetkey::faces
