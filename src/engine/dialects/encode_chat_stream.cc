#include "engine/dialects/encode_chat_stream.h"

namespace valetkey::dialects {
namespace {

class ChatStreamEncoder final : public AnswerEncoder {
 public:
  ChatStreamEncoder(StreamIdentity identity, ChatAnswerStyle style, const AnswerFacts& facts)
      : identity_(std::move(identity)), style_(style), facts_(facts) {}

  void begin() override {
    if (begun_) return;
    begun_ = true;
    prepare_frames();
    delta(R"("role":"assistant","content":"","refusal":null)");
  }

  void text(Escaped text, std::string_view logprobs) override {
    begin();
    if (logprobs.empty()) [[likely]] {
      out().append(text_head_).append(text.json).append(text_tail_);
      return;
    }
    out().append(text_head_).append(text.json).append("\"},\"logprobs\":{\"content\":").append(logprobs);
    out().append(",\"refusal\":null},\"finish_reason\":null}]").append(chunk_end());
  }

  void refusal(Escaped text) override { string_delta("refusal", text); }
  void reasoning(Escaped text) override { string_delta("reasoning_content", text); }

  void annotation(std::string_view json) override {
    std::string own = chat_annotation(json);
    if (own.empty()) return;
    begin();
    delta("\"annotations\":[" + own + "]");
  }

  void tool_begin(size_t tool, ToolKind kind, Escaped call_id, Escaped name) override {
    begin();
    if (style_.legacy_function_call && tool > 0) return;  // that form has room for one
    if (tool >= tools_.size()) tools_.resize(tool + 1);
    tools_[tool] = {kind, false};
    out().append(head());
    if (style_.legacy_function_call) {
      out().append("\"function_call\":{\"name\":\"").append(name.json).append("\",\"arguments\":\"\"}");
    } else {
      bool custom = kind == ToolKind::custom;
      out().append("\"tool_calls\":[{\"index\":").append(std::to_string(tool));
      out().append(",\"id\":\"").append(call_id.json);
      out().append(custom ? "\",\"type\":\"custom\",\"custom\":{\"name\":\""
                          : "\",\"type\":\"function\",\"function\":{\"name\":\"");
      out().append(name.json).append(custom ? "\",\"input\":\"\"}}]" : "\",\"arguments\":\"\"}}]");
    }
    out().append(tail());
  }

  void tool_arguments(size_t tool, Escaped text) override {
    if (tool >= tools_.size() || text.json.empty()) return;
    tools_[tool].has_arguments = true;
    out().append(head());
    if (style_.legacy_function_call) {
      out().append("\"function_call\":{\"arguments\":\"").append(text.json).append("\"}");
    } else {
      bool custom = tools_[tool].kind == ToolKind::custom;
      out().append("\"tool_calls\":[{\"index\":").append(std::to_string(tool));
      out().append(custom ? ",\"custom\":{\"input\":\"" : ",\"function\":{\"arguments\":\"");
      out().append(text.json).append("\"}}]");
    }
    out().append(tail());
  }

  void finish(FinishReason reason) override {
    begin();
    for (size_t tool = 0; tool < tools_.size(); ++tool) {
      if (!tools_[tool].has_arguments && tools_[tool].kind == ToolKind::function)
        tool_arguments(tool, {"{}"});
    }
    out().append(head()).append("},\"finish_reason\":\"");
    out().append(finish_reason_word(reason, style_.legacy_function_call)).append("\"}]").append(chunk_end());
    if (style_.include_usage && facts_.usage.known) usage_chunk();
    out().append("data: [DONE]\n\n");
  }

  void error(const Failure& failure) override {
    out().append("data: ").append(error_envelope(failure)).append("\n\n");
  }

  std::string aggregate() override { return {}; }

 private:
  struct Tool {
    ToolKind kind = ToolKind::function;
    bool has_arguments = false;
  };

