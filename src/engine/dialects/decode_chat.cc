// Chat Completions request -> neutral form.
#include "engine/dialects/request_reader.h"

namespace valetkey::dialects {
namespace {

constexpr size_t kMostStops = 16;

class ChatDecoder {
 public:
  ChatDecoder(const Json& body, NeutralRequest& out) : body_(body), out_(out) {}

  std::optional<Failure> decode() {
    out_.dialect = Dialect::chat;
    out_.body = body_;
    out_.model = body_["model"].string_or("");
    if (out_.model.empty() || !body_["messages"].is_array())
      return invalid_request("model and messages are required");
    (void)(messages() && tools() && tool_choice() && format() && stops() && settings());
    return in_.take_failure();
  }

 private:
  // ---- messages ----

  bool messages() {
    size_t index = 0;
    body_["messages"].each_element(
        [&](const Json& message) { return this->message(message, element_param("messages", index++)); });
    return in_.ok();
  }

  bool message(const Json& message, const std::string& param) {
    if (!in_.require_object(message, param)) return false;
    std::string_view role;
    if (!in_.require(message["role"], member_param(param, "role"), role)) return false;
    if (role == "system") return text_message(message, param, Role::system);
    if (role == "developer") return text_message(message, param, Role::developer);
    if (role == "user") return plain_message(message, param, Role::user);
    if (role == "assistant") return assistant(message, param);
    if (role == "tool") return tool_result(message, param);
    if (role == "function") return function_result(message, param);
    return in_.fail(
        member_param(param, "role") + " must be system, developer, user, assistant, tool or function",
        member_param(param, "role"));
  }

  Item& add(Item::Kind kind, const std::string& param) {
    Item& item = out_.items.emplace_back();
    item.kind = kind;
    item.param = param;
    return item;
  }

  bool plain_message(const Json& message, const std::string& param, Role role) {
    Item& item = add(Item::Kind::message, param);
    item.role = role;
    if (role != Role::assistant && message["content"].is_null())
      return in_.wrong(member_param(param, "content"), kContent);
    return content(message["content"], member_param(param, "content"), item.parts);
  }

  // What stands before the first turn becomes the instructions; later it keeps its place.
  bool text_message(const Json& message, const std::string& param, Role role) {
    bool first = out_.items.empty();
    if (!plain_message(message, param, role)) return false;
    Item& item = out_.items.back();
    std::string text;
    for (const Part& part : item.parts) {
      if (part.kind != Part::Kind::text)
        return in_.wrong(member_param(param, "content"), "text only for this role");
      if (!text.empty()) text.push_back('\n');
      text.append(part.text);
    }
    if (!first) return true;
    out_.items.pop_back();
    if (text.empty()) return true;
    if (!out_.instructions.empty()) out_.instructions.append("\n\n");
    out_.instructions.append(text);
    return true;
  }

  bool content(const Json& value, const std::string& param, std::vector<Part>& parts) {
    if (!value.exists() || value.is_null()) return true;
    if (auto text = value.string()) {
      parts.emplace_back().text = *text;
      return true;
    }
    if (!value.is_array()) return in_.wrong(param, kContent);
    size_t index = 0;
    value.each_element([&](const Json& source) {
      Part& part = parts.emplace_back();
      part.source = source;
      return this->part(source, element_param(param, index++), part);
    });
    return in_.ok();
  }

  bool part(const Json& source, const std::string& param, Part& part) {
    if (auto text = source.string()) {
      part.text = *text;
      return true;
    }
    std::string_view type;
    if (!in_.require_object(source, param) || !in_.require(source["type"], member_param(param, "type"), type))
      return false;
    if (type == "text") return in_.require(source["text"], member_param(param, "text"), part.text);
    if (type == "refusal") {
      part.kind = Part::Kind::refusal;
      return in_.require(source["refusal"], member_param(param, "refusal"), part.text);
    }
    if (type == "image_url") return image(source["image_url"], member_param(param, "image_url"), part);
    if (type == "file") return file(source["file"], member_param(param, "file"), part);
    if (type == "input_audio") {
      part.kind = Part::Kind::audio;
      return in_.require_object(source["input_audio"], member_param(param, "input_audio"));
    }
    return in_.fail("unknown content type '" + std::string(type) + "'", member_param(param, "type"));
  }

