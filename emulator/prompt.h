// What a model call asks for, in neutral form, whatever the dialect was. Holds views into the request's
// JsonDocument.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "foundation/base/json.h"

namespace valetkey::emulator {

struct OfferedTool {
  enum class Kind { function, custom, local_shell } kind = Kind::function;
  std::string name;
  std::string name_space;  // of a namespaced tool; empty otherwise
  Json schema;             // absent: takes anything
};

struct ToolResult {
  std::string call_id, name, output;
};

enum class ToolChoice { automatic, none, required, named };
enum class OutputFormat { text, json_object, json_schema };

struct Prompt {
  std::string model;
  std::string user_text;                // of the last user message
  std::vector<size_t> images;           // decoded sizes (0: given by URL) in the last user message
  std::vector<std::string> image_urls;  // those given by URL
  std::vector<std::string> files;       // names
  std::vector<ToolResult> results;      // tool outputs after the last user message
  size_t calls_before = 0;              // tool calls the model has made since the last user message
  std::vector<OfferedTool> tools;
  ToolChoice tool_choice = ToolChoice::automatic;
  std::string chosen_tool;
  bool parallel_calls = true;
  OutputFormat format = OutputFormat::text;
  Json schema;
  std::optional<int64_t> max_tokens;
  std::vector<std::string> stops;
  bool wants_reasoning = true;
  bool wants_summary = false;
  bool wants_encrypted = false;
  bool wants_logprobs = false;
  int64_t top_logprobs = 0;
  size_t prompt_bytes = 0;
};

// The bodies have passed the rules of their upstream already.
Prompt read_responses_prompt(const Json& body);
Prompt read_chat_prompt(const Json& body);

// Size of what a data URI carries; 0 for any other URL.
size_t data_uri_bytes(std::string_view url);

}  // namespace valetkey::emulator