  // Everything that is the same in every chunk, once.
  void prepare_frames() {
    std::string& text = text_head_;
    text = "data: ";
    JsonWriter json(text);
    json.begin_object().member("id", identity_.id).member("object", "chat.completion.chunk");
    json.member("created", identity_.created).member("model", identity_.model);
    if (!facts_.service_tier.empty()) json.member("service_tier", facts_.service_tier);
    if (!facts_.system_fingerprint.empty()) json.member("system_fingerprint", facts_.system_fingerprint);
    json.key("choices");
    start_size_ = text.size();
    text.append("[{\"index\":0,\"delta\":{");
    head_size_ = text.size();
    text.append("\"content\":\"");
    text.shrink_to_fit();
    text_tail_ = "\"},\"finish_reason\":null}]";
    tail_size_ = text_tail_.size();
    text_tail_.append(style_.include_usage ? ",\"usage\":null}\n\n" : "}\n\n");
  }

  std::string_view start() const { return std::string_view(text_head_).substr(0, start_size_); }
  std::string_view head() const { return std::string_view(text_head_).substr(0, head_size_); }
  std::string_view tail() const { return std::string_view(text_tail_).substr(1); }
  std::string_view chunk_end() const { return std::string_view(text_tail_).substr(tail_size_); }

  void delta(std::string_view members) { out().append(head()).append(members).append(tail()); }

  void string_delta(std::string_view name, Escaped text) {
    begin();
    out().append(head()).append("\"").append(name).append("\":\"").append(text.json).append(text_tail_);
  }

  void usage_chunk() {
    out().append(start()).append("[],\"usage\":");
    JsonWriter json(out());
    write_chat_usage(json, facts_.usage);
    out().append("}\n\n");
  }

  const StreamIdentity identity_;
  const ChatAnswerStyle style_;
  const AnswerFacts& facts_;
  // data: {..,"choices": | [{"index":0,"delta":{ | "content":" | text | " | },"finish_reason":null}] | }
  // start, head and the tails are parts of these two: ten thousand streams keep them.
  std::string text_head_, text_tail_;
  size_t start_size_ = 0, head_size_ = 0, tail_size_ = 0;
  std::vector<Tool> tools_;
};

}  // namespace

void write_chat_usage(JsonWriter& json, const Usage& usage) {
  json.begin_object();
  json.member("prompt_tokens", usage.input_tokens).member("completion_tokens", usage.output_tokens);
  json.member("total_tokens", usage.total_tokens);
  json.key("prompt_tokens_details").begin_object().member("cached_tokens", usage.cached_tokens).end_object();
  json.key("completion_tokens_details")
      .begin_object()
      .member("reasoning_tokens", usage.reasoning_tokens)
      .end_object();
  json.end_object();
}

std::string_view finish_reason_word(FinishReason reason, bool legacy_function_call) {
  switch (reason) {
    case FinishReason::stop:
      return "stop";
    case FinishReason::length:
      return "length";
    case FinishReason::tool_calls:
      return legacy_function_call ? "function_call" : "tool_calls";
    case FinishReason::content_filter:
      return "content_filter";
  }
  return "stop";
}

std::string chat_annotation(std::string_view responses_annotation) {
  auto parsed = JsonDocument::parse(responses_annotation);
  if (!parsed.ok() || parsed->root()["type"].string_or("") != "url_citation") return {};
  std::string out;
  JsonWriter json(out);
  json.begin_object().member("type", "url_citation").key("url_citation").begin_object();
  parsed->root().each_member([&](std::string_view name, const Json& value) {
    if (name != "type") json.member(name, value);
  });
  json.end_object().end_object();
  return out;
}

std::unique_ptr<AnswerEncoder> chat_stream_encoder(StreamIdentity identity, ChatAnswerStyle style,
                                                   const AnswerFacts& facts) {
  return std::make_unique<ChatStreamEncoder>(std::move(identity), style, facts);
}

}  // namespace valetkey::dialects
