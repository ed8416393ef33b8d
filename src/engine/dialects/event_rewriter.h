// Rewrites Responses events where they cannot pass untouched: Copilot's rotating ids, shortened tool names.
#pragma once

#include <string>
#include <vector>

#include "engine/dialects/responses_events.h"
#include "engine/dialects/tool_names.h"

namespace valetkey::dialects {

class EventRewriter {
 public:
  // `fallback_id`: for a response object that has no id.
  EventRewriter(bool pin_ids, ToolNames names, std::string fallback_id)
      : pin_ids_(pin_ids), names_(std::move(names)), fallback_id_(std::move(fallback_id)) {}

  bool needed(ResponsesEvent kind) const;
  // The whole event. `output`: JSON array to put in place of the response's own output, or empty.
  void rewrite(const Json& root, std::string_view output, std::string& out);
  // A response object alone, by the same rules.
  void rewrite_response(const Json& response, std::string_view output, JsonWriter& json);

 private:
  void write_item(const Json& item, int64_t output_index, JsonWriter& json);
  void write_output(const Json& output, JsonWriter& json);
  void write_tools(const Json& tools, JsonWriter& json) const;
  // The first id seen in this place.
  std::string_view pinned(int64_t output_index, std::string_view id);

  struct Pin {
    int64_t output_index;
    std::string id;
  };
  const bool pin_ids_;
  const ToolNames names_;
  const std::string fallback_id_;
  std::string response_id_;
  std::vector<Pin> pins_;
};

}  // namespace valetkey::dialects
