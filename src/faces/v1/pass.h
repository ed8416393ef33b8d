// The pass of a /v1 request.
#pragma once

#include "faces/v1/v1.h"

namespace valetkey::faces {

// The credential key of a good pass. Every refusal looks the same (relay::pass_refused()).
Result<CredentialKey> key_of_request(const V1& face, const http::Request& request);

}  // namespace valetkey::faces
