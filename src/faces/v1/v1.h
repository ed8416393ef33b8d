// The OpenAI-compatible face: /v1/chat/completions, /v1/responses, /v1/models, /v1/models/{id}; everything
// else under /v1 is the unsupported_endpoint error. The pass is judged first, then the body.
#pragma once

#include "domain/passes/session_pass.h"
#include "engine/relay/relay.h"
#include "foundation/http/router.h"

namespace valetkey::faces {

// All outlive the router.
struct V1 {
  relay::Relay& relay;
  const jose::HmacKeyRing& ring;
  const Clock& clock;
  size_t max_body = 32u << 20;  // bytes
};

void add_v1_routes(http::Router& router, const V1& face);

}  // namespace valetkey::faces
