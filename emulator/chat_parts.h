// Parts that chunks and whole chat completions share.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "answers.h"
#include "foundation/base/json.h"

namespace valetkey::emulator {

std::string_view finish_word(Answer::Finish finish);
void write_chat_usage(JsonWriter& json, const Answer& answer);
void write_logprobs(JsonWriter& json, const std::vector<std::string_view>& tokens, int64_t top);

}  // namespace valetkey::emulator
