// How the token, PAR, device, introspection and revocation endpoints begin: the form, then the client's
// proof.
#pragma once

#include <optional>

#include "faces/oauth/oauth.h"

namespace valetkey::faces {

struct ClientCall {
  http::Form form;
  apps::AuthenticatedClient client;
};

// Nothing: the exchange was answered (400 for a form that is none or repeats a parameter, 401 invalid_client,
// 503).
Task<std::optional<ClientCall>> authenticate_client(const Oauth& face, http::Exchange& exchange);

// The thumbprint of the request's DPoP proof; empty when there is none. `url`: the endpoint as clients know
// it.
Task<Result<authorization::Outcome<std::string>>> proved_key(const Oauth& face, http::Exchange& exchange,
                                                             std::string url);

}  // namespace valetkey::faces
