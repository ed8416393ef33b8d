// Chat upstreams agree on the happy path only. Seen in the field: no role or one on every chunk, two finish
// chunks, the usage first or everywhere, tool deltas without index, whole tools in one chunk, empty ids,
// names in pieces, an empty first chunk, one answer spread over several choices, no [DONE].
#include "engine/dialects/decode_chat_stream.h"

#include <vector>

#include "engine/dialects/responses_events.h"
#include "engine/dialects/stream_failures.h"
#include "engine/dialects/tool_names.h"
#include "foundation/base/strings.h"

namespace valetkey::dialects {
namespace {

struct Call {
  int64_t choice = 0;
  std::optional<int64_t> index;
  ToolKind kind = ToolKind::function;
  std::string id, name;  // escaped
  bool announced = false;
};

class ChatStreamDecoder final : public StreamDecoder {
 public:
  ChatStreamDecoder(std::string id_seed, AnswerFacts& facts) : id_seed_(std::move(id_seed)), facts_(facts) {}

  bool complete() const override { return complete_; }
  const std::optional<Failure>& failure() const override { return failure_; }

  // Without [DONE] a finish reason is as good.
  bool on_end(EventSink& sink) override {
    if (!complete_ && !failure_ && reason_) finish(sink);
    return complete_;
  }

  void on_event(const http::SseEvent& event, EventSink& sink) override {
    if (complete_ || failure_) return;
    std::string_view data = trim(event.data);
    if (data.empty()) return;
    if (data.starts_with("[DONE]")) return finish(sink);
    Json root = parser_.parse(data);
    if (!root.is_object()) {
      failure_ = event.event == "error" ? classify_stream_error(UpstreamError{.message = data})
                                        : malformed_event_failure();
      return;
    }
    Json error = root["error"];
    bool has_error = error.exists() && !error.is_null() && error.boolean().value_or(true);
    if (has_error || event.event == "error" || root["type"].string_or("") == "error") {
      failure_ = classify_stream_error(root);
      return;
    }
    take_chunk(root, sink);
  }

 private:
  void take_chunk(const Json& root, EventSink& sink) {
    if (Usage usage = usage_from_chat(root["usage"]); usage.known) facts_.usage = usage;
    if (facts_.service_tier.empty()) facts_.service_tier = root["service_tier"].string_or("");
    if (facts_.system_fingerprint.empty())
      facts_.system_fingerprint = root["system_fingerprint"].string_or("");
    root["choices"].each_element([&](const Json& choice) {
      int64_t number = choice["index"].integer().value_or(0);
      // Some send a whole message in place of a delta.
      Json delta = choice["delta"].is_object() ? choice["delta"] : choice["message"];
      take_delta(number, delta, choice["logprobs"]["content"], sink);
      if (auto reason = choice["finish_reason"].string()) take_reason(*reason);
    });
  }

  void take_delta(int64_t choice, const Json& delta, const Json& logprobs, EventSink& sink) {
    auto reasoning = delta["reasoning_content"].string();
    if (!reasoning) reasoning = delta["reasoning"].string();
    if (reasoning && !reasoning->empty()) sink.reasoning(escape_into(scratch_, *reasoning));
    take_content(delta["content"], logprobs, sink);
    if (auto refusal = delta["refusal"].string(); refusal && !refusal->empty()) {
      sink.refusal(escape_into(scratch_, *refusal));
    }
    delta["annotations"].each_element([&](const Json& annotation) { take_annotation(annotation, sink); });
    delta["tool_calls"].each_element([&](const Json& call) { take_call(choice, call, sink); });
    if (delta["function_call"].is_object()) take_legacy_call(choice, delta["function_call"], sink);
  }

  void take_content(const Json& content, const Json& logprobs, EventSink& sink) {
    std::string tokens = logprobs.size() > 0 ? to_json(logprobs) : std::string();
    auto text = content.string();
    if (text && (!text->empty() || !tokens.empty())) sink.text(escape_into(scratch_, *text), tokens);
    content.each_element([&](const Json& part) {
      auto piece = part["text"].string();
      if (piece && !piece->empty()) sink.text(escape_into(scratch_, *piece), {});
    });
  }