  bool image(const Json& source, const std::string& param, Part& part) {
    part.kind = Part::Kind::image;
    if (auto url = source.string()) {
      part.url = *url;
    } else if (!in_.require_object(source, param) ||
               !in_.require(source["url"], member_param(param, "url"), part.url) ||
               !in_.read(source["detail"], member_param(param, "detail"), part.detail)) {
      return false;
    }
    if (part.url.starts_with("https://") || part.url.starts_with("http://") ||
        part.url.starts_with("data:image/"))
      return true;
    return in_.fail(member_param(param, "url") + " must be an http(s) URL or a data:image/ URI",
                    member_param(param, "url"));
  }

  bool file(const Json& source, const std::string& param, Part& part) {
    part.kind = Part::Kind::file;
    if (!in_.require_object(source, param) ||
        !in_.read(source["file_id"], member_param(param, "file_id"), part.file_id) ||
        !in_.read(source["file_data"], member_param(param, "file_data"), part.file_data) ||
        !in_.read(source["filename"], member_param(param, "filename"), part.filename)) {
      return false;
    }
    if (!part.file_id.empty() || !part.file_data.empty()) return true;
    return in_.fail(param + " must have file_id or file_data", param);
  }

  bool assistant(const Json& message, const std::string& param) {
    if (message["content"].exists() && !message["content"].is_null()) {
      if (!plain_message(message, param, Role::assistant)) return false;
    }
    if (auto refusal = message["refusal"].string(); refusal && !refusal->empty()) {
      Item& item = add(Item::Kind::message, param);
      item.role = Role::assistant;
      Part& part = item.parts.emplace_back();
      part.kind = Part::Kind::refusal;
      part.text = *refusal;
    }
    Json legacy = message["function_call"];
    if (legacy.is_object()) return legacy_call(legacy, member_param(param, "function_call"));
    Json calls = message["tool_calls"];
    if (!calls.exists() || calls.is_null()) return true;
    std::string place = member_param(param, "tool_calls");
    if (!in_.require_array(calls, place)) return false;
    size_t index = 0;
    calls.each_element([&](const Json& call) { return tool_call(call, element_param(place, index++)); });
    return in_.ok();
  }

  bool tool_call(const Json& call, const std::string& param) {
    if (!in_.require_object(call, param)) return false;
    std::string_view id;
    if (!in_.require(call["id"], member_param(param, "id"), id)) return false;
    bool custom = call["type"].string_or("function") == "custom";
    std::string place = member_param(param, custom ? "custom" : "function");
    Json body = call[custom ? "custom" : "function"];
    if (!in_.require_object(body, place)) return false;
    Item& item = add(Item::Kind::call, param);
    item.tool = custom ? ToolKind::custom : ToolKind::function;
    item.call_id = id;
    std::string_view arguments = custom ? "input" : "arguments";
    return in_.require(body["name"], member_param(place, "name"), item.name) &&
           in_.read(body[arguments], member_param(place, arguments), item.arguments);
  }

  bool legacy_call(const Json& call, const std::string& param) {
    out_.legacy_function_call = true;
    Item& item = add(Item::Kind::call, param);
    item.call_id = "call_legacy_" + std::to_string(++legacy_calls_);
    return in_.require(call["name"], member_param(param, "name"), item.name) &&
           in_.read(call["arguments"], member_param(param, "arguments"), item.arguments);
  }

  bool tool_result(const Json& message, const std::string& param) {
    std::string_view id;
    if (!in_.require(message["tool_call_id"], member_param(param, "tool_call_id"), id)) return false;
    Item& item = add(Item::Kind::result, param);
    item.call_id = id;
    for (const Item& earlier : out_.items) {
      if (earlier.kind == Item::Kind::call && earlier.call_id == id) item.tool = earlier.tool;
    }
    return content(message["content"], member_param(param, "content"), item.parts);
  }

