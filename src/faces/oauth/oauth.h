// The authorization server's endpoints: discovery, /oauth/*, and the root aliases of MCP revision 2025-03-26.
#pragma once

#include <string>
#include <vector>

#include "domain/accounts/browser_sessions.h"
#include "domain/apps/client_authentication.h"
#include "domain/authorization/access_tokens.h"
#include "domain/authorization/dpop.h"
#include "domain/authorization/flow.h"
#include "domain/authorization/introspection.h"
#include "foundation/http/router.h"

namespace valetkey::faces {

// Owned by the house, which outlives the routes.
struct Oauth {
  const authorization::Authority& authority;
  authorization::AuthorizationFlow& flow;
  authorization::AccessTokens& tokens;
  authorization::DpopVerifier& dpop;
  apps::ClientAuthentication& clients;
  accounts::BrowserSessions& sessions;
  std::string documentation_uri;  // service_documentation; empty: none
  std::string apps_challenge;     // text of /.well-known/openai-apps-challenge; empty: 404
  authorization::IntrospectionRules introspection;
};

void add_oauth_routes(http::Router& router, const Oauth& face);

}  // namespace valetkey::faces
