// The answer as Responses events, or as one response object, for upstreams that speak only Chat Completions.
#pragma once

#include <memory>

#include "engine/dialects/events.h"

namespace valetkey::dialects {

// `echo`: members of the response object that repeat the request (instructions, tools, ...), as JSON without
// braces, not empty. `facts` must outlive the encoder.
std::unique_ptr<AnswerEncoder> responses_encoder(StreamIdentity identity, std::string echo, bool stream,
                                                 const AnswerFacts& facts);

// The in-band error of a Responses stream. It carries the dialect's own members and a top-level "error",
// because the official SDKs raise for the latter only.
void append_responses_error(std::string& out, const Failure& failure, int64_t sequence_number);
void write_responses_usage(JsonWriter& json, const Usage& usage);
// "resp_..." and the like, made from the answer's identity.
std::string derived_id(std::string_view prefix, const StreamIdentity& identity);

}  // namespace valetkey::dialects