  // The function message of old names no call: it answers the latest.
  bool function_result(const Json& message, const std::string& param) {
    out_.legacy_function_call = true;
    Item& item = add(Item::Kind::result, param);
    item.call_id = "call_legacy_" + std::to_string(legacy_calls_);
    return content(message["content"], member_param(param, "content"), item.parts);
  }

  // ---- tools ----

  bool tools() {
    Json functions = body_["functions"];
    if (functions.exists() && !functions.is_null()) {
      out_.legacy_function_call = true;
      out_.parallel_tool_calls = false;
      if (!in_.require_array(functions, "functions")) return false;
      size_t index = 0;
      functions.each_element([&](const Json& f) { return function(f, element_param("functions", index++)); });
    }
    Json tools = body_["tools"];
    if (!in_.ok() || !tools.exists() || tools.is_null()) return in_.ok();
    if (!in_.require_array(tools, "tools")) return false;
    size_t index = 0;
    tools.each_element([&](const Json& tool) { return this->tool(tool, element_param("tools", index++)); });
    return in_.ok();
  }

  bool tool(const Json& source, const std::string& param) {
    std::string_view type;
    if (!in_.require_object(source, param) || !in_.require(source["type"], member_param(param, "type"), type))
      return false;
    if (type == "function") return function(source["function"], member_param(param, "function"));
    if (type != "custom")
      return in_.fail("tools must be of type function or custom", member_param(param, "type"));
    std::string place = member_param(param, "custom");
    Json custom = source["custom"];
    if (!in_.require_object(custom, place)) return false;
    Tool& tool = out_.tools.emplace_back();
    tool.kind = Tool::Kind::custom;
    tool.param = param;
    tool.format = custom["format"];
    return in_.require(custom["name"], member_param(place, "name"), tool.name) &&
           in_.read(custom["description"], member_param(place, "description"), tool.description);
  }

  bool function(const Json& source, const std::string& param) {
    if (!in_.require_object(source, param)) return false;
    Tool& tool = out_.tools.emplace_back();
    tool.param = param;
    Json parameters = source["parameters"];
    if (parameters.exists() && !parameters.is_null()) {
      if (!in_.require_object(parameters, member_param(param, "parameters"))) return false;
      tool.parameters = parameters;
    }
    return in_.require(source["name"], member_param(param, "name"), tool.name) &&
           in_.read(source["description"], member_param(param, "description"), tool.description) &&
           in_.read(source["strict"], member_param(param, "strict"), tool.strict);
  }

  bool tool_choice() {
    Json legacy = body_["function_call"];
    if (legacy.is_object()) {
      out_.tool_choice.kind = ToolChoice::Kind::named;
      return in_.require(legacy["name"], "function_call.name", out_.tool_choice.name);
    }
    bool old = legacy.is_string();
    return choose(old ? legacy : body_["tool_choice"], old ? "function_call" : "tool_choice");
  }

  bool choose(const Json& choice, const std::string& param) {
    ToolChoice& out = out_.tool_choice;
    if (!choice.exists() || choice.is_null()) return true;
    if (auto word = choice.string()) {
      if (*word == "none") return out.kind = ToolChoice::Kind::none, true;
      if (*word == "auto") return out.kind = ToolChoice::Kind::automatic, true;
      if (*word == "required") return out.kind = ToolChoice::Kind::required, true;
      return in_.fail(param + " must be none, auto, required or an object", param);
    }
    if (!in_.require_object(choice, param)) return false;
    std::string_view type = choice["type"].string_or("function");
    if (type == "allowed_tools")
      return allowed(choice["allowed_tools"], member_param(param, "allowed_tools"));
    if (type != "function" && type != "custom")
      return in_.fail("unknown tool_choice type", member_param(param, "type"));
    out.kind = ToolChoice::Kind::named;
    out.tool = type == "custom" ? ToolKind::custom : ToolKind::function;
    return in_.require(choice[type]["name"], param + "." + std::string(type) + ".name", out.name);
  }

