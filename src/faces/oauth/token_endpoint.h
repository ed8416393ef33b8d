// POST /oauth/token (RFC 6749 section 3.2).
#pragma once

#include "faces/oauth/oauth.h"

namespace valetkey::faces {

Task<void> answer_token(const Oauth& face, http::Exchange& exchange);

// grant_type of every grant that is served, in the order the metadata lists them.
const std::vector<std::string>& served_grant_types();

}  // namespace valetkey::faces
