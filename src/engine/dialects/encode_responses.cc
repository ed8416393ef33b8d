// Neutral form -> Responses request.
#include "engine/dialects/tool_choice.h"
#include "engine/dialects/tool_names.h"
#include "engine/dialects/upstream_rules.h"

namespace valetkey::dialects {
namespace {

class ResponsesRequestEncoder {
 public:
  ResponsesRequestEncoder(const NeutralRequest& request, UpstreamKind upstream, std::string_view cache_key)
      : request_(request), upstream_(upstream), cache_key_(cache_key), json_(out_.body) {}

  EncodedRequest encode() {
    out_.body.reserve(1024);
    // Instructions alone are no question: an empty input is refused.
    bool only_system = request_.items.empty() && !request_.instructions.empty();
    json_.begin_object().member("model", request_.model);
    json_.member("instructions", only_system ? std::string_view() : std::string_view(request_.instructions));
    input(only_system);
    tools();
    tool_choice();
    if (request_.parallel_tool_calls) json_.member("parallel_tool_calls", *request_.parallel_tool_calls);
    reasoning();
    json_.member("store", false).member("stream", true);
    json_.key("include").begin_array().string("reasoning.encrypted_content").end_array();
    text();
    std::string_view tier = service_tier_for(upstream_, request_.service_tier, out_.dropped);
    if (!tier.empty()) json_.member("service_tier", tier);
    if (!cache_key_.empty()) json_.member("prompt_cache_key", cache_key_);
    auto refused = copy_parameters(request_, upstream_, json_, out_.dropped);
    if (refused) refuse(std::move(*refused));
    json_.end_object();
    return std::move(out_);
  }

 private:
  void refuse(Failure failure) {
    if (!out_.refused) out_.refused = std::move(failure);
  }

  static std::string_view role_word(Role role) {
    return role == Role::user ? "user" : role == Role::assistant ? "assistant" : "developer";
  }

  void input(bool only_system) {
    json_.key("input").begin_array();
    if (only_system) {
      json_.begin_object().member("type", "message").member("role", "developer").key("content").begin_array();
      json_.begin_object().member("type", "input_text").member("text", request_.instructions).end_object();
      json_.end_array().end_object();
    }
    for (const Item& item : request_.items) {
      switch (item.kind) {
        case Item::Kind::message:
          if (!item.parts.empty()) message(item);
          break;
        case Item::Kind::call:
          call(item);
          break;
        case Item::Kind::result:
          result(item);
          break;
      }
    }
    json_.end_array();
  }

  void message(const Item& item) {
    json_.begin_object()
        .member("type", "message")
        .member("role", role_word(item.role))
        .key("content")
        .begin_array();
    for (const Part& part : item.parts) this->part(part, item);
    json_.end_array().end_object();
  }

  void part(const Part& part, const Item& item) {
    bool assistant = item.kind == Item::Kind::message && item.role == Role::assistant;
    switch (part.kind) {
      case Part::Kind::text:
        json_.begin_object()
            .member("type", assistant ? "output_text" : "input_text")
            .member("text", part.text)
            .end_object();
        return;
      case Part::Kind::refusal:
        json_.begin_object().member("type", "refusal").member("refusal", part.text).end_object();
        return;
      case Part::Kind::image:
        json_.begin_object().member("type", "input_image").member("image_url", part.url);
        if (!part.detail.empty()) json_.member("detail", part.detail);
        json_.end_object();
        return;
      case Part::Kind::file:
        json_.begin_object().member("type", "input_file");
        if (!part.file_id.empty()) json_.member("file_id", part.file_id);
        if (!part.filename.empty()) json_.member("filename", part.filename);
        if (!part.file_data.empty()) json_.member("file_data", part.file_data);
        json_.end_object();
        return;
      case Part::Kind::audio:
        refuse(invalid_request("audio input is not supported by this provider", item.param + ".content",
                               "unsupported_value"));
    }
  }

  void call(const Item& item) {
    bool custom = item.tool == ToolKind::custom;
    json_.begin_object()
        .member("type", custom ? "custom_tool_call" : "function_call")
        .member("call_id", item.call_id);
    json_.member("name", names_.shortened(item.name));
    json_.member(custom ? "input" : "arguments", item.arguments.empty() && !custom ? "{}" : item.arguments)
        .end_object();
  }

  // Text alone travels as a string; with images it is a list of parts.
  void result(const Item& item) {
    bool custom = item.tool == ToolKind::custom;
    json_.begin_object().member("type", custom ? "custom_tool_call_output" : "function_call_output");
    json_.member("call_id", item.call_id).key("output");
    bool plain = true;
    std::string text;
    for (const Part& part : item.parts) {
      plain = plain && part.kind == Part::Kind::text;
      text.append(text.empty() ? "" : "\n").append(part.text);
    }
    if (plain) {
      json_.string(text);
    } else {
      json_.begin_array();
      for (const Part& part : item.parts) this->part(part, item);
      json_.end_array();
    }
    json_.end_object();
  }

