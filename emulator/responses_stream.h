// An answer as the events of the responses dialect (upstreams 2.4), with the deviations of S6, S9 and of
// Copilot (3.6).
#pragma once

#include <string>
#include <vector>

#include "answers.h"
#include "foundation/base/clock.h"
#include "ids.h"
#include "script.h"

namespace valetkey::emulator {

struct ResponsesShape {
  bool output_in_completed = false;   // ChatGPT's backend leaves it []
  bool rotating_ids = false;          // every event names its response and item anew (Copilot)
  bool ciphertext_arguments = false;  // argument deltas are unreadable, only .done is plain (Copilot)
  bool padded_arguments = false;      // plain argument deltas with an `obfuscation` beside them
  bool no_item_added = false;
  bool arguments_in_done_only = false;
  bool interleaved_calls = false;
  bool reversed_indexes = false;  // output_index out of order
  bool two_terminals = false, events_after_terminal = false;
  bool end_turn = false;
  bool reasoning_only = false;
  enum class Usage { whole, null, null_details, absent, nonsense } usage = Usage::whole;
};
// "S6.rotating_ids" and so on, on top of what the upstream does anyway.
void bend_shape(ResponsesShape& shape, std::string_view fault_id);

struct ResponsesInput {
  const Prompt* prompt = nullptr;
  const Answer* answer = nullptr;
  Json body;  // of the request; parts of it are echoed
  std::string response_id;
  std::string account_id;  // for sealed reasoning
  int64_t created = 0;     // unix seconds
  ResponsesShape shape;
  IdSource* ids = nullptr;
};
std::vector<Event> make_responses_events(const ResponsesInput& input);
// The unary answer: the finished response object.
std::string make_response_object(const ResponsesInput& input);
// An `error` or `response.failed` in the middle of a stream (S7, S8).
Event make_failed_event(std::string_view code, std::string_view message, int64_t created);

}  // namespace valetkey::emulator
