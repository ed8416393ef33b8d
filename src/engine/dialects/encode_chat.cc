// Neutral form -> Chat Completions request.
#include "engine/dialects/tool_choice.h"
#include "engine/dialects/upstream_rules.h"

namespace valetkey::dialects {
namespace {

class ChatRequestEncoder {
 public:
  ChatRequestEncoder(const NeutralRequest& request, UpstreamKind upstream)
      : request_(request), upstream_(upstream), json_(out_.body) {}

  EncodedRequest encode() {
    out_.body.reserve(1024);
    json_.begin_object().member("model", request_.model);
    messages();
    tools();
    tool_choice();
    if (request_.parallel_tool_calls && !request_.tools.empty()) {
      json_.member("parallel_tool_calls", *request_.parallel_tool_calls);
    }
    format();
    if (!request_.effort.empty()) json_.member("reasoning_effort", request_.effort);
    if (!request_.verbosity.empty()) out_.dropped.emplace_back("verbosity");
    if (!request_.stops.empty() && knows_stop(upstream_)) stops();
    (void)service_tier_for(upstream_, request_.service_tier, out_.dropped);
    json_.member("stream", true)
        .key("stream_options")
        .begin_object()
        .member("include_usage", true)
        .end_object();
    auto refused = copy_parameters(request_, upstream_, json_, out_.dropped);
    if (refused && !out_.refused) out_.refused = std::move(refused);
    json_.end_object();
    return std::move(out_);
  }

 private:
  static std::string_view role_word(Role role) {
    switch (role) {
      case Role::system:
      case Role::developer:  // not every chat model knows it
        return "system";
      case Role::user:
        return "user";
      case Role::assistant:
        return "assistant";
    }
    return "user";
  }

  void messages() {
    json_.key("messages").begin_array();
    if (!request_.instructions.empty()) {
      json_.begin_object().member("role", "system").member("content", request_.instructions).end_object();
    }
    const auto& items = request_.items;
    for (size_t i = 0; i < items.size();) {
      const Item& item = items[i];
      bool assistant =
          item.kind == Item::Kind::call || (item.kind == Item::Kind::message && item.role == Role::assistant);
      if (assistant) {
        i = assistant_turn(i);
        continue;
      }
      json_.begin_object();
      if (item.kind == Item::Kind::result) {
        json_.member("role", "tool").member("tool_call_id", item.call_id);
      } else {
        json_.member("role", role_word(item.role));
      }
      content(item);
      json_.end_object();
      ++i;
    }
    json_.end_array();
  }

  // An assistant's text and the calls that follow it are one message. Returns the first item after it.
  size_t assistant_turn(size_t i) {
    const auto& items = request_.items;
    json_.begin_object().member("role", "assistant");
    if (items[i].kind == Item::Kind::message) {
      content(items[i++]);
    } else {
      json_.key("content").null();
    }
    if (i < items.size() && items[i].kind == Item::Kind::call) {
      json_.key("tool_calls").begin_array();
      for (; i < items.size() && items[i].kind == Item::Kind::call; ++i) {
        json_.begin_object()
            .member("id", items[i].call_id)
            .member("type", "function")
            .key("function")
            .begin_object();
        json_.member("name", items[i].name);
        json_.member("arguments", items[i].arguments.empty() ? "{}" : items[i].arguments)
            .end_object()
            .end_object();
      }
      json_.end_array();
    }
    json_.end_object();
    return i;
  }

  void content(const Item& item) {
    bool plain = true, only_refusal = !item.parts.empty();
    std::string text;
    for (const Part& part : item.parts) {
      plain = plain && part.kind == Part::Kind::text;
      only_refusal = only_refusal && part.kind == Part::Kind::refusal;
      text.append(text.empty() ? "" : "\n").append(part.text);
    }
    if (plain) {
      json_.member("content", text);
    } else if (only_refusal) {
      json_.key("content").null().member("refusal", text);
    } else {
      json_.key("content").begin_array();
      for (const Part& part : item.parts) this->part(part, item);
      json_.end_array();
    }
  }

  void part(const Part& part, const Item& item) {
    switch (part.kind) {
      case Part::Kind::text:
        json_.begin_object().member("type", "text").member("text", part.text).end_object();
        return;
      case Part::Kind::refusal:
        json_.begin_object().member("type", "refusal").member("refusal", part.text).end_object();
        return;
      case Part::Kind::image:
        json_.begin_object()
            .member("type", "image_url")
            .key("image_url")
            .begin_object()
            .member("url", part.url);
        if (!part.detail.empty()) json_.member("detail", part.detail);
        json_.end_object().end_object();
        return;
      case Part::Kind::file:
        json_.begin_object().member("type", "file").key("file").begin_object();
        if (!part.file_id.empty()) json_.member("file_id", part.file_id);
        if (!part.filename.empty()) json_.member("filename", part.filename);
        if (!part.file_data.empty()) json_.member("file_data", part.file_data);
        json_.end_object().end_object();
        return;
      case Part::Kind::audio:
        if (part.source.exists()) {
          json_.value(part.source);
        } else {
          out_.refused = invalid_request("audio input is not supported by this provider", item.param);
        }
    }
  }

  void tools() {
    if (request_.tools.empty()) return;
    json_.key("tools").begin_array();
    for (const Tool& tool : request_.tools) {
      if (tool.kind != Tool::Kind::function) {
        out_.refused =
            invalid_request("this provider takes function tools only", tool.param, "unsupported_value");
        continue;
      }
      json_.begin_object()
          .member("type", "function")
          .key("function")
          .begin_object()
          .member("name", tool.name);
      if (!tool.description.empty()) json_.member("description", tool.description);
      if (tool.parameters.exists()) json_.member("parameters", tool.parameters);
      if (tool.strict) json_.member("strict", *tool.strict);
      json_.end_object().end_object();
    }
    json_.end_array();
  }

  void tool_choice() {
    write_tool_choice(json_, request_.tool_choice, Dialect::chat,
                      [this](ToolKind, std::string_view name) { tool_reference(name); });
  }

  void tool_reference(std::string_view name) {
    json_.begin_object().member("type", "function").key("function").begin_object().member("name", name);
    json_.end_object().end_object();
  }

  void format() {
    const OutputFormat& format = request_.format;
    if (format.kind == OutputFormat::Kind::unset || format.kind == OutputFormat::Kind::text) return;
    json_.key("response_format").begin_object();
    if (format.kind == OutputFormat::Kind::json_object) {
      json_.member("type", "json_object");
    } else {
      json_.member("type", "json_schema").key("json_schema").begin_object().member("name", format.name);
      if (!format.description.empty()) json_.member("description", format.description);
      if (format.strict) json_.member("strict", *format.strict);
      if (format.schema.exists()) json_.member("schema", format.schema);
      json_.end_object();
    }
    json_.end_object();
  }

  void stops() {
    json_.key("stop").begin_array();
    for (const std::string& stop : request_.stops) json_.string(stop);
    json_.end_array();
  }

  const NeutralRequest& request_;
  const UpstreamKind upstream_;
  EncodedRequest out_;
  JsonWriter json_;
};

}  // namespace

EncodedRequest encode_as_chat(const NeutralRequest& request, UpstreamKind upstream) {
  return ChatRequestEncoder(request, upstream).encode();
}

}  // namespace valetkey::dialects