  static void take_annotation(const Json& annotation, EventSink& sink) {
    if (annotation["type"].string_or("") != "url_citation") return;
    std::string flat;
    JsonWriter json(flat);
    json.begin_object().member("type", "url_citation");
    annotation["url_citation"].each_member(
        [&](std::string_view name, const Json& value) { json.member(name, value); });
    json.end_object();
    sink.annotation(flat);
  }

  void take_reason(std::string_view reason) {
    FinishReason next = reason == "length" || reason == "max_tokens"          ? FinishReason::length
                        : reason == "tool_calls" || reason == "function_call" ? FinishReason::tool_calls
                        : reason == "content_filter"                          ? FinishReason::content_filter
                                                                              : FinishReason::stop;
    // Of several reasons (two chunks, two choices) a plain stop says least.
    if (!reason_ || *reason_ == FinishReason::stop) reason_ = next;
  }

  void take_call(int64_t choice, const Json& source, EventSink& sink) {
    bool custom = source["custom"].is_object();
    Json body = source[custom ? "custom" : "function"];
    size_t at =
        find_call(choice, source["index"].integer(), source["id"].string_or(""), body["name"].exists());
    Call& call = calls_[at];
    if (custom) call.kind = ToolKind::custom;
    if (call.id.empty()) append_json_escaped(call.id, source["id"].string_or(""));
    take_name(call, body["name"].string_or(""));
    take_arguments(at, body[custom ? "input" : "arguments"], sink);
  }

  void take_legacy_call(int64_t choice, const Json& body, EventSink& sink) {
    size_t at = find_call(choice, 0, {}, false);
    take_name(calls_[at], body["name"].string_or(""));
    take_arguments(at, body["arguments"], sink);
  }

  // Which call a delta belongs to: its index decides; a new id under a used index, or without one, is a new
  // call.
  size_t find_call(int64_t choice, std::optional<int64_t> index, std::string_view id, bool named) {
    std::string escaped;
    append_json_escaped(escaped, id);
    for (size_t i = calls_.size(); i-- > 0;) {
      const Call& call = calls_[i];
      if (call.choice != choice) continue;
      bool same_id = escaped.empty() || call.id.empty() || call.id == escaped;
      if (index ? call.index == index && (same_id || !named) : same_id && !(named && call.announced))
        return i;
    }
    calls_.emplace_back();
    calls_.back().choice = choice;
    calls_.back().index = index;
    return calls_.size() - 1;
  }

  static void take_name(Call& call, std::string_view piece) {
    std::string escaped;
    append_json_escaped(escaped, piece);
    if (!call.announced && escaped != call.name) call.name.append(escaped);
  }

  void take_arguments(size_t at, const Json& value, EventSink& sink) {
    std::string whole;
    auto text = value.string();
    if (!text && value.is_object()) {  // some send the object itself
      whole = to_json(value);
      text = whole;
    }
    if (!text || text->empty()) return;
    announce_up_to(at, sink);
    sink.tool_arguments(at, escape_into(scratch_, *text));
  }

  // A name may come in pieces, so a call is announced with its first argument, when the next call begins, or
  // last.
  void announce_up_to(size_t last, EventSink& sink) {
    for (size_t i = 0; i <= last && i < calls_.size(); ++i) {
      Call& call = calls_[i];
      if (call.announced) continue;
      call.announced = true;
      if (call.id.empty()) call.id = "call_" + hex16(stable_hash(id_seed_)) + "_" + std::to_string(i);
      sink.tool_begin(i, call.kind, {call.id}, {call.name});
    }
  }

  void finish(EventSink& sink) {
    sink.begin();
    announce_up_to(calls_.size(), sink);
    complete_ = true;
    FinishReason reason = reason_.value_or(FinishReason::stop);
    sink.finish(reason == FinishReason::stop && !calls_.empty() ? FinishReason::tool_calls : reason);
  }

  const std::string id_seed_;
  AnswerFacts& facts_;
  LenientParser parser_;
  std::string scratch_;
  std::vector<Call> calls_;
  std::optional<FinishReason> reason_;
  bool complete_ = false;
  std::optional<Failure> failure_;
};

}  // namespace

std::unique_ptr<StreamDecoder> chat_stream_decoder(std::string id_seed, AnswerFacts& facts) {
  return std::make_unique<ChatStreamDecoder>(std::move(id_seed), facts);
}

}  // namespace valetkey::dialects
