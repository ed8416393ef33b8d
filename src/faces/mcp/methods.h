// The methods of MCP that this server has, for both eras, and who may call them.
#pragma once

#include <optional>

#include "faces/mcp/access.h"
#include "faces/mcp/revision.h"

namespace valetkey::faces::mcp {

// The answer to who may not go on: no good token, and nothing that is open to everybody. `message` is null
// when the body was none.
std::optional<http::Response> challenge_before(const Mcp& face, const Access& access,
                                               const RpcMessage* message);

// Answers the exchange. `token` is null for an anonymous caller; `message` must outlive the task.
Task<void> answer_rpc(const Mcp& face, http::Exchange& exchange, const RpcMessage& message,
                      const authorization::AccessToken* token);

}  // namespace valetkey::faces::mcp
