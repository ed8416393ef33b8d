// Names of the Responses dialect's stream events, and what they have in common.
#pragma once

#include <string_view>

#include "engine/dialects/translation.h"

namespace valetkey::dialects {

enum class ResponsesEvent {
  output_text_delta,
  output_text_done,
  reasoning_summary_delta,
  reasoning_summary_done,
  reasoning_text_delta,
  reasoning_text_done,
  refusal_delta,
  refusal_done,
  arguments_delta,
  arguments_done,
  custom_input_delta,
  custom_input_done,
  item_added,
  item_done,
  part_added,
  part_done,
  annotation_added,
  completed,
  incomplete,
  failed,
  error,
  created,     // the head of the answer: commits nothing
  preamble,    // in_progress, queued, metadata, rate limits, keepalive: commits nothing
  other_event  // has a name, means something to a Responses client only
};

ResponsesEvent responses_event(std::string_view type);
// The event's type: what the data says, or else the SSE event name.
std::string_view type_of(const http::SseEvent& event);

// Appends the event in SSE framing; `type` may be empty.
void append_event(std::string_view type, std::string_view data, std::string& out);

// An event for the client. `as_it_lies`: what append_event() would write, where it lies in the read; else
// empty.
struct OutgoingEvent {
  std::string_view type, data, as_it_lies = {};
};
// `type` and `data` of an upstream's event, as they go out.
OutgoingEvent unchanged(const http::SseEvent& event, std::string_view type, std::string_view data);
void write_event(const OutgoingEvent& event, AnswerBytes& out);

// Clamps nonsense: no negative counts, details never above their total.
Usage usage_from_responses(const Json& usage);
Usage usage_from_chat(const Json& usage);

}  // namespace valetkey::dialects
