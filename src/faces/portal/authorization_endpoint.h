// The portal's questions about apps: consent (GET, POST authorization/{request}), connected apps, connected
// AIs.
#pragma once

#include "domain/authorization/flow.h"
#include "domain/sign_in/sign_in.h"
#include "faces/portal/portal_call.h"
#include "foundation/http/router.h"
#include "foundation/jose/jose.h"

namespace valetkey::faces {

struct PortalGrants {
  const PortalGate& gate;
  const authorization::Authority& authority;
  authorization::AuthorizationFlow& flow;
  SignIns& sign_ins;
  const jose::HmacKeyRing& ring;
  std::vector<ProviderId> providers_enabled;
  std::function<Task<Result<std::string>>(CredentialKey)>
      plan_of;  // what the provider calls the person's plan
};

void add_portal_grant_routes(http::Router& router, PortalGrants face);

// The members of a consent question, as docs/portal-api.md has them; the caller is inside an object.
void write_question(JsonWriter& json, const authorization::Question& question);
std::optional<authorization::Decision> read_decision(const JsonDocument& body);

}  // namespace valetkey::faces
