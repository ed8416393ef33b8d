// tools/call: runs one tool for whoever may call it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "faces/mcp/access.h"
#include "faces/mcp/tools.h"
#include "foundation/base/json.h"

namespace valetkey::faces::mcp {

struct ToolResult {
  std::string text;
  std::string structured;  // a JSON object; empty: none
  bool is_error = false;
  std::vector<std::string> challenges;  // _meta["mcp/www_authenticate"]
};

ToolResult tool_failure(std::string sentence);
// What a client that reads bodies rather than headers needs to start or widen its authorization.
ToolResult tool_challenge(const Challenge& challenge, std::string sentence);

// Arguments that do not fit are a failure of the tool, not of the protocol, so that a model can mend its
// call. `token` is null for a tool that may be called without one. Everything must outlive the task.
Task<ToolResult> run_tool(const Mcp& face, http::Exchange& exchange, const Tool& tool, Json arguments,
                          const authorization::AccessToken* token);

}  // namespace valetkey::faces::mcp
