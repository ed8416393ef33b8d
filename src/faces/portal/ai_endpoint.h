// account/ai: the AIs a person connects to their account, by the same device sign-in as /auth/*.
#pragma once

#include "faces/portal/authorization_endpoint.h"

namespace valetkey::faces {

Task<void> list_ai(const PortalGrants& face, http::Exchange& exchange);
Task<void> start_ai(const PortalGrants& face, http::Exchange& exchange);
Task<void> poll_ai(const PortalGrants& face, http::Exchange& exchange);
Task<void> end_ai(const PortalGrants& face, http::Exchange& exchange);

}  // namespace valetkey::faces
