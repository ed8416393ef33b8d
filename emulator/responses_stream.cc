#include "responses_stream.h"

#include <algorithm>
#include <functional>

#include "codex_rules.h"
#include "response_items.h"

namespace valetkey::emulator {
namespace {

constexpr size_t kArgumentPiece = 12;  // bytes of an argument delta

class ResponsesStream {
 public:
  explicit ResponsesStream(const ResponsesInput& input) : in_(input), items_(make_items(input)) {}

  std::vector<Event> take() {
    emit_snapshot("response.created", "in_progress");
    emit_snapshot("response.in_progress", "in_progress");
    if (in_.shape.interleaved_calls) {
      emit_interleaved();
    } else {
      for (const Item& item : items_) emit_item(item);
    }
    emit_terminal();
    if (in_.shape.two_terminals) emit_terminal();
    if (in_.shape.events_after_terminal) emit_late_delta();
    return std::move(events_);
  }

 private:
  template <class Fill>
  void emit(std::string_view type, bool text_delta, const Fill& fill) {
    Event event{std::string(type), {}, text_delta};
    JsonWriter json(event.data);
    json.begin_object().member("type", type).member("sequence_number", sequence_++);
    fill(json);
    json.end_object();
    events_.push_back(std::move(event));
  }

  // An event about one item: its id (fresh on every event where ids rotate) and index come first.
  template <class Fill>
  void emit_for(const Item& item, std::string_view type, const Fill& fill, bool text_delta = false) {
    emit(type, text_delta, [&](JsonWriter& json) {
      json.member("item_id", id_now(item)).member("output_index", item.output_index);
      fill(json);
    });
  }

  std::string id_now(const Item& item) { return in_.shape.rotating_ids ? in_.ids->make("", 400) : item.id; }

  void emit_snapshot(std::string_view type, std::string_view status) {
    emit(type, false, [&](JsonWriter& json) {
      json.key("response");
      write_response(json, in_, items_, status,
                     in_.shape.rotating_ids ? in_.ids->make("", 400) : in_.response_id);
      if (in_.shape.end_turn && status == "completed") json.member("end_turn", true);
    });
  }

  void emit_terminal() {
    const bool incomplete = terminal_status(in_) == "incomplete";
    emit_snapshot(incomplete ? "response.incomplete" : "response.completed", terminal_status(in_));
  }

  void emit_late_delta() {
    emit("response.output_text.delta", false, [&](JsonWriter& json) {
      json.member("item_id", "msg_late").member("output_index", 0).member("content_index", 0);
      json.member("delta", " THIS COMES TOO LATE");
    });
  }

  void emit_added(const Item& item) {
    if (in_.shape.no_item_added) return;
    emit("response.output_item.added", false, [&](JsonWriter& json) {
      json.member("output_index", item.output_index).key("item");
      write_item(json, in_, item, id_now(item), false);
    });
  }

  void emit_done(const Item& item) {
    emit("response.output_item.done", false, [&](JsonWriter& json) {
      json.member("output_index", item.output_index).key("item");
      write_item(json, in_, item, id_now(item), true);
    });
  }

  void emit_item(const Item& item) {
    emit_added(item);
    switch (item.kind) {
      case Item::Kind::reasoning:
        emit_summary(item);
        break;
      case Item::Kind::message:
        emit_message(item);
        break;
      case Item::Kind::call:
        for (std::string_view piece : argument_pieces(item)) emit_argument_delta(item, piece);
        emit_arguments_done(item);
        break;
    }
    emit_done(item);
  }

  void emit_summary(const Item& item) {
    if (!in_.prompt->wants_summary) return;
    auto part = [&](std::string_view type, std::string_view text) {
      emit_for(item, type, [&](JsonWriter& json) {
        json.member("summary_index", 0).key("part").begin_object();
        json.member("type", "summary_text").member("text", text).end_object();
      });
    };
    part("response.reasoning_summary_part.added", "");
    for (std::string_view piece : pieces_of(in_.answer->reasoning)) {
      emit_for(item, "response.reasoning_summary_text.delta",
               [&](JsonWriter& json) { json.member("summary_index", 0).member("delta", piece); });
    }
    emit_for(item, "response.reasoning_summary_text.done", [&](JsonWriter& json) {
      json.member("summary_index", 0).member("text", in_.answer->reasoning);
    });
    part("response.reasoning_summary_part.done", in_.answer->reasoning);
  }

  void emit_message(const Item& item) {
    const bool refuses = !in_.answer->refusal.empty();
    const std::string& whole = refuses ? in_.answer->refusal : in_.answer->text;
    emit_for(item, "response.content_part.added", [&](JsonWriter& json) {
      json.member("content_index", 0).key("part");
      write_content_part(json, refuses, "");
    });
    for (std::string_view piece : pieces_of(whole)) {
      emit_for(
          item, refuses ? "response.refusal.delta" : "response.output_text.delta",
          [&](JsonWriter& json) {
            json.member("content_index", 0).member("delta", piece);
            if (!refuses) json.key("logprobs").begin_array().end_array();
          },
          !refuses);
    }
    emit_for(item, refuses ? "response.refusal.done" : "response.output_text.done", [&](JsonWriter& json) {
      json.member("content_index", 0).member(refuses ? "refusal" : "text", whole);
      if (!refuses) json.key("logprobs").begin_array().end_array();
    });
    emit_for(item, "response.content_part.done", [&](JsonWriter& json) {
      json.member("content_index", 0).key("part");
      write_content_part(json, refuses, whole);
    });
  }

