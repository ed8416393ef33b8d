// Dynamic client registration (RFC 7591) and its management (RFC 7592).
#pragma once

#include <string>

#include "domain/apps/clients.h"
#include "domain/apps/resources.h"
#include "foundation/http/router.h"

namespace valetkey::faces {

// Lives as long as the routes.
struct Registration {
  apps::Clients& clients;
  apps::Resources& resources;
  std::string issuer;
};

// POST /oauth/register and /register; GET, PUT, DELETE /oauth/client/{id}.
void add_registration_routes(http::Router& router, Registration face);

}  // namespace valetkey::faces
