// The answer as Chat Completions chunks, or as one chat.completion.
#pragma once

#include <memory>
#include <vector>

#include "engine/dialects/events.h"

namespace valetkey::dialects {

struct ChatAnswerStyle {
  bool include_usage = false;
  bool legacy_function_call = false;  // the client declared `functions`: it expects `function_call`
};

// `facts` must outlive the encoder.
std::unique_ptr<AnswerEncoder> chat_stream_encoder(StreamIdentity identity, ChatAnswerStyle style,
                                                   const AnswerFacts& facts);
std::unique_ptr<AnswerEncoder> chat_aggregator(StreamIdentity identity, ChatAnswerStyle style,
                                               const AnswerFacts& facts);

// Shared by both: the OpenAI forms of usage, finish reason and annotation.
void write_chat_usage(JsonWriter& json, const Usage& usage);
std::string_view finish_reason_word(FinishReason reason, bool legacy_function_call);
// {"type":"url_citation","url_citation":{...}} from the flat form; empty for kinds that chat does not know.
std::string chat_annotation(std::string_view responses_annotation);

}  // namespace valetkey::dialects
