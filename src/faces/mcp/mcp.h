// The protected MCP server of this house: /mcp (Streamable HTTP, revisions 2025-06-18, 2025-11-25 and
// 2026-07-28) and /mcp/ping. Stateless: no session is kept between two requests, whatever the revision.
// docs/rfc-notes/mcp.md says which choices the specification leaves open and what we chose.
#pragma once

#include <functional>
#include <string>
#include <variant>
#include <vector>

#include "domain/authorization/access_tokens.h"
#include "domain/authorization/dpop.h"
#include "foundation/http/router.h"

namespace valetkey::faces {

// What the AI tools may answer instead of a result: a sentence for the model and its person.
struct McpToolFailure {
  std::string message;
};

// All functions are called on the exchange's worker; the exchange outlives their tasks. See
// faces/mcp/relay_tools.h for the two that use the relay.
struct Mcp {
  // A token that is good here: signature, issuer, lifetime, revocation and `aud` (AccessTokens::verify).
  // Code::unauthorized: the client must get another one. Anything else is answered 503.
  std::function<Task<Result<authorization::AccessToken>>(std::string token)> verify_token;
  std::function<Task<Result<authorization::DpopOutcome>>(authorization::DpopRequest)> verify_proof;
  std::function<Task<std::variant<std::vector<std::string>, McpToolFailure>>(http::Exchange&,
                                                                             authorization::AccessToken)>
      list_models;
  std::function<Task<std::variant<std::string, McpToolFailure>>(http::Exchange&, authorization::AccessToken,
                                                                std::string model, std::string prompt)>
      ask;
  std::string resource;  // the canonical URI, "https://host/mcp": what tokens are for
  // What the first challenge asks for: enough for whoami, the rest by step-up. Empty: the client takes all
  // that the metadata name.
  std::vector<std::string> scopes = {"openid", "profile", "email"};
  std::string version = "0";  // of this server, shown to clients
  // Who has no token may connect and see the tools, and is challenged at the first call that needs one. Off:
  // the first request is challenged, which is what most clients wait for.
  bool anonymous_discovery = false;
};

void add_mcp_routes(http::Router& router, const Mcp& face);

}  // namespace valetkey::faces
