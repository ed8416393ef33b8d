// Responses request -> neutral form.
#include "engine/dialects/request_reader.h"

namespace valetkey::dialects {
namespace {

class TurnsDecoder {
 public:
  explicit TurnsDecoder(NeutralRequest& out) : body_(out.body), out_(out) {}

  std::optional<Failure> decode() {
    (void)(input() && tools() && tool_choice() && format());
    return in_.take_failure();
  }

 private:
  bool cannot(const std::string& what, const std::string& param) {
    return in_.fail(what + " cannot be sent to this provider", param, "unsupported_value");
  }

  Item& add(Item::Kind kind, const std::string& param) {
    Item& item = out_.items.emplace_back();
    item.kind = kind;
    item.param = param;
    return item;
  }

  bool input() {
    if (auto text = body_["input"].string()) {
      add(Item::Kind::message, "input").parts.emplace_back().text = *text;
      return true;
    }
    size_t index = 0;
    body_["input"].each_element(
        [&](const Json& item) { return this->item(item, element_param("input", index++)); });
    return in_.ok();
  }

  bool item(const Json& source, const std::string& param) {
    std::string_view type = source["type"].string_or("message");
    if (type == "message") return message(source, param);
    if (type == "function_call") return call(source, param);
    if (type == "function_call_output") return result(source, param);
    if (type == "reasoning") return true;  // an upstream's own thoughts mean nothing to another
    return cannot("an input item of type " + std::string(type), member_param(param, "type"));
  }

  bool message(const Json& source, const std::string& param) {
    std::string_view role;
    if (!in_.require(source["role"], member_param(param, "role"), role)) return false;
    Item& item = add(Item::Kind::message, param);
    if (role == "system") {
      item.role = Role::system;
    } else if (role == "developer") {
      item.role = Role::developer;
    } else if (role == "assistant") {
      item.role = Role::assistant;
    } else if (role != "user") {
      return in_.fail("role must be user, assistant, system or developer", member_param(param, "role"));
    }
    return content(source["content"], member_param(param, "content"), item.parts);
  }

  bool content(const Json& value, const std::string& param, std::vector<Part>& parts) {
    if (auto text = value.string()) {
      parts.emplace_back().text = *text;
      return true;
    }
    if (!value.is_array()) return in_.wrong(param, "a string or an array of content parts");
    size_t index = 0;
    value.each_element([&](const Json& source) {
      return part(source, element_param(param, index++), parts.emplace_back());
    });
    return in_.ok();
  }

  bool part(const Json& source, const std::string& param, Part& part) {
    std::string_view type;
    if (!in_.require_object(source, param) || !in_.require(source["type"], member_param(param, "type"), type))
      return false;
    part.source = source;
    if (type == "input_text" || type == "output_text" || type == "text") {
      return in_.require(source["text"], member_param(param, "text"), part.text);
    }
    if (type == "refusal") {
      part.kind = Part::Kind::refusal;
      return in_.require(source["refusal"], member_param(param, "refusal"), part.text);
    }
    if (type == "input_image") {
      part.kind = Part::Kind::image;
      if (source["file_id"].is_string()) return cannot("an image by file_id", member_param(param, "file_id"));
      return in_.require(source["image_url"], member_param(param, "image_url"), part.url) &&
             in_.read(source["detail"], member_param(param, "detail"), part.detail);
    }
    if (type == "input_file") {
      part.kind = Part::Kind::file;
      if (source["file_url"].is_string()) return cannot("a file by URL", member_param(param, "file_url"));
      return in_.read(source["file_id"], member_param(param, "file_id"), part.file_id) &&
             in_.read(source["file_data"], member_param(param, "file_data"), part.file_data) &&
             in_.read(source["filename"], member_param(param, "filename"), part.filename);
    }
    return cannot("content of type " + std::string(type), member_param(param, "type"));
  }

  bool call(const Json& source, const std::string& param) {
    Item& item = add(Item::Kind::call, param);
    std::string_view id;
    if (!in_.require(source["call_id"], member_param(param, "call_id"), id)) return false;
    item.call_id = id;
    return in_.require(source["name"], member_param(param, "name"), item.name) &&
           in_.read(source["arguments"], member_param(param, "arguments"), item.arguments);
  }

  bool result(const Json& source, const std::string& param) {
    Item& item = add(Item::Kind::result, param);
    std::string_view id;
    if (!in_.require(source["call_id"], member_param(param, "call_id"), id)) return false;
    item.call_id = id;
    return content(source["output"], member_param(param, "output"), item.parts);
  }

  bool tools() {
    Json tools = body_["tools"];
    if (!tools.exists() || tools.is_null()) return true;
    if (!in_.require_array(tools, "tools")) return false;
    size_t index = 0;
    tools.each_element([&](const Json& tool) { return this->tool(tool, element_param("tools", index++)); });
    return in_.ok();
  }

