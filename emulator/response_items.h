// The output items of a response and the response object itself, as JSON.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "foundation/base/json.h"
#include "responses_stream.h"

namespace valetkey::emulator {

struct Item {
  enum class Kind { reasoning, message, call } kind = Kind::message;
  std::string id;
  int64_t output_index = 0;
  const ToolCall* call = nullptr;
  std::string call_id;
  std::string sealed;  // encrypted reasoning
};

std::vector<Item> make_items(const ResponsesInput& input);
void write_item(JsonWriter& json, const ResponsesInput& input, const Item& item, std::string_view id,
                bool done);
void write_content_part(JsonWriter& json, bool refusal, std::string_view text);
// "completed" or "incomplete".
std::string_view terminal_status(const ResponsesInput& input);
void write_response(JsonWriter& json, const ResponsesInput& input, const std::vector<Item>& items,
                    std::string_view status, std::string_view id);

}  // namespace valetkey::emulator
