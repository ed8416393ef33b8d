// What the emulated model says: a function of the prompt alone, so that a test can predict it and a person
// finds it reasonable. docs/emulator.md lists the words it reacts to.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "prompt.h"

namespace valetkey::emulator {

struct ToolCall {
  OfferedTool::Kind kind = OfferedTool::Kind::function;
  std::string name, name_space;
  std::string arguments;  // JSON text; for a custom tool the plain input
};

struct Answer {
  std::string reasoning;  // the summary; empty = the model did not think
  std::string text;
  std::string refusal;  // instead of text
  std::vector<ToolCall> calls;
  enum class Finish { stop, length, tool_calls, content_filter } finish = Finish::stop;
  int64_t input_tokens = 0, cached_tokens = 0, output_tokens = 0, reasoning_tokens = 0;
};

Answer compose_answer(const Prompt& prompt);

// The text in pieces as a model would stream it: words with the space before them. Joined they are the text.
std::vector<std::string_view> pieces_of(std::string_view text);

// "[pace 20ms]" anywhere in the user's words: milliseconds between two events; -1 without it.
int64_t pace_in_prompt(std::string_view user_text);

}  // namespace valetkey::emulator
