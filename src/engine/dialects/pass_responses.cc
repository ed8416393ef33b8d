// Responses client, Responses upstream: the client's own body, with what the upstream needs changed.
// Everything that has no rule here (custom tools, namespaces, tool_search, item kinds of tomorrow) passes as
// it is.
#include "engine/dialects/request_reader.h"
#include "engine/dialects/tool_names.h"
#include "engine/dialects/upstream_rules.h"

namespace valetkey::dialects {
namespace {

constexpr std::string_view kEncryptedReasoning = "reasoning.encrypted_content";

class ResponsesPass {
 public:
  ResponsesPass(const NeutralRequest& request, UpstreamKind upstream, std::string_view cache_key)
      : request_(request),
        body_(request.body),
        upstream_(upstream),
        cache_key_(cache_key),
        json_(out_.body) {}

  EncodedRequest encode() {
    out_.body.reserve(1024 + request_.instructions.size());
    json_.begin_object().member("model", request_.model).member("instructions", request_.instructions);
    input();
    tools();
    tool_choice();
    if (request_.parallel_tool_calls) json_.member("parallel_tool_calls", *request_.parallel_tool_calls);
    reasoning();
    if (body_["store"].boolean().value_or(false)) out_.dropped.emplace_back("store");
    json_.member("store", false).member("stream", true);
    include();
    if (body_["text"].is_object()) json_.member("text", body_["text"]);
    stream_options();
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

  void input() {
    json_.key("input").begin_array();
    if (auto text = body_["input"].string()) {
      json_.begin_object().member("type", "message").member("role", "user").key("content");
      text_content(*text, "input_text");
      json_.end_object();
    }
    size_t index = 0;
    body_["input"].each_element([&](const Json& item) { this->item(item, index++); });
    json_.end_array();
  }

  void text_content(std::string_view text, std::string_view type) {
    json_.begin_array().begin_object().member("type", type).member("text", text).end_object().end_array();
  }

  // Nothing is stored there, so ids mean nothing and a reasoning item lives by its encrypted content alone.
  void item(const Json& item, size_t index) {
    std::string_view type = item["type"].string_or("message");
    if (type == "item_reference") {
      return refuse(
          invalid_request("item_reference is not supported: items are not stored here, send the item itself",
                          element_param("input", index), "unsupported_value"));
    }
    if (type == "reasoning" && !item["encrypted_content"].is_string()) return;
    std::string_view role = item["role"].string_or("");
    json_.begin_object();
    if (!item["type"].exists()) json_.member("type", "message");
    item.each_member([&](std::string_view name, const Json& value) {
      auto text = value.string();
      if (name == "id") return;
      if (name == "role" && role == "system") {
        json_.member(name, "developer");
      } else if (name == "content" && text && type == "message") {
        json_.key(name);
        text_content(*text, role == "assistant" ? "output_text" : "input_text");
      } else if (name == "content" && value.is_array()) {
        json_.key(name);
        content(value);
      } else if (name == "name" && text && (type == "function_call" || type == "custom_tool_call")) {
        json_.member(name, names_.shortened(*text));
      } else {
        json_.member(name, value);
      }
    });
    json_.end_object();
  }

  void content(const Json& parts) {
    json_.begin_array();
    parts.each_element([&](const Json& part) {
      if (!part["prompt_cache_breakpoint"].exists()) {
        json_.value(part);
        return;
      }
      json_.begin_object();
      part.each_member([&](std::string_view name, const Json& value) {
        if (name != "prompt_cache_breakpoint") json_.member(name, value);
      });
      json_.end_object();
    });
    json_.end_array();
  }

  void tools() {
    Json tools = body_["tools"];
    if (!tools.is_array()) return;
    json_.key("tools").begin_array();
    tools.each_element([&](const Json& tool) { named(tool); });
    json_.end_array();
  }

  // A tool, or a reference to one: type and name may have to change, the rest never.
  void named(const Json& tool) {
    std::string_view type = tool["type"].string_or("");
    bool has_name = type == "function" || type == "custom";
    json_.begin_object();
    tool.each_member([&](std::string_view name, const Json& value) {
      auto text = value.string();
      if (name == "type" && type.starts_with("web_search_preview")) {
        json_.member(name, "web_search");
      } else if (name == "name" && text && has_name) {
        json_.member(name, names_.shortened(*text));
      } else {
        json_.member(name, value);
      }
    });
    json_.end_object();
  }

  void tool_choice() {
    Json choice = body_["tool_choice"];
    if (choice.is_string()) {
      json_.member("tool_choice", choice);
    } else if (choice.is_object()) {
      json_.key("tool_choice");
      if (choice["tools"].is_array()) {
        allowed(choice);
      } else {
        named(choice);
      }
    }
  }

  void allowed(const Json& choice) {
    json_.begin_object();
    choice.each_member([&](std::string_view name, const Json& value) {
      if (name != "tools") {
        json_.member(name, value);
        return;
      }
      json_.key(name).begin_array();
      value.each_element([&](const Json& tool) { named(tool); });
      json_.end_array();
    });
    json_.end_object();
  }

  void reasoning() {
    Json reasoning = body_["reasoning"];
    if (!reasoning.is_object()) return;
    json_.key("reasoning").begin_object();
    reasoning.each_member([&](std::string_view name, const Json& value) {
      if (auto effort = value.string(); name == "effort" && effort) {
        json_.member(name, effort_for(upstream_, *effort));
      } else {
        json_.member(name, value);
      }
    });
    json_.end_object();
  }

  void include() {
    json_.key("include").begin_array().string(kEncryptedReasoning);
    body_["include"].each_element([&](const Json& element) {
      auto name = element.string();
      if (!name || *name == kEncryptedReasoning) return;
      if (*name == "message.output_text.logprobs" && upstream_ != UpstreamKind::xai_responses) {
        refuse(invalid_request("this provider gives no log probabilities", "include", "unsupported_value"));
      }
      json_.string(*name);
    });
    json_.end_array();
  }

  void stream_options() {
    Json delivery = body_["stream_options"]["reasoning_summary_delivery"];
    if (upstream_ != UpstreamKind::codex || !delivery.exists()) return;
    json_.key("stream_options").begin_object().member("reasoning_summary_delivery", delivery).end_object();
  }

  const NeutralRequest& request_;
  const Json body_;
  const UpstreamKind upstream_;
  const std::string_view cache_key_;
  EncodedRequest out_;
  JsonWriter json_;
  ToolNames names_;
};

}  // namespace

EncodedRequest pass_responses(const NeutralRequest& request, UpstreamKind upstream,
                              std::string_view cache_key) {
  return ResponsesPass(request, upstream, cache_key).encode();
}

}  // namespace valetkey::dialects
