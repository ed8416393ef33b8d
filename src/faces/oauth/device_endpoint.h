// POST /oauth/device_authorization (RFC 8628 section 3.1).
#pragma once

#include "faces/oauth/oauth.h"

namespace valetkey::faces {

Task<void> authorize_device(const Oauth& face, http::Exchange& exchange);

}  // namespace valetkey::faces