  bool allowed(const Json& source, const std::string& param) {
    if (!in_.require_object(source, param)) return false;
    out_.tool_choice.kind = ToolChoice::Kind::allowed;
    out_.tool_choice.mode = source["mode"].string_or("auto");
    if (!in_.require_array(source["tools"], member_param(param, "tools"))) return false;
    source["tools"].each_element([&](const Json& tool) {
      bool custom = tool["type"].string_or("function") == "custom";
      std::string_view name = tool[custom ? "custom" : "function"]["name"].string_or("");
      out_.tool_choice.allowed.emplace_back(custom ? ToolKind::custom : ToolKind::function, name);
    });
    return true;
  }

  // ---- the rest ----

  bool format() {
    Json source = body_["response_format"];
    if (!source.exists() || source.is_null()) return true;
    std::string_view type;
    if (!in_.require_object(source, "response_format") ||
        !in_.require(source["type"], "response_format.type", type))
      return false;
    OutputFormat& out = out_.format;
    if (type == "text") return out.kind = OutputFormat::Kind::text, true;
    if (type == "json_object") return out.kind = OutputFormat::Kind::json_object, true;
    if (type != "json_schema") {
      return in_.fail("response_format.type must be text, json_object or json_schema",
                      "response_format.type");
    }
    Json schema = source["json_schema"];
    out.kind = OutputFormat::Kind::json_schema;
    if (!in_.require_object(schema, "response_format.json_schema")) return false;
    out.schema = schema["schema"];
    if (out.schema.exists() && !in_.require_object(out.schema, "response_format.json_schema.schema"))
      return false;
    return in_.require(schema["name"], "response_format.json_schema.name", out.name) &&
           in_.read(schema["description"], "response_format.json_schema.description", out.description) &&
           in_.read(schema["strict"], "response_format.json_schema.strict", out.strict);
  }

  bool stops() {
    Json stop = body_["stop"];
    if (!stop.exists() || stop.is_null()) return true;
    if (auto one = stop.string()) {
      if (!one->empty()) out_.stops.emplace_back(*one);
      return true;
    }
    if (!stop.is_array()) return in_.wrong("stop", "a string or an array of strings");
    if (stop.size() > kMostStops) return in_.fail("stop takes at most 16 sequences", "stop");
    size_t index = 0;
    stop.each_element([&](const Json& element) {
      std::string_view text;
      if (!in_.require(element, element_param("stop", index++), text)) return false;
      if (!text.empty()) out_.stops.emplace_back(text);
      return true;
    });
    return in_.ok();
  }

  bool settings() {
    Json options = body_["stream_options"];
    if (options.exists() && !options.is_null() && !in_.require_object(options, "stream_options"))
      return false;
    out_.web_search = body_["web_search_options"];
    std::optional<int64_t> old_limit;
    bool fine =
        in_.read_flag(body_["stream"], "stream", out_.stream) &&
        in_.read_flag(options["include_usage"], "stream_options.include_usage", out_.include_usage) &&
        in_.read(body_["parallel_tool_calls"], "parallel_tool_calls", out_.parallel_tool_calls) &&
        in_.read(body_["reasoning_effort"], "reasoning_effort", out_.effort) &&
        in_.read(body_["verbosity"], "verbosity", out_.verbosity) &&
        in_.read(body_["service_tier"], "service_tier", out_.service_tier) &&
        in_.read(body_["prompt_cache_key"], "prompt_cache_key", out_.prompt_cache_key) &&
        in_.read_limit(body_["max_tokens"], "max_tokens", old_limit) &&
        in_.read_limit(body_["max_completion_tokens"], "max_completion_tokens", out_.max_output_tokens);
    if (!out_.max_output_tokens) out_.max_output_tokens = old_limit;
    return fine;
  }

  static constexpr std::string_view kContent = "a string or an array of content parts";
  const Json body_;
  NeutralRequest& out_;
  RequestReader in_;
  int legacy_calls_ = 0;
};

}  // namespace

std::optional<Failure> decode_chat(const Json& body, NeutralRequest& out) {
  return ChatDecoder(body, out).decode();
}

}  // namespace valetkey::dialects
