// What an upstream of the chat dialect refuses in a body (upstreams 7.1). Pure.
#pragma once

#include <optional>

#include "foundation/base/json.h"
#include "refusal.h"

namespace valetkey::emulator {

struct ChatRules {
  bool refuses_max_tokens = false;          // reasoning models want max_completion_tokens
  bool refuses_stop_and_penalties = false;  // xAI's reasoning models
};
std::optional<Refusal> check_chat_request(const Json& body, const ChatRules& rules);

// Any part of any message is an image.
bool chat_has_images(const Json& body);
bool responses_has_images(const Json& body);

}  // namespace valetkey::emulator
