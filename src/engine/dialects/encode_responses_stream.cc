#include "engine/dialects/encode_responses_stream.h"

#include <vector>

namespace valetkey::dialects {
namespace {

struct Part {
  bool refusal = false;
  std::string text;         // escaped
  std::string annotations;  // JSON, without brackets
  size_t annotation_count = 0;
};

struct Item {
  enum class Kind { reasoning, message, call };
  Kind kind = Kind::message;
  ToolKind tool_kind = ToolKind::function;
  std::string id;
  std::string text;           // reasoning summary or arguments; escaped
  std::vector<Part> parts;    // of a message
  std::string call_id, name;  // escaped
  bool open = true;
};

class ResponsesEncoder final : public AnswerEncoder {
 public:
  ResponsesEncoder(StreamIdentity identity, std::string echo, bool stream, const AnswerFacts& facts)
      : identity_(std::move(identity)), echo_(std::move(echo)), stream_(stream), facts_(facts) {}

  void begin() override {
    if (begun_) return;
    begun_ = true;
    whole_response("response.created", "in_progress", {});
    whole_response("response.in_progress", "in_progress", {});
  }

  void text(Escaped text, std::string_view) override {
    Part& part = open_part(false);
    part.text.append(text.json);
    part_event("response.output_text.delta")
        .append(",\"delta\":\"")
        .append(text.json)
        .append("\",\"logprobs\":[]");
    send();
  }

  void refusal(Escaped text) override {
    Part& part = open_part(true);
    part.text.append(text.json);
    part_event("response.refusal.delta").append(",\"delta\":\"").append(text.json).append("\"");
    send();
  }

  void reasoning(Escaped text) override {
    if (!is_open(Item::Kind::reasoning)) {
      close_latest();
      open_item(Item::Kind::reasoning, "rs_");
      item_event("response.reasoning_summary_part.added", items_.size() - 1);
      event_.append(",\"summary_index\":0,\"part\":{\"type\":\"summary_text\",\"text\":\"\"}");
      send();
    }
    items_.back().text.append(text.json);
    item_event("response.reasoning_summary_text.delta", items_.size() - 1);
    event_.append(",\"summary_index\":0,\"delta\":\"").append(text.json).append("\"");
    send();
  }

  void annotation(std::string_view json) override {
    Part& part = open_part(false);
    part_event("response.output_text.annotation.added");
    event_.append(",\"annotation_index\":").append(std::to_string(part.annotation_count++));
    event_.append(",\"annotation\":").append(json);
    send();
    if (!part.annotations.empty()) part.annotations.push_back(',');
    part.annotations.append(json);
  }

  void tool_begin(size_t tool, ToolKind kind, Escaped call_id, Escaped name) override {
    begin();
    // Calls stay open until the end: their arguments may interleave.
    if (!items_.empty() && items_.back().kind != Item::Kind::call) close_latest();
    if (tool >= tools_.size()) tools_.resize(tool + 1);
    tools_[tool] = items_.size();
    Item item;
    item.kind = Item::Kind::call;
    item.tool_kind = kind;
    item.call_id = call_id.json;
    item.name = name.json;
    add_item(std::move(item), kind == ToolKind::custom ? "ctc_" : "fc_");
  }

  void tool_arguments(size_t tool, Escaped text) override {
    if (tool >= tools_.size()) return;
    Item& item = items_[tools_[tool]];
    item.text.append(text.json);
    item_event(item.tool_kind == ToolKind::custom ? "response.custom_tool_call_input.delta"
                                                  : "response.function_call_arguments.delta",
               tools_[tool]);
    event_.append(",\"delta\":\"").append(text.json).append("\"");
    send();
  }

  void finish(FinishReason reason) override {
    begin();
    bool cut = reason == FinishReason::length || reason == FinishReason::content_filter;
    for (size_t i = 0; i < items_.size(); ++i) close(i, cut ? "incomplete" : "completed");
    std::string_view details = reason == FinishReason::length           ? "max_output_tokens"
                               : reason == FinishReason::content_filter ? "content_filter"
                                                                        : "";
    whole_response(cut ? "response.incomplete" : "response.completed", cut ? "incomplete" : "completed",
                   details);
  }

  void error(const Failure& failure) override {
    if (stream_) append_responses_error(out(), failure, sequence_);
  }

  std::string aggregate() override { return std::move(answer_); }

 private:
  bool is_open(Item::Kind kind) const {
    return !items_.empty() && items_.back().kind == kind && items_.back().open;
  }

