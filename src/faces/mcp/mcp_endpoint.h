// /mcp: Streamable HTTP (one JSON answer per POST; no stream of our own, no sessions).
#pragma once

#include "faces/mcp/mcp.h"

namespace valetkey::faces::mcp {

Task<void> answer_message(const Mcp& face, http::Exchange& exchange);  // POST
// GET and DELETE: 401 without a good token, so that a client may find its way from any request; else 405.
Task<void> refuse_method(const Mcp& face, http::Exchange& exchange);
Task<void> answer_ping(const Mcp& face, http::Exchange& exchange);  // GET /mcp/ping

}  // namespace valetkey::faces::mcp
