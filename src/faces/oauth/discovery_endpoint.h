// GET /.well-known/* and /oauth/jwks: cacheable, with ETag; an unknown one is a 404 in JSON, never a page.
#pragma once

#include "faces/oauth/oauth.h"

namespace valetkey::faces {

void add_discovery_routes(http::Router& router, const Oauth& face);

}  // namespace valetkey::faces
