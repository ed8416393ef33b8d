// Which of the offered tools the person asks for, and with what arguments.
#pragma once

#include <string_view>
#include <vector>

#include "answers.h"
#include "schema_instance.h"

namespace valetkey::emulator {

// Quoted words and names ("Paris") of the text, and the shell command it asks for.
Hints read_hints(std::string_view user_text);

// The calls the model makes on this turn; empty: it answers in words. After tool results it calls only when
// the request forces it to.
std::vector<ToolCall> wished_calls(const Prompt& prompt, const Hints& hints);

}  // namespace valetkey::emulator
