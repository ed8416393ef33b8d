// A rule's Refusal in wire form (RFC 6749 section 5.2, RFC 9449 section 8): the one place.
#pragma once

#include "domain/authorization/oauth_error.h"
#include "foundation/http/message.h"

namespace valetkey::faces {

// 401 for invalid_client, 503 for temporarily_unavailable, 500 for server_error, else 400. A DPoP nonce goes
// along.
http::Response refuse(const authorization::Refusal& refusal);
// The same for a client that used the Authorization header: with WWW-Authenticate: Basic.
http::Response refuse_basic(const authorization::Refusal& refusal);

}  // namespace valetkey::faces