  std::vector<std::string_view> argument_pieces(const Item& item) const {
    std::vector<std::string_view> pieces;
    if (in_.shape.arguments_in_done_only || item.call->kind == OfferedTool::Kind::local_shell) return pieces;
    std::string_view rest = item.call->arguments;
    while (!rest.empty()) {
      size_t size = std::min(kArgumentPiece, rest.size());
      while (size < rest.size() && (static_cast<unsigned char>(rest[size]) & 0xC0) == 0x80) ++size;
      pieces.push_back(rest.substr(0, size));
      rest.remove_prefix(size);
    }
    return pieces;
  }

  void emit_argument_delta(const Item& item, std::string_view piece) {
    const bool custom = item.call->kind == OfferedTool::Kind::custom;
    emit_for(item,
             custom ? "response.custom_tool_call_input.delta" : "response.function_call_arguments.delta",
             [&](JsonWriter& json) {
               const bool cipher = in_.shape.ciphertext_arguments && !custom;
               json.member("delta", cipher ? in_.ids->make("", piece.size() * 2) : std::string(piece));
               if (cipher || in_.shape.padded_arguments) json.member("obfuscation", in_.ids->make("", 8));
             });
  }

  void emit_arguments_done(const Item& item) {
    const bool custom = item.call->kind == OfferedTool::Kind::custom;
    if (item.call->kind == OfferedTool::Kind::local_shell) return;
    emit_for(item, custom ? "response.custom_tool_call_input.done" : "response.function_call_arguments.done",
             [&](JsonWriter& json) { json.member(custom ? "input" : "arguments", item.call->arguments); });
  }

  // All items open, their deltas take turns, then all close.
  void emit_interleaved() {
    std::vector<const Item*> calls;
    for (const Item& item : items_) {
      if (item.kind == Item::Kind::call)
        calls.push_back(&item);
      else
        emit_item(item);
    }
    for (const Item* item : calls) emit_added(*item);
    bool more = true;
    for (size_t turn = 0; more; ++turn) {
      more = false;
      for (const Item* item : calls) {
        const auto pieces = argument_pieces(*item);
        if (turn >= pieces.size()) continue;
        emit_argument_delta(*item, pieces[turn]);
        more = true;
      }
    }
    for (const Item* item : calls) emit_arguments_done(*item);
    for (const Item* item : calls) emit_done(*item);
  }

  const ResponsesInput& in_;
  std::vector<Item> items_;
  std::vector<Event> events_;
  int64_t sequence_ = 0;
};

}  // namespace

void bend_shape(ResponsesShape& shape, std::string_view id) {
  if (id == "S6.output_filled") shape.output_in_completed = true;
  if (id == "S6.output_empty") shape.output_in_completed = false;
  if (id == "S6.no_item_added") shape.no_item_added = true;
  if (id == "S6.args_done_only") shape.arguments_in_done_only = true;
  if (id == "S6.rotating_ids") shape.rotating_ids = true;
  if (id == "S6.ciphertext_args") shape.ciphertext_arguments = true;
  if (id == "S6.padded_args") shape.padded_arguments = true;
  if (id == "S6.interleaved_calls") shape.interleaved_calls = true;
  if (id == "S6.out_of_order_index") shape.reversed_indexes = true;
  if (id == "S6.two_terminals") shape.two_terminals = true;
  if (id == "S6.events_after_terminal") shape.events_after_terminal = true;
  if (id == "S6.end_turn") shape.end_turn = true;
  if (id == "S6.usage_null") shape.usage = ResponsesShape::Usage::null;
  if (id == "S6.usage_details_null") shape.usage = ResponsesShape::Usage::null_details;
  if (id == "S6.usage_absent") shape.usage = ResponsesShape::Usage::absent;
  if (id == "S6.usage_cached_exceeds") shape.usage = ResponsesShape::Usage::nonsense;
  if (id == "S9.reasoning_only") shape.reasoning_only = true;
}

std::vector<Event> make_responses_events(const ResponsesInput& input) {
  return ResponsesStream(input).take();
}

std::string make_response_object(const ResponsesInput& input) {
  ResponsesInput filled = input;
  filled.shape.output_in_completed = true;
  std::string out;
  JsonWriter json(out);
  write_response(json, filled, make_items(filled), terminal_status(filled), filled.response_id);
  return out;
}

Event make_failed_event(std::string_view code, std::string_view message, int64_t created) {
  Event event{"response.failed", {}, false};
  JsonWriter json(event.data);
  json.begin_object()
      .member("type", "response.failed")
      .member("sequence_number", 3)
      .key("response")
      .begin_object();
  json.member("id", "resp_failed").member("object", "response").member("created_at", created);
  json.member("status", "failed").key("error").begin_object().member("code", code).member("message", message);
  json.end_object().key("incomplete_details").null().key("output").begin_array().end_array();
  json.key("usage").null().end_object().end_object();
  return event;
}

}  // namespace valetkey::emulator
