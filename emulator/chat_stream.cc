#include "chat_stream.h"

#include <algorithm>

#include "chat_parts.h"

namespace valetkey::emulator {
namespace {

constexpr size_t kArgumentPiece = 12;

class ChatStream {
 public:
  explicit ChatStream(const ChatInput& input) : in_(input) {}

  std::vector<Event> take() {
    if (in_.shape.prompt_filter_first) emit_prompt_filter();
    if (!in_.shape.no_role)
      emit_delta([](JsonWriter& json) { json.member("role", "assistant").member("content", ""); });
    if (in_.shape.reasoning_content) emit_pieces("reasoning_content", in_.answer->reasoning, false);
    emit_pieces("refusal", in_.answer->refusal, false);
    emit_pieces("content", in_.answer->text, true);
    int64_t index = 0;
    for (const ToolCall& call : in_.answer->calls) emit_call(call, index++);
    if (in_.shape.usage_before_finish) emit_usage();
    emit_finish();
    if (in_.shape.finish_twice) emit_finish();
    if (wants_usage() && !in_.shape.usage_before_finish) emit_usage();
    if (!in_.shape.no_done) events_.push_back(Event{{}, "[DONE]", false});
    return std::move(events_);
  }

 private:
  bool wants_usage() const { return in_.include_usage || in_.shape.usage_always; }

  void write_head(JsonWriter& json) {
    json.begin_object().member("id", in_.shape.empty_id ? std::string() : in_.id);
    json.member("object", "chat.completion.chunk")
        .member("created", in_.created)
        .member("model", in_.prompt->model);
  }

  void close(Event& event, JsonWriter& json) {
    if (in_.shape.usage_on_every_chunk) {
      write_chat_usage(json.key("usage"), *in_.answer);
    } else if (in_.include_usage) {
      json.key("usage").null();
    }
    json.end_object();
    events_.push_back(std::move(event));
  }

  template <class Fill>
  void emit_delta(const Fill& fill, bool text_delta = false, std::string_view logprob_of = {}) {
    Event event{{}, {}, text_delta};
    JsonWriter json(event.data);
    write_head(json);
    json.key("choices").begin_array().begin_object().member("index", 0).key("delta").begin_object();
    if (in_.shape.role_always) json.member("role", "assistant");
    fill(json);
    json.end_object().key("logprobs");
    if (in_.prompt->wants_logprobs && !logprob_of.empty()) {
      write_logprobs(json, {logprob_of}, in_.prompt->top_logprobs);
    } else {
      json.null();
    }
    json.key("finish_reason").null().end_object().end_array();
    close(event, json);
  }

  void emit_pieces(std::string_view field, std::string_view text, bool is_text) {
    for (std::string_view piece : pieces_of(text)) {
      emit_delta([&](JsonWriter& json) { json.member(field, piece); }, is_text,
                 is_text ? piece : std::string_view());
    }
  }

  void emit_tool_delta(int64_t index, std::string_view id, std::string_view name,
                       std::string_view arguments) {
    emit_delta([&](JsonWriter& json) {
      json.key("tool_calls").begin_array().begin_object();
      if (!in_.shape.tool_without_index) json.member("index", index);
      if (!id.empty()) json.member("id", id).member("type", "function");
      json.key("function").begin_object();
      if (!name.empty()) json.member("name", name);
      json.member("arguments", arguments).end_object().end_object().end_array();
    });
  }

  void emit_call(const ToolCall& call, int64_t index) {
    const std::string id = in_.ids->make("call_", 24);
    if (in_.shape.tool_whole) return emit_tool_delta(index, id, call.name, call.arguments);
    std::string_view name = call.name;
    if (in_.shape.tool_name_split && name.size() > 1) {
      emit_tool_delta(index, id, name.substr(0, name.size() / 2), "");
      emit_tool_delta(index, {}, name.substr(name.size() / 2), "");
    } else {
      emit_tool_delta(index, id, name, "");
    }
    std::string_view rest = call.arguments;
    while (!rest.empty()) {
      size_t size = std::min(kArgumentPiece, rest.size());
      while (size < rest.size() && (static_cast<unsigned char>(rest[size]) & 0xC0) == 0x80) ++size;
      emit_tool_delta(index, {}, {}, rest.substr(0, size));
      rest.remove_prefix(size);
    }
  }

  void emit_finish() {
    Event event;
    JsonWriter json(event.data);
    write_head(json);
    json.key("choices")
        .begin_array()
        .begin_object()
        .member("index", 0)
        .key("delta")
        .begin_object()
        .end_object();
    json.key("logprobs")
        .null()
        .member("finish_reason", finish_word(in_.answer->finish))
        .end_object()
        .end_array();
    close(event, json);
  }

  void emit_usage() {
    Event event;
    JsonWriter json(event.data);
    write_head(json);
    json.key("choices").begin_array().end_array().key("usage");
    write_chat_usage(json, *in_.answer);
    json.end_object();
    events_.push_back(std::move(event));
  }

  void emit_prompt_filter() {
    Event event;
    JsonWriter json(event.data);
    write_head(json);
    json.key("choices").begin_array().end_array();
    json.key("prompt_filter_results").begin_array().begin_object().member("prompt_index", 0);
    json.key("content_filter_results").begin_object().end_object().end_object().end_array();
    json.end_object();
    events_.push_back(std::move(event));
  }

  const ChatInput& in_;
  std::vector<Event> events_;
};

}  // namespace

void bend_shape(ChatShape& shape, std::string_view id) {
  if (id == "S11.no_role") shape.no_role = true;
  if (id == "S11.role_every_chunk") shape.role_always = true;
  if (id == "S11.finish_twice") shape.finish_twice = true;
  if (id == "S11.usage_before_finish") shape.usage_before_finish = true;
  if (id == "S11.usage_every_chunk") shape.usage_on_every_chunk = true;
  if (id == "S11.tool_no_index") shape.tool_without_index = true;
  if (id == "S11.tool_whole") shape.tool_whole = true;
  if (id == "S11.name_split") shape.tool_name_split = true;
  if (id == "S11.id_empty") shape.empty_id = true;
  if (id == "S11.empty_choices_first") shape.prompt_filter_first = true;
  if (id == "S11.no_done") shape.no_done = true;
}

std::vector<Event> make_chat_events(const ChatInput& input) {
  return ChatStream(input).take();
}

}  // namespace valetkey::emulator
