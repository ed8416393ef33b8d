#include "prompt.h"

namespace valetkey::emulator {
namespace {

std::string text_of_content(const Json& content) {
  if (auto text = content.string()) return std::string(*text);
  std::string joined;
  content.each_element([&joined](const Json& part) {
    if (part["type"].string_or("") != "text") return;
    if (!joined.empty()) joined += '\n';
    joined += part["text"].string_or("");
  });
  return joined;
}

void read_user_message(const Json& message, Prompt& prompt) {
  prompt.user_text = text_of_content(message["content"]);
  prompt.images.clear();
  prompt.image_urls.clear();
  prompt.files.clear();
  prompt.results.clear();
  prompt.calls_before = 0;
  message["content"].each_element([&prompt](const Json& part) {
    const std::string_view type = part["type"].string_or("");
    if (type == "image_url") {
      const std::string_view url = part["image_url"]["url"].string_or(part["image_url"].string_or(""));
      const size_t bytes = data_uri_bytes(url);
      if (bytes == 0)
        prompt.image_urls.emplace_back(url);
      else
        prompt.images.push_back(bytes);
    } else if (type == "file") {
      prompt.files.emplace_back(part["file"]["filename"].string_or("unnamed"));
    }
  });
}

void read_message(const Json& message, Prompt& prompt, std::vector<ToolResult>& calls) {
  const std::string_view role = message["role"].string_or("");
  if (role == "user") {
    read_user_message(message, prompt);
  } else if (role == "assistant") {
    message["tool_calls"].each_element([&](const Json& call) {
      calls.push_back(
          {std::string(call["id"].string_or("")), std::string(call["function"]["name"].string_or("")), ""});
      ++prompt.calls_before;
    });
  } else if (role == "tool") {
    ToolResult result{std::string(message["tool_call_id"].string_or("")), "",
                      text_of_content(message["content"])};
    for (const ToolResult& call : calls) {
      if (call.call_id == result.call_id) result.name = call.name;
    }
    prompt.results.push_back(std::move(result));
  }
}

void read_tool_choice(const Json& choice, Prompt& prompt) {
  const std::string_view word = choice.string_or("");
  if (word == "none") prompt.tool_choice = ToolChoice::none;
  if (word == "required") prompt.tool_choice = ToolChoice::required;
  if (choice.is_object()) {
    prompt.tool_choice = ToolChoice::named;
    prompt.chosen_tool = choice["function"]["name"].string_or("");
  }
}

void read_format(const Json& format, Prompt& prompt) {
  const std::string_view type = format["type"].string_or("");
  if (type == "json_object") prompt.format = OutputFormat::json_object;
  if (type == "json_schema") {
    prompt.format = OutputFormat::json_schema;
    prompt.schema = format["json_schema"]["schema"];
  }
}

}  // namespace

Prompt read_chat_prompt(const Json& body) {
  Prompt prompt;
  prompt.model = body["model"].string_or("");
  std::vector<ToolResult> calls;
  body["messages"].each_element([&](const Json& message) { read_message(message, prompt, calls); });
  body["tools"].each_element([&prompt](const Json& tool) {
    OfferedTool offered;
    offered.name = tool["function"]["name"].string_or("");
    offered.schema = tool["function"]["parameters"];
    prompt.tools.push_back(std::move(offered));
  });
  read_tool_choice(body["tool_choice"], prompt);
  prompt.parallel_calls = body["parallel_tool_calls"].boolean().value_or(true);
  read_format(body["response_format"], prompt);
  prompt.max_tokens = body["max_completion_tokens"].integer();
  if (!prompt.max_tokens) prompt.max_tokens = body["max_tokens"].integer();
  if (auto stop = body["stop"].string()) prompt.stops.emplace_back(*stop);
  body["stop"].each_element([&prompt](const Json& stop) { prompt.stops.emplace_back(stop.string_or("")); });
  prompt.wants_logprobs = body["logprobs"].boolean().value_or(false);
  prompt.top_logprobs = body["top_logprobs"].integer().value_or(0);
  prompt.wants_reasoning = body["reasoning_effort"].string_or("medium") != "none";
  return prompt;
}

}  // namespace valetkey::emulator