  // ---- one event: begin in event_, end with send() ----

  std::string& event(std::string_view type) {
    event_.assign("event: ").append(type).append("\ndata: {\"type\":\"").append(type);
    event_.append("\",\"sequence_number\":").append(std::to_string(sequence_));
    return event_;
  }
  std::string& item_event(std::string_view type, size_t index) {
    return event(type)
        .append(",\"item_id\":\"")
        .append(items_[index].id)
        .append("\",\"output_index\":")
        .append(std::to_string(index));
  }
  std::string& part_event(std::string_view type) {
    item_event(type, items_.size() - 1);
    return event_.append(",\"content_index\":").append(std::to_string(items_.back().parts.size() - 1));
  }
  void send() {
    ++sequence_;
    if (stream_) out().append(event_).append("}\n\n");
  }

  // ---- items ----

  void open_item(Item::Kind kind, std::string_view prefix) {
    begin();
    Item item;
    item.kind = kind;
    add_item(std::move(item), prefix);
  }

  void add_item(Item item, std::string_view prefix) {
    size_t index = items_.size();
    item.id = derived_id(prefix, identity_) + "_" + std::to_string(index);
    items_.push_back(std::move(item));
    event("response.output_item.added")
        .append(",\"output_index\":")
        .append(std::to_string(index))
        .append(",\"item\":");
    write_item(event_, items_.back(), "in_progress");
    send();
  }

  Part& open_part(bool refusal) {
    if (!is_open(Item::Kind::message)) {
      close_latest();
      open_item(Item::Kind::message, "msg_");
    }
    Item& item = items_.back();
    if (item.parts.empty() || item.parts.back().refusal != refusal) {
      if (!item.parts.empty()) close_part();
      item.parts.emplace_back().refusal = refusal;
      part_event("response.content_part.added").append(",\"part\":");
      write_part(event_, item.parts.back());
      send();
    }
    return item.parts.back();
  }

  void close_part() {
    const Part& part = items_.back().parts.back();
    part_event(part.refusal ? "response.refusal.done" : "response.output_text.done");
    event_.append(part.refusal ? ",\"refusal\":\"" : ",\"text\":\"").append(part.text).append("\"");
    if (!part.refusal) event_.append(",\"logprobs\":[]");
    send();
    part_event("response.content_part.done").append(",\"part\":");
    write_part(event_, part);
    send();
  }

  // Reasoning and messages follow one another; only calls may stay open beside them.
  void close_latest() {
    if (!items_.empty() && items_.back().kind != Item::Kind::call) close(items_.size() - 1, "completed");
  }

  void close(size_t index, std::string_view status) {
    Item& item = items_[index];
    if (!item.open) return;
    item.open = false;
    if (item.kind == Item::Kind::message && !item.parts.empty()) close_part();
    if (item.kind == Item::Kind::reasoning) {
      item_event("response.reasoning_summary_text.done", index);
      event_.append(",\"summary_index\":0,\"text\":\"").append(item.text).append("\"");
      send();
      item_event("response.reasoning_summary_part.done", index);
      event_.append(",\"summary_index\":0,\"part\":{\"type\":\"summary_text\",\"text\":\"")
          .append(item.text)
          .append("\"}");
      send();
    }
    if (item.kind == Item::Kind::call) close_call(item, index);
    event("response.output_item.done")
        .append(",\"output_index\":")
        .append(std::to_string(index))
        .append(",\"item\":");
    write_item(event_, item, status);
    send();
  }

  void close_call(Item& item, size_t index) {
    bool custom = item.tool_kind == ToolKind::custom;
    if (item.text.empty() && !custom) item.text = "{}";
    item_event(custom ? "response.custom_tool_call_input.done" : "response.function_call_arguments.done",
               index);
    if (!custom) event_.append(",\"name\":\"").append(item.name).append("\"");
    event_.append(custom ? ",\"input\":\"" : ",\"arguments\":\"").append(item.text).append("\"");
    send();
  }

  static void write_part(std::string& out, const Part& part) {
    if (part.refusal) {
      out.append("{\"type\":\"refusal\",\"refusal\":\"").append(part.text).append("\"}");
    } else {
      out.append("{\"type\":\"output_text\",\"text\":\"").append(part.text).append("\",\"annotations\":[");
      out.append(part.annotations).append("],\"logprobs\":[]}");
    }
  }

