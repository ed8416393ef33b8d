// list_models and ask over the relay, with the AI credentials that the access token carries (claim `k`).
#pragma once

#include "engine/relay/relay.h"
#include "faces/mcp/mcp.h"

namespace valetkey::faces::mcp {

// Fills list_models and ask. The relay outlives the router.
void use_relay(Mcp& face, relay::Relay& relay);

// The text of a chat.completion object, or the sentence of an error envelope. Pure.
std::variant<std::string, McpToolFailure> answer_text(int status, std::string_view chat_answer);

}  // namespace valetkey::faces::mcp