  void tools() {
    bool search = request_.web_search.is_object();
    if (request_.tools.empty() && !search) return;
    json_.key("tools").begin_array();
    for (const Tool& tool : request_.tools) {
      if (tool.kind == Tool::Kind::custom) {
        custom_tool(tool);
      } else {
        function_tool(tool);
      }
    }
    if (search) web_search();
    json_.end_array();
  }

  // `strict` defaults to true in this dialect and to false in chat, so it is always written.
  void function_tool(const Tool& tool) {
    json_.begin_object().member("type", "function").member("name", names_.shortened(tool.name));
    if (!tool.description.empty()) json_.member("description", tool.description);
    json_.key("parameters");
    if (tool.parameters.exists()) {
      json_.value(tool.parameters);
    } else {
      json_.raw(R"({"type":"object","properties":{}})");
    }
    json_.member("strict", tool.strict.value_or(false)).end_object();
  }

  // Chat nests the grammar one level deeper.
  void custom_tool(const Tool& tool) {
    json_.begin_object().member("type", "custom").member("name", names_.shortened(tool.name));
    if (!tool.description.empty()) json_.member("description", tool.description);
    Json grammar = tool.format["grammar"];
    if (grammar.is_object()) {
      json_.key("format").begin_object().member("type", "grammar");
      json_.member("syntax", grammar["syntax"]).member("definition", grammar["definition"]).end_object();
    } else if (tool.format.is_object()) {
      json_.member("format", tool.format);
    }
    json_.end_object();
  }

  void web_search() {
    json_.begin_object().member("type", "web_search");
    if (Json size = request_.web_search["search_context_size"]; size.is_string())
      json_.member("search_context_size", size);
    if (Json where = request_.web_search["user_location"]; where.is_object()) {
      json_.key("user_location").begin_object().member("type", "approximate");
      where["approximate"].each_member(
          [&](std::string_view name, const Json& value) { json_.member(name, value); });
      json_.end_object();
    }
    json_.end_object();
  }

  void tool_choice() {
    write_tool_choice(json_, request_.tool_choice, Dialect::responses,
                      [this](ToolKind kind, std::string_view name) { tool_reference(kind, name); });
  }

  void tool_reference(ToolKind kind, std::string_view name) {
    json_.begin_object().member("type", kind == ToolKind::custom ? "custom" : "function");
    json_.member("name", names_.shortened(name)).end_object();
  }

  // Chat clients read reasoning_content, so a summary is asked for where the upstream gives one.
  void reasoning() {
    std::string_view effort = effort_for(upstream_, request_.effort);
    bool summary = upstream_ != UpstreamKind::xai_responses && effort != "none";
    if (effort.empty() && !summary) return;
    json_.key("reasoning").begin_object();
    if (!effort.empty()) json_.member("effort", effort);
    if (summary) json_.member("summary", "auto");
    json_.end_object();
  }

  void text() {
    const OutputFormat& format = request_.format;
    bool formatted =
        format.kind == OutputFormat::Kind::json_object || format.kind == OutputFormat::Kind::json_schema;
    bool verbosity = !request_.verbosity.empty() && upstream_ != UpstreamKind::xai_responses;
    if (!request_.verbosity.empty() && !verbosity) out_.dropped.emplace_back("verbosity");
    if (!formatted && !verbosity) return;
    json_.key("text").begin_object();
    if (verbosity) json_.member("verbosity", request_.verbosity);
    if (formatted) {
      json_.key("format").begin_object();
      if (format.kind == OutputFormat::Kind::json_object) {
        json_.member("type", "json_object");
      } else {
        json_.member("type", "json_schema").member("name", format.name);
        if (!format.description.empty()) json_.member("description", format.description);
        json_.member("strict", format.strict.value_or(false)).key("schema");
        if (format.schema.exists()) {
          json_.value(format.schema);
        } else {
          json_.begin_object().end_object();
        }
      }
      json_.end_object();
    }
    json_.end_object();
  }

  const NeutralRequest& request_;
  const UpstreamKind upstream_;
  const std::string_view cache_key_;
  EncodedRequest out_;
  JsonWriter json_;
  ToolNames names_;
};

}  // namespace

EncodedRequest encode_as_responses(const NeutralRequest& request, UpstreamKind upstream,
                                   std::string_view cache_key) {
  return ResponsesRequestEncoder(request, upstream, cache_key).encode();
}

}  // namespace valetkey::dialects
