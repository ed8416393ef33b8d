// A request in neutral form. Strings and Json are views into the client's body, which must outlive it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/dialects/events.h"
#include "foundation/base/json.h"

namespace valetkey::dialects {

enum class Role { system, developer, user, assistant };

struct Part {
  enum class Kind { text, image, file, audio, refusal };
  Kind kind = Kind::text;
  std::string_view text;  // text and refusal
  std::string_view url;   // image, or file by URL
  std::string_view detail;
  std::string_view file_id, file_data, filename;
  Json source;  // as the client wrote it
};

// A conversation is a flat list: an assistant's text and each of its calls are items of their own.
struct Item {
  enum class Kind { message, call, result };
  Kind kind = Kind::message;
  Role role = Role::user;              // message
  std::vector<Part> parts;             // message, result
  ToolKind tool = ToolKind::function;  // call, result
  std::string call_id;                 // call, result
  std::string_view name, arguments;    // call
  std::string param;                   // where it stood, e.g. "messages[2]"
};

struct Tool {
  enum class Kind { function, custom, hosted };
  Kind kind = Kind::function;
  std::string_view name, description;
  Json parameters;             // function
  std::optional<bool> strict;  // function
  Json format;                 // custom, as the client wrote it
  std::string_view type;       // hosted
  std::string param;
};

struct ToolChoice {
  enum class Kind { unset, none, automatic, required, named, allowed, hosted };
  Kind kind = Kind::unset;
  ToolKind tool = ToolKind::function;  // named
  std::string_view name;               // named
  std::string_view mode;               // allowed: "auto" or "required"
  std::vector<std::pair<ToolKind, std::string_view>> allowed;
};

struct OutputFormat {
  enum class Kind { unset, text, json_object, json_schema };
  Kind kind = Kind::unset;
  std::string_view name, description;
  Json schema;
  std::optional<bool> strict;
};

struct NeutralRequest {
  Dialect dialect = Dialect::chat;
  Json body;
  std::string model;
  bool stream = false;
  bool include_usage = false;         // chat
  bool legacy_function_call = false;  // chat: `functions`, or messages of that age
  std::string instructions;  // Responses: as given. Chat: system and developer text before the first turn
  std::vector<Item> items;
  std::vector<Tool> tools;
  ToolChoice tool_choice;
  OutputFormat format;
  std::optional<bool> parallel_tool_calls;
  std::string_view effort, summary, verbosity, service_tier, prompt_cache_key;  // empty: unset
  std::optional<int64_t> max_output_tokens;
  std::vector<std::string> stops;
  Json web_search;  // chat: web_search_options
};

// What is wrong with a body, with the place of it.
Failure invalid_request(std::string message, std::string param = {}, std::string code = {});

std::optional<Failure> decode_chat(const Json& body, NeutralRequest& out);
// The settings only. A Responses upstream gets the turns as the client wrote them, kinds we do not know
// included.
std::optional<Failure> decode_responses(const Json& body, NeutralRequest& out);
// Items, tools, tool_choice and format, for an upstream that speaks only chat. What it cannot express is
// refused.
std::optional<Failure> decode_responses_turns(NeutralRequest& request);

// Neutral form -> another dialect's body.
EncodedRequest encode_as_responses(const NeutralRequest& request, UpstreamKind upstream,
                                   std::string_view cache_key);
EncodedRequest encode_as_chat(const NeutralRequest& request, UpstreamKind upstream);
// The client's own body with what this upstream needs changed.
EncodedRequest pass_chat(const NeutralRequest& request, UpstreamKind upstream);
EncodedRequest pass_responses(const NeutralRequest& request, UpstreamKind upstream,
                              std::string_view cache_key);

}  // namespace valetkey::dialects
