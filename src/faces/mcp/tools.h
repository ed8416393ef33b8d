// The tools of /mcp: what each is called, takes, gives and needs. The list is the same for everybody and
// always in this order.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "foundation/base/json.h"

namespace valetkey::faces::mcp {

struct Tool {
  std::string_view name;
  std::string_view title;
  std::string_view description;
  std::string_view input_schema;   // JSON Schema 2020-12
  std::string_view output_schema;  // of structuredContent; empty: none
  std::vector<std::string> scopes;
  bool anonymous = false;   // may be called without a token
  bool open_world = false;  // its answer comes from outside this server
};

const std::vector<Tool>& tools();
const Tool* find_tool(std::string_view name);  // null: no such tool

// "tools": [...]. securitySchemes stands in the tool and, for SDKs that drop members they do not know, in
// _meta.
void write_tools(JsonWriter& json);

constexpr size_t kMaxModelName = 200;      // bytes
constexpr size_t kMaxPrompt = 256 * 1024;  // bytes

}  // namespace valetkey::faces::mcp
