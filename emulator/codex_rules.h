// What ChatGPT's backend refuses in a body (upstreams 2.1, 7.1, 10), one complaint at a time. Pure.
#pragma once

#include <optional>
#include <string_view>

#include "foundation/base/json.h"
#include "refusal.h"

namespace valetkey::emulator {

// `account_id`: whose encrypted reasoning is taken; empty takes anybody's.
std::optional<Refusal> check_codex_request(const Json& body, std::string_view account_id);
// The unary /responses/compact.
std::optional<Refusal> check_codex_compact(const Json& body);

// Opaque reasoning that only the same account can hand back.
std::string seal_reasoning(std::string_view account_id, std::string_view unique);

// Rules shared by every responses-dialect upstream: item shapes, pairing of calls and outputs, tool names.
std::optional<Refusal> check_response_items(const Json& body);
std::optional<Refusal> check_response_tools(const Json& tools);
std::optional<Refusal> check_text_format(const Json& format);
constexpr size_t kMaxToolName = 64;

}  // namespace valetkey::emulator
