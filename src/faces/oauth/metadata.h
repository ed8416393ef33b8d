// What the server says about itself: RFC 8414, OpenID Connect Discovery, RFC 9728, JWKS. Fixed texts are
// written once, at start-up.
#pragma once

#include "faces/oauth/oauth.h"

namespace valetkey::faces {

std::string authorization_server_metadata(const Oauth& face);
std::string protected_resource_metadata(const apps::Resource& resource, const Oauth& face);
// `https://h/mcp` -> `https://h/.well-known/oauth-protected-resource/mcp` (RFC 9728 section 3.1).
std::string resource_metadata_url(const std::string& resource);

}  // namespace valetkey::faces
