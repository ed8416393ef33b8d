// An answer in the chat dialect (upstreams 6.1, 6.2): chunks or one object, with the deviations of S11.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "answers.h"
#include "ids.h"
#include "script.h"

namespace valetkey::emulator {

struct ChatShape {
  bool usage_always = false;         // Copilot sends usage unasked
  bool reasoning_content = false;    // xAI
  bool prompt_filter_first = false;  // Copilot: an empty `choices` with prompt_filter_results comes first
  bool split_choices = false;        // Copilot's Claude: text and calls in several choices (not streamed)
  bool no_role = false, role_always = false;
  bool finish_twice = false;
  bool usage_before_finish = false, usage_on_every_chunk = false;
  bool tool_without_index = false, tool_whole = false, tool_name_split = false;
  bool empty_id = false;
  bool no_done = false;
};
void bend_shape(ChatShape& shape, std::string_view fault_id);

struct ChatInput {
  const Prompt* prompt = nullptr;
  const Answer* answer = nullptr;
  std::string id;
  int64_t created = 0;
  bool include_usage = false;  // stream_options
  ChatShape shape;
  IdSource* ids = nullptr;
};
std::vector<Event> make_chat_events(const ChatInput& input);
std::string make_chat_object(const ChatInput& input);

}  // namespace valetkey::emulator
