#include "chat_rules.h"

#include <algorithm>
#include <string>
#include <vector>

#include "codex_rules.h"

namespace valetkey::emulator {
namespace {

using Verdict = std::optional<Refusal>;

Refusal unsupported(std::string_view param, std::string_view hint) {
  return envelope_refusal(400,
                          "Unsupported parameter: '" + std::string(param) +
                              "' is not supported with this model." + std::string(hint),
                          "invalid_request_error", param, "unsupported_parameter");
}

Refusal bad_messages(const std::string& what) {
  return envelope_refusal(400, what, "invalid_request_error", "messages");
}

Verdict check_message(const Json& message, std::vector<std::string_view>& open_calls) {
  const std::string_view role = message["role"].string_or("");
  if (role == "tool") {
    auto found = std::find(open_calls.begin(), open_calls.end(), message["tool_call_id"].string_or(""));
    if (found == open_calls.end()) {
      return bad_messages(
          "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with "
          "'tool_calls'.");
    }
    open_calls.erase(found);
    return std::nullopt;
  }
  if (!open_calls.empty()) {
    return bad_messages(
        "An assistant message with 'tool_calls' must be followed by tool messages responding to each "
        "'tool_call_id'.");
  }
  if (role == "assistant") {
    message["tool_calls"].each_element(
        [&](const Json& call) { open_calls.push_back(call["id"].string_or("")); });
    return std::nullopt;
  }
  if (role != "system" && role != "developer" && role != "user") {
    return bad_messages("Invalid value: '" + std::string(role) + "' is no role.");
  }
  if (!message["content"].is_string() && !message["content"].is_array()) {
    return bad_messages("Invalid value for 'content': expected a string or a list of parts.");
  }
  return std::nullopt;
}

Verdict check_messages(const Json& messages) {
  if (messages.size() == 0)
    return bad_messages("Invalid 'messages': empty array. Expected an array with minimum length 1.");
  Verdict verdict;
  std::vector<std::string_view> open_calls;
  messages.each_element([&](const Json& message) {
    verdict = check_message(message, open_calls);
    return !verdict;
  });
  if (!verdict && !open_calls.empty()) {
    verdict = bad_messages(
        "An assistant message with 'tool_calls' must be followed by tool messages responding to each "
        "'tool_call_id'.");
  }
  return verdict;
}

Verdict check_tools(const Json& body) {
  Verdict verdict;
  size_t index = 0;
  body["tools"].each_element([&](const Json& tool) {
    const std::string_view name = tool["function"]["name"].string_or("");
    if (tool["type"].string_or("") != "function" || name.empty() || name.size() > kMaxToolName) {
      const std::string param = "tools[" + std::to_string(index) + "].function.name";
      verdict =
          envelope_refusal(400, "Invalid '" + param + "'.", "invalid_request_error", param, "invalid_value");
    }
    ++index;
    return !verdict;
  });
  if (!verdict && body["tool_choice"].exists() && body["tools"].size() == 0 &&
      body["tool_choice"].string_or("") != "none") {
    verdict = envelope_refusal(
        400, "Invalid value for 'tool_choice': 'tool_choice' is only allowed when 'tools' are specified.",
        "invalid_request_error", "tool_choice");
  }
  return verdict;
}

Verdict check_format(const Json& format) {
  if (format["type"].string_or("") != "json_schema") return std::nullopt;
  if (format["json_schema"]["schema"].is_object() && !format["json_schema"]["name"].string_or("").empty())
    return std::nullopt;
  return envelope_refusal(400, "Missing required parameter: 'response_format.json_schema'.",
                          "invalid_request_error", "response_format.json_schema",
                          "missing_required_parameter");
}

}  // namespace

Verdict check_chat_request(const Json& body, const ChatRules& rules) {
  if (!body.is_object()) return envelope_refusal(400, "We could not parse the JSON body of your request.");
  if (body["input"].exists()) return unsupported("input", "");
  if (auto refused = check_messages(body["messages"])) return refused;
  if (rules.refuses_max_tokens && body["max_tokens"].exists()) {
    return unsupported("max_tokens", " Use 'max_completion_tokens' instead.");
  }
  if (rules.refuses_stop_and_penalties) {
    for (std::string_view name : {"stop", "presence_penalty", "frequency_penalty"}) {
      if (body[name].exists() && !body[name].is_null()) return unsupported(name, "");
    }
  }
  if (body["stream_options"].exists() && !body["stream_options"].is_null() &&
      !body["stream"].boolean().value_or(false)) {
    return envelope_refusal(400, "The 'stream_options' parameter is only allowed when 'stream' is enabled.",
                            "invalid_request_error", "stream_options");
  }
  if (body["n"].integer().value_or(1) != 1) return unsupported("n", "");
  if (auto refused = check_tools(body)) return refused;
  return check_format(body["response_format"]);
}

bool chat_has_images(const Json& body) {
  bool found = false;
  body["messages"].each_element([&found](const Json& message) {
    message["content"].each_element(
        [&found](const Json& part) { found = found || part["type"].string_or("") == "image_url"; });
  });
  return found;
}

bool responses_has_images(const Json& body) {
  bool found = false;
  body["input"].each_element([&found](const Json& item) {
    item["content"].each_element(
        [&found](const Json& part) { found = found || part["type"].string_or("") == "input_image"; });
    item["output"].each_element(
        [&found](const Json& part) { found = found || part["type"].string_or("") == "input_image"; });
  });
  return found;
}

}  // namespace valetkey::emulator