  static void write_item(std::string& out, const Item& item, std::string_view status) {
    out.append("{\"id\":\"").append(item.id);
    bool custom = item.tool_kind == ToolKind::custom;
    if (item.kind == Item::Kind::reasoning) {
      out.append("\",\"type\":\"reasoning\",\"summary\":[");
      if (!item.open) out.append("{\"type\":\"summary_text\",\"text\":\"").append(item.text).append("\"}");
      out.append("]}");
      return;
    }
    if (item.kind == Item::Kind::call) {
      out.append(custom ? "\",\"type\":\"custom_tool_call\"" : "\",\"type\":\"function_call\"");
      out.append(",\"status\":\"").append(status).append("\",\"call_id\":\"").append(item.call_id);
      out.append("\",\"name\":\"")
          .append(item.name)
          .append(custom ? "\",\"input\":\"" : "\",\"arguments\":\"");
      out.append(item.text).append("\"}");
      return;
    }
    out.append("\",\"type\":\"message\",\"status\":\"")
        .append(status)
        .append("\",\"role\":\"assistant\",\"content\":[");
    bool first = true;
    for (const Part& part : item.parts) {
      if (!first) out.push_back(',');
      first = false;
      write_part(out, part);
    }
    out.append("]}");
  }

  void whole_response(std::string_view type, std::string_view status, std::string_view incomplete_reason) {
    bool terminal = status != "in_progress";
    answer_.clear();
    JsonWriter json(answer_);
    json.begin_object().member("id", derived_id("resp_", identity_)).member("object", "response");
    json.member("created_at", identity_.created).member("status", status).member("background", false);
    json.key("error").null().key("incomplete_details");
    if (incomplete_reason.empty()) {
      json.null();
    } else {
      json.begin_object().member("reason", incomplete_reason).end_object();
    }
    json.member("model", identity_.model).key("output").begin_array();
    for (const Item& item : items_) {
      item_json_.clear();
      write_item(item_json_, item, status);
      json.raw(item_json_);
    }
    json.end_array();
    if (!facts_.service_tier.empty()) json.member("service_tier", facts_.service_tier);
    json.key("usage");
    if (terminal && facts_.usage.known) {
      write_responses_usage(json, facts_.usage);
    } else {
      json.null();
    }
    answer_.append(",").append(echo_).append("}");
    event(type).append(",\"response\":").append(answer_);
    send();
  }

  const StreamIdentity identity_;
  const std::string echo_;
  const bool stream_;
  const AnswerFacts& facts_;
  int64_t sequence_ = 0;
  std::string event_, item_json_, answer_;
  std::vector<Item> items_;
  std::vector<size_t> tools_;  // tool number -> place in items_
};

}  // namespace

void append_responses_error(std::string& out, const Failure& failure, int64_t sequence_number) {
  out.append("event: error\ndata: ");
  JsonWriter json(out);
  auto optional = [&json](std::string_view name, const std::string& text) {
    if (text.empty()) {
      json.key(name).null();
    } else {
      json.member(name, text);
    }
  };
  json.begin_object().member("type", "error");
  optional("code", failure.code);
  json.member("message", failure.message);
  optional("param", failure.param);
  json.member("sequence_number", sequence_number).key("error").begin_object();
  json.member("type", failure.type);
  optional("code", failure.code);
  json.member("message", failure.message);
  optional("param", failure.param);
  json.end_object().end_object();
  out.append("\n\n");
}

void write_responses_usage(JsonWriter& json, const Usage& usage) {
  json.begin_object().member("input_tokens", usage.input_tokens);
  json.key("input_tokens_details").begin_object().member("cached_tokens", usage.cached_tokens).end_object();
  json.member("output_tokens", usage.output_tokens);
  json.key("output_tokens_details")
      .begin_object()
      .member("reasoning_tokens", usage.reasoning_tokens)
      .end_object();
  json.member("total_tokens", usage.total_tokens).end_object();
}

std::string derived_id(std::string_view prefix, const StreamIdentity& identity) {
  std::string_view rest = identity.id;
  for (std::string_view known : {"chatcmpl-", "resp_"}) {
    if (rest.starts_with(known)) rest.remove_prefix(known.size());
  }
  std::string out(prefix);
  append_json_escaped(out, rest);
  return out;
}

std::unique_ptr<AnswerEncoder> responses_encoder(StreamIdentity identity, std::string echo, bool stream,
                                                 const AnswerFacts& facts) {
  return std::make_unique<ResponsesEncoder>(std::move(identity), std::move(echo), stream, facts);
}

}  // namespace valetkey::dialects
