#include "foundation/jose/jose.h"
#include "prompt.h"

namespace valetkey::emulator {
namespace {

std::string text_of_output(const Json& output) {
  if (auto text = output.string()) return std::string(*text);
  std::string joined;
  output.each_element([&joined](const Json& part) { joined += part["text"].string_or(""); });
  return joined.empty() && output.exists() && !output.is_array() ? to_json(output) : joined;
}

void read_user_content(const Json& content, Prompt& prompt) {
  prompt.user_text.clear();
  prompt.images.clear();
  prompt.image_urls.clear();
  prompt.files.clear();
  if (auto text = content.string()) {
    prompt.user_text = *text;
    return;
  }
  content.each_element([&prompt](const Json& part) {
    const std::string_view type = part["type"].string_or("");
    if (type == "input_text") {
      if (!prompt.user_text.empty()) prompt.user_text += '\n';
      prompt.user_text += part["text"].string_or("");
    } else if (type == "input_image") {
      const std::string_view url = part["image_url"].string_or("");
      const size_t bytes = data_uri_bytes(url);
      if (bytes == 0)
        prompt.image_urls.emplace_back(url);
      else
        prompt.images.push_back(bytes);
    } else if (type == "input_file") {
      prompt.files.emplace_back(part["filename"].string_or(part["file_url"].string_or("unnamed")));
    }
  });
}

void read_tool(const Json& tool, std::string_view name_space, Prompt& prompt) {
  const std::string_view type = tool["type"].string_or("");
  OfferedTool offered;
  offered.name = tool["name"].string_or("");
  offered.name_space = name_space;
  offered.schema = tool["parameters"];
  if (type == "function") {
    prompt.tools.push_back(std::move(offered));
  } else if (type == "custom") {
    offered.kind = OfferedTool::Kind::custom;
    prompt.tools.push_back(std::move(offered));
  } else if (type == "local_shell") {
    offered.kind = OfferedTool::Kind::local_shell;
    offered.name = "local_shell";
    prompt.tools.push_back(std::move(offered));
  } else if (type == "namespace") {
    tool["tools"].each_element([&](const Json& inner) { read_tool(inner, offered.name, prompt); });
  }
}

void read_tool_choice(const Json& choice, Prompt& prompt) {
  const std::string_view word = choice.string_or("");
  if (word == "none") prompt.tool_choice = ToolChoice::none;
  if (word == "required") prompt.tool_choice = ToolChoice::required;
  if (choice.is_object() && choice["name"].is_string()) {
    prompt.tool_choice = ToolChoice::named;
    prompt.chosen_tool = choice["name"].string_or("");
  }
}

void read_item(const Json& item, Prompt& prompt, std::vector<ToolResult>& calls) {
  const std::string_view type = item["type"].string_or("message");
  if (type == "message" && item["role"].string_or("") == "user") {
    read_user_content(item["content"], prompt);
    prompt.results.clear();
    prompt.calls_before = 0;
  } else if (type == "function_call" || type == "custom_tool_call" || type == "local_shell_call") {
    calls.push_back(
        {std::string(item["call_id"].string_or("")), std::string(item["name"].string_or("local_shell")), ""});
    ++prompt.calls_before;
  } else if (type == "function_call_output" || type == "custom_tool_call_output" ||
             type == "local_shell_call_output") {
    ToolResult result{std::string(item["call_id"].string_or("")), "", text_of_output(item["output"])};
    for (const ToolResult& call : calls) {
      if (call.call_id == result.call_id) result.name = call.name;
    }
    prompt.results.push_back(std::move(result));
  } else if (type == "additional_tools") {
    item["tools"].each_element([&prompt](const Json& tool) { read_tool(tool, {}, prompt); });
  }
}

}  // namespace

size_t data_uri_bytes(std::string_view url) {
  if (!url.starts_with("data:")) return 0;
  const size_t comma = url.find(',');
  if (comma == std::string_view::npos) return 0;
  const std::string_view payload = url.substr(comma + 1);
  if (url.substr(0, comma).ends_with(";base64")) {
    auto decoded = jose::base64_decode(payload);
    return decoded ? decoded->size() : 0;
  }
  return payload.size();
}

Prompt read_responses_prompt(const Json& body) {
  Prompt prompt;
  prompt.model = body["model"].string_or("");
  std::vector<ToolResult> calls;
  if (auto text = body["input"].string()) prompt.user_text = *text;
  body["input"].each_element([&](const Json& item) { read_item(item, prompt, calls); });
  body["tools"].each_element([&prompt](const Json& tool) { read_tool(tool, {}, prompt); });
  read_tool_choice(body["tool_choice"], prompt);
  prompt.parallel_calls = body["parallel_tool_calls"].boolean().value_or(true);
  const Json format = body["text"]["format"];
  if (format["type"].string_or("") == "json_object") prompt.format = OutputFormat::json_object;
  if (format["type"].string_or("") == "json_schema") {
    prompt.format = OutputFormat::json_schema;
    prompt.schema = format["schema"];
  }
  prompt.max_tokens = body["max_output_tokens"].integer();
  const std::string_view summary = body["reasoning"]["summary"].string_or("none");
  prompt.wants_summary = summary != "none";
  prompt.wants_reasoning = body["reasoning"]["effort"].string_or("medium") != "none";
  body["include"].each_element([&prompt](const Json& wanted) {
    if (wanted.string_or("") == "reasoning.encrypted_content") prompt.wants_encrypted = true;
  });
  return prompt;
}

}  // namespace valetkey::emulator