  bool tool(const Json& source, const std::string& param) {
    std::string_view type = source["type"].string_or("");
    if (type != "function") {
      return in_.fail("a tool of type '" + std::string(type) +
                          "' cannot be sent to this provider: it takes functions only",
                      "tools", "unsupported_value");
    }
    Tool& tool = out_.tools.emplace_back();
    tool.param = param;
    tool.parameters = source["parameters"].is_object() ? source["parameters"] : Json();
    return in_.require(source["name"], member_param(param, "name"), tool.name) &&
           in_.read(source["description"], member_param(param, "description"), tool.description) &&
           in_.read(source["strict"], member_param(param, "strict"), tool.strict);
  }

  bool tool_choice() {
    Json choice = body_["tool_choice"];
    ToolChoice& out = out_.tool_choice;
    if (!choice.exists() || choice.is_null()) return true;
    if (auto word = choice.string()) {
      if (*word == "none") return out.kind = ToolChoice::Kind::none, true;
      if (*word == "auto") return out.kind = ToolChoice::Kind::automatic, true;
      if (*word == "required") return out.kind = ToolChoice::Kind::required, true;
      return in_.fail("tool_choice must be none, auto, required or an object", "tool_choice");
    }
    std::string_view type = choice["type"].string_or("");
    if (type == "function") {
      out.kind = ToolChoice::Kind::named;
      return in_.require(choice["name"], "tool_choice.name", out.name);
    }
    if (type != "allowed_tools") return cannot("tool_choice of type " + std::string(type), "tool_choice");
    out.kind = ToolChoice::Kind::allowed;
    out.mode = choice["mode"].string_or("auto");
    choice["tools"].each_element(
        [&](const Json& tool) { out.allowed.emplace_back(ToolKind::function, tool["name"].string_or("")); });
    return true;
  }

  bool format() {
    Json source = body_["text"]["format"];
    if (!source.exists() || source.is_null()) return true;
    std::string_view type;
    if (!in_.require(source["type"], "text.format.type", type)) return false;
    OutputFormat& out = out_.format;
    if (type == "text") return out.kind = OutputFormat::Kind::text, true;
    if (type == "json_object") return out.kind = OutputFormat::Kind::json_object, true;
    if (type != "json_schema") return cannot("text.format of type " + std::string(type), "text.format.type");
    out.kind = OutputFormat::Kind::json_schema;
    out.schema = source["schema"];
    return in_.require(source["name"], "text.format.name", out.name) &&
           in_.read(source["description"], "text.format.description", out.description) &&
           in_.read(source["strict"], "text.format.strict", out.strict);
  }

  const Json body_;
  NeutralRequest& out_;
  RequestReader in_;
};

bool input_is_readable(const Json& input, RequestReader& in) {
  if (input.is_string()) return true;
  if (!input.is_array()) return in.wrong("input", "a string or an array of items");
  size_t index = 0;
  input.each_element(
      [&](const Json& item) { return in.require_object(item, element_param("input", index++)); });
  return in.ok();
}

bool object_or_absent(const Json& value, const std::string& param, RequestReader& in) {
  return !value.exists() || value.is_null() || in.require_object(value, param);
}

}  // namespace

std::optional<Failure> decode_responses(const Json& body, NeutralRequest& out) {
  out.dialect = Dialect::responses;
  out.body = body;
  out.model = body["model"].string_or("");
  Json input = body["input"];
  if (out.model.empty() || !input.exists() || input.is_null())
    return invalid_request("model and input are required");
  RequestReader in;
  std::string_view instructions;
  std::optional<int64_t> limit;
  Json reasoning = body["reasoning"], text = body["text"], tools = body["tools"];
  (void)(input_is_readable(input, in) && object_or_absent(reasoning, "reasoning", in) &&
         object_or_absent(text, "text", in) &&
         (!tools.exists() || tools.is_null() || in.require_array(tools, "tools")) &&
         in.read_flag(body["stream"], "stream", out.stream) &&
         in.read(body["instructions"], "instructions", instructions) &&
         in.read(body["parallel_tool_calls"], "parallel_tool_calls", out.parallel_tool_calls) &&
         in.read(reasoning["effort"], "reasoning.effort", out.effort) &&
         in.read(reasoning["summary"], "reasoning.summary", out.summary) &&
         in.read(text["verbosity"], "text.verbosity", out.verbosity) &&
         in.read(body["service_tier"], "service_tier", out.service_tier) &&
         in.read(body["prompt_cache_key"], "prompt_cache_key", out.prompt_cache_key) &&
         in.read_limit(body["max_output_tokens"], "max_output_tokens", limit));
  out.instructions = instructions;
  out.max_output_tokens = limit;
  return in.take_failure();
}

std::optional<Failure> decode_responses_turns(NeutralRequest& request) {
  return TurnsDecoder(request).decode();
}

}  // namespace valetkey::dialects
