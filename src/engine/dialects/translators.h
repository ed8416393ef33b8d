// The two kinds of AnswerTranslator: through the neutral form, and Responses to Responses with the bytes
// untouched.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/dialects/encode_chat_stream.h"
#include "engine/dialects/tool_names.h"
#include "engine/dialects/translation.h"

namespace valetkey::dialects {

// What the client's request decides about its answer. Owns everything.
struct AnswerShape {
  bool stream = false;
  StreamIdentity identity;
  ToolNames names;                 // as they were sent upstream
  ChatAnswerStyle chat;            // chat clients
  std::vector<std::string> stops;  // those that the upstream does not know
  std::string responses_echo;      // Responses clients of a chat upstream
};

std::unique_ptr<AnswerTranslator> neutral_translator(Dialect client, UpstreamKind upstream,
                                                     AnswerShape shape);
// Each event passes as it came, only tapped for usage, the end and failures. For Copilot its ids are made
// stable.
std::unique_ptr<AnswerTranslator> responses_relay(UpstreamKind upstream, AnswerShape shape);

}  // namespace valetkey::dialects
