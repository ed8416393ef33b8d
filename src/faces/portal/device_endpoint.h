// POST device and device/{request}: the person's side of the device flow (docs/portal-api.md).
#pragma once

#include "faces/portal/authorization_endpoint.h"

namespace valetkey::faces {

Task<void> find_device_request(const PortalGrants& face, http::Exchange& exchange);
Task<void> decide_device_request(const PortalGrants& face, http::Exchange& exchange);

}  // namespace valetkey::faces
