// POST /oauth/revoke (RFC 7009).
#pragma once

#include "faces/oauth/oauth.h"

namespace valetkey::faces {

Task<void> revoke(const Oauth& face, http::Exchange& exchange);

}  // namespace valetkey::faces
