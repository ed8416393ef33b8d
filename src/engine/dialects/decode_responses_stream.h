// Reads the event stream of a Responses upstream into neutral events.
#pragma once

#include <memory>

#include "engine/dialects/events.h"
#include "engine/dialects/tool_names.h"

namespace valetkey::dialects {

struct ResponsesStreamOptions {
  // Copilot: argument deltas may be ciphertext; only `.done` and the finished item are to be believed.
  bool arguments_from_done = false;
};

// `facts` must outlive the decoder.
std::unique_ptr<StreamDecoder> responses_stream_decoder(ResponsesStreamOptions options, ToolNames names,
                                                        AnswerFacts& facts);

}  // namespace valetkey::dialects
