#include "engine/dialects/encode_chat_stream.h"

namespace valetkey::dialects {
namespace {

class ChatAggregator final : public AnswerEncoder {
 public:
  ChatAggregator(StreamIdentity identity, ChatAnswerStyle style, const AnswerFacts& facts)
      : identity_(std::move(identity)), style_(style), facts_(facts) {}

  void begin() override { begun_ = true; }
  void text(Escaped text, std::string_view logprobs) override {
    begin();
    has_text_ = true;
    text_.append(text.json);
    // `[a,b]` and `[c]` become `a,b,c`.
    if (logprobs.size() > 2) {
      if (!logprobs_.empty()) logprobs_.push_back(',');
      logprobs_.append(logprobs.substr(1, logprobs.size() - 2));
    }
  }
  void refusal(Escaped text) override {
    begin();
    refusal_.append(text.json);
  }
  void reasoning(Escaped text) override {
    begin();
    reasoning_.append(text.json);
  }
  void annotation(std::string_view json) override {
    begin();
    std::string own = chat_annotation(json);
    if (own.empty()) return;
    if (!annotations_.empty()) annotations_.push_back(',');
    annotations_.append(own);
  }
  void tool_begin(size_t tool, ToolKind kind, Escaped call_id, Escaped name) override {
    begin();
    if (tool >= tools_.size()) tools_.resize(tool + 1);
    tools_[tool] = {kind, std::string(call_id.json), std::string(name.json), {}};
  }
  void tool_arguments(size_t tool, Escaped text) override {
    if (tool < tools_.size()) tools_[tool].arguments.append(text.json);
  }
  void finish(FinishReason reason) override {
    begin();
    reason_ = reason;
  }
  void error(const Failure&) override {}

  std::string aggregate() override {
    std::string out;
    out.reserve(512 + text_.size() + reasoning_.size());
    JsonWriter json(out);
    json.begin_object().member("id", identity_.id).member("object", "chat.completion");
    json.member("created", identity_.created).member("model", identity_.model);
    json.key("choices").begin_array().begin_object().member("index", 0);
    json.key("message");
    message(json);
    json.key("logprobs");
    if (logprobs_.empty()) {
      json.null();
    } else {
      json.raw("{\"content\":[" + logprobs_ + "],\"refusal\":null}");
    }
    json.member("finish_reason", finish_reason_word(reason_, style_.legacy_function_call));
    json.end_object().end_array();
    if (facts_.usage.known) write_chat_usage(json.key("usage"), facts_.usage);
    if (!facts_.service_tier.empty()) json.member("service_tier", facts_.service_tier);
    if (!facts_.system_fingerprint.empty()) json.member("system_fingerprint", facts_.system_fingerprint);
    json.end_object();
    return out;
  }

 private:
  struct Tool {
    ToolKind kind = ToolKind::function;
    std::string call_id, name, arguments;  // escaped
  };

  static void quoted(JsonWriter& json, std::string_view name, std::string_view escaped) {
    std::string text = "\"";
    text.append(escaped).push_back('"');
    json.key(name).raw(text);
  }

  void message(JsonWriter& json) {
    json.begin_object().member("role", "assistant");
    if (has_text_ || (tools_.empty() && refusal_.empty())) {
      quoted(json, "content", text_);
    } else {
      json.key("content").null();
    }
    if (refusal_.empty()) {
      json.key("refusal").null();
    } else {
      quoted(json, "refusal", refusal_);
    }
    if (!reasoning_.empty()) quoted(json, "reasoning_content", reasoning_);
    json.key("annotations").raw("[" + annotations_ + "]");
    if (!tools_.empty()) tool_calls(json);
    json.end_object();
  }

  void tool_calls(JsonWriter& json) {
    if (style_.legacy_function_call) {
      json.key("function_call").begin_object();
      function_members(json, tools_.front());
      json.end_object();
      return;
    }
    json.key("tool_calls").begin_array();
    for (const Tool& tool : tools_) {
      bool custom = tool.kind == ToolKind::custom;
      json.begin_object();
      quoted(json, "id", tool.call_id);
      json.member("type", custom ? "custom" : "function").key(custom ? "custom" : "function").begin_object();
      function_members(json, tool);
      json.end_object().end_object();
    }
    json.end_array();
  }

  static void function_members(JsonWriter& json, const Tool& tool) {
    quoted(json, "name", tool.name);
    bool custom = tool.kind == ToolKind::custom;
    quoted(json, custom ? "input" : "arguments", tool.arguments.empty() && !custom ? "{}" : tool.arguments);
  }

  const StreamIdentity identity_;
  const ChatAnswerStyle style_;
  const AnswerFacts& facts_;
  std::string text_, refusal_, reasoning_, annotations_, logprobs_;  // escaped, or JSON without its brackets
  std::vector<Tool> tools_;
  FinishReason reason_ = FinishReason::stop;
  bool has_text_ = false;
};

}  // namespace

std::unique_ptr<AnswerEncoder> chat_aggregator(StreamIdentity identity, ChatAnswerStyle style,
                                               const AnswerFacts& facts) {
  return std::make_unique<ChatAggregator>(std::move(identity), style, facts);
}

}  // namespace valetkey::dialects
