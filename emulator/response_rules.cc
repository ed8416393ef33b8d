// The part of codex_rules.h that holds for every upstream of the responses dialect.
#include <algorithm>
#include <vector>

#include "codex_rules.h"

namespace valetkey::emulator {
namespace {

using Verdict = std::optional<Refusal>;

Refusal bad_item(size_t index, const std::string& what) {
  return envelope_refusal(400, what, "invalid_request_error", "input[" + std::to_string(index) + "]",
                          "invalid_value");
}

Verdict check_content(const Json& content, std::string_view role, size_t index) {
  if (content.is_string()) return std::nullopt;
  if (!content.is_array()) return bad_item(index, "A message needs content: a string or a list of parts.");
  Verdict verdict;
  content.each_element([&](const Json& part) {
    const std::string_view type = part["type"].string_or("");
    const bool fits = role == "assistant"
                          ? type == "output_text" || type == "refusal"
                          : type == "input_text" || type == "input_image" || type == "input_file";
    if (!fits) {
      verdict = bad_item(index, "Invalid value: '" + std::string(type) + "' is no content type of role '" +
                                    std::string(role) + "'.");
    } else if (type == "input_image" && !part["image_url"].is_string() && !part["file_id"].is_string()) {
      verdict = bad_item(index, "Invalid type for 'image_url': expected a string.");
    } else if (part["prompt_cache_breakpoint"].exists()) {
      verdict = detail_refusal(400, "Unsupported parameter: prompt_cache_breakpoint");
    }
    return !verdict;
  });
  return verdict;
}

Verdict check_message(const Json& item, size_t index) {
  const std::string_view role = item["role"].string_or("");
  if (role == "system") return detail_refusal(400, "System messages are not allowed");
  if (role != "user" && role != "assistant" && role != "developer") {
    return bad_item(index, "Invalid value: '" + std::string(role) +
                               "'. Supported values are: 'assistant', 'developer', and 'user'.");
  }
  return check_content(item["content"], role, index);
}

bool is_call_output(std::string_view type) {
  return type == "function_call_output" || type == "custom_tool_call_output" ||
         type == "local_shell_call_output";
}
bool is_call(std::string_view type) {
  return type == "function_call" || type == "custom_tool_call" || type == "local_shell_call";
}

std::string spoken(std::string_view type) {
  std::string words(type);
  std::replace(words.begin(), words.end(), '_', ' ');
  return words;
}

bool holds(const std::vector<std::string_view>& list, std::string_view value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

Verdict check_call(const Json& item, size_t index) {
  if (item["call_id"].string_or("").empty()) return bad_item(index, "Missing required parameter: 'call_id'.");
  if (item["type"].string_or("") != "function_call") return std::nullopt;
  if (item["name"].string_or("").empty()) return bad_item(index, "Missing required parameter: 'name'.");
  if (!item["arguments"].is_string())
    return bad_item(index, "Invalid type for 'arguments': expected a string.");
  return std::nullopt;
}

Verdict check_tool_name(const Json& tool, size_t index) {
  const std::string_view name = tool["name"].string_or("");
  const std::string param = "tools[" + std::to_string(index) + "].name";
  if (name.empty()) {
    return envelope_refusal(400, "Missing required parameter: '" + param + "'.", "invalid_request_error",
                            param, "missing_required_parameter");
  }
  if (name.size() > kMaxToolName) {
    return envelope_refusal(
        400,
        "Invalid '" + param +
            "': string too long. Expected a string with maximum length 64, but got a string with length " +
            std::to_string(name.size()) + " instead.",
        "invalid_request_error", param, "string_above_max_length");
  }
  const bool plain = std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
  if (plain) return std::nullopt;
  return envelope_refusal(400, "Invalid '" + param + "': string does not match pattern '^[a-zA-Z0-9_-]+$'.",
                          "invalid_request_error", param, "invalid_value");
}

}  // namespace

Verdict check_response_items(const Json& body) {
  Verdict verdict;
  std::vector<std::string_view> calls, outputs;
  size_t index = 0;
  body["input"].each_element([&](const Json& item) {
    const std::string_view type = item["type"].string_or("message");
    const std::string_view call_id = item["call_id"].string_or("");
    if (type == "message") {
      verdict = check_message(item, index);
    } else if (type == "item_reference") {
      verdict = envelope_refusal(404,
                                 "Item with id '" + std::string(item["id"].string_or("?")) +
                                     "' not found. Items are not persisted when `store` is set to false.",
                                 "invalid_request_error", "input");
    } else if (is_call(type)) {
      verdict = check_call(item, index);
      calls.push_back(call_id);
    } else if (is_call_output(type)) {
      if (!holds(calls, call_id)) {
        verdict = envelope_refusal(
            400, "No tool call found for " + spoken(type) + " with call_id " + std::string(call_id) + ".",
            "invalid_request_error", "input");
      } else if (!item["output"].exists()) {
        verdict = bad_item(index, "Missing required parameter: 'output'.");
      }
      outputs.push_back(call_id);
    }
    ++index;
    return !verdict;
  });
  for (std::string_view call : calls) {
    if (verdict || holds(outputs, call)) continue;
    verdict = envelope_refusal(400, "No tool output found for function call " + std::string(call) + ".",
                               "invalid_request_error", "input");
  }
  return verdict;
}

Verdict check_response_tools(const Json& tools) {
  Verdict verdict;
  size_t index = 0;
  tools.each_element([&](const Json& tool) {
    const std::string_view type = tool["type"].string_or("");
    const std::string param = "tools[" + std::to_string(index) + "]";
    if (type.empty() || tool["function"].exists()) {
      verdict = envelope_refusal(400, "Missing required parameter: '" + param + ".name'.",
                                 "invalid_request_error", param + ".name", "missing_required_parameter");
    } else if (type == "web_search_preview") {
      verdict = detail_refusal(400, "Unsupported tool type: web_search_preview");
    } else if (type == "function" || type == "custom" || type == "namespace") {
      verdict = check_tool_name(tool, index);
    }
    if (!verdict && type == "function" && tool["parameters"].exists() && !tool["parameters"].is_null() &&
        tool["parameters"]["type"].string_or("") != "object") {
      verdict =
          envelope_refusal(400,
                           "Invalid schema for function '" + std::string(tool["name"].string_or("")) +
                               "': schema must be a JSON Schema of 'type: \"object\"'.",
                           "invalid_request_error", param + ".parameters", "invalid_function_parameters");
    }
    ++index;
    return !verdict;
  });
  return verdict;
}

Verdict check_text_format(const Json& format) {
  if (format["type"].string_or("") != "json_schema") return std::nullopt;
  if (format["name"].string_or("").empty()) {
    return envelope_refusal(400, "Missing required parameter: 'text.format.name'.", "invalid_request_error",
                            "text.format.name", "missing_required_parameter");
  }
  const Json schema = format["schema"];
  if (!schema.is_object()) {
    return envelope_refusal(400, "Missing required parameter: 'text.format.schema'.", "invalid_request_error",
                            "text.format.schema", "missing_required_parameter");
  }
  const bool strict = format["strict"].boolean().value_or(false);
  if (strict && schema["type"].string_or("") == "object" &&
      schema["additionalProperties"].boolean().value_or(true)) {
    return envelope_refusal(
        400,
        "Invalid schema for response_format '" + std::string(format["name"].string_or("")) +
            "': In context=(), 'additionalProperties' is required to be supplied and to be false.",
        "invalid_request_error", "text.format.schema", "invalid_json_schema");
  }
  return std::nullopt;
}

}  // namespace valetkey::emulator
