// `tool_choice` as both dialects write it.
#pragma once

#include <functional>
#include <string_view>

#include "engine/dialects/neutral.h"

namespace valetkey::dialects {

// Writes the member, or nothing when the upstream is to decide as if it were not there. `write_reference`
// writes the object that names one tool.
void write_tool_choice(JsonWriter& json, const ToolChoice& choice, Dialect dialect,
                       const std::function<void(ToolKind, std::string_view)>& write_reference);

}  // namespace valetkey::dialects
