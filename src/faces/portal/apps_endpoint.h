// What a builder does in the portal: their apps' clients and the resources they protect.
#pragma once

#include <string>

#include "domain/apps/clients.h"
#include "domain/apps/resources.h"
#include "faces/portal/portal_call.h"
#include "foundation/http/router.h"

namespace valetkey::faces {

// Lives as long as the routes.
struct PortalApps {
  const PortalGate& gate;
  apps::Clients& clients;
  apps::Resources& resources;
  std::string issuer;
};

// /portal/api/apps and below.
void add_portal_apps_routes(http::Router& router, PortalApps face);

}  // namespace valetkey::faces
