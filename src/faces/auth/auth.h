// AuthAI's sign-in face (spec authai.md section 1): /auth/start, /auth/poll/{id}, /auth/revoke, /auth/whoami,
// /auth/providers. Errors are {"error":"..."}; every 401 has the same bytes.
#pragma once

#include "domain/passes/session_pass.h"
#include "domain/sign_in/sign_in.h"
#include "engine/providers/provider.h"
#include "foundation/http/router.h"

namespace valetkey::faces {

// All outlive the router.
struct Auth {
  SignIns& sign_ins;
  Vault& vault;
  providers::Providers& providers;
  const jose::HmacKeyRing& ring;
  const Clock& clock;
};

void add_auth_routes(http::Router& router, const Auth& face);

// {"error":"<message>"}
http::Response auth_error(int status, std::string_view message);

}  // namespace valetkey::faces
