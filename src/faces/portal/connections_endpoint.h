// account/connections: the apps a person said yes to.
#pragma once

#include "faces/portal/authorization_endpoint.h"

namespace valetkey::faces {

Task<void> list_connections(const PortalGrants& face, http::Exchange& exchange);
Task<void> end_connection(const PortalGrants& face, http::Exchange& exchange);

}  // namespace valetkey::faces
