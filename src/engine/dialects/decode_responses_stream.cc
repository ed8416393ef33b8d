// Every text and every argument string may come three times: as deltas, in a `.done` event and in the
// finished item, or in any subset of these. Each piece is taken from the first of them that has it, and from
// no other.
#include "engine/dialects/decode_responses_stream.h"

#include <algorithm>
#include <vector>

#include "engine/dialects/delta_scan.h"
#include "engine/dialects/responses_events.h"
#include "engine/dialects/responses_items.h"
#include "engine/dialects/stream_failures.h"

namespace valetkey::dialects {
namespace {

class ResponsesStreamDecoder final : public StreamDecoder {
 public:
  ResponsesStreamDecoder(ResponsesStreamOptions options, ToolNames names, AnswerFacts& facts)
      : options_(options), names_(std::move(names)), facts_(facts) {}

  bool complete() const override { return complete_; }
  const std::optional<Failure>& failure() const override { return failure_; }

  bool on_end(EventSink&) override { return false; }

  void on_event(const http::SseEvent& event, EventSink& sink) override {
    if (complete_ || failure_) return;
    if (event.data.empty() || event.data == "[DONE]") return;
    ResponsesEvent kind = responses_event(type_of(event));
    switch (kind) {
      case ResponsesEvent::output_text_delta:
      case ResponsesEvent::reasoning_summary_delta:
      case ResponsesEvent::reasoning_text_delta:
      case ResponsesEvent::refusal_delta:
      case ResponsesEvent::arguments_delta:
      case ResponsesEvent::custom_input_delta:
        return on_delta(kind, event, sink);
      case ResponsesEvent::created:
        return on_created(event.data);
      case ResponsesEvent::preamble:
        return;
      case ResponsesEvent::part_added:
      case ResponsesEvent::other_event:
        return sink.begin();
      case ResponsesEvent::output_text_done:
      case ResponsesEvent::reasoning_summary_done:
      case ResponsesEvent::reasoning_text_done:
      case ResponsesEvent::refusal_done:
      case ResponsesEvent::arguments_done:
      case ResponsesEvent::custom_input_done:
      case ResponsesEvent::item_added:
      case ResponsesEvent::item_done:
      case ResponsesEvent::part_done:
      case ResponsesEvent::annotation_added:
      case ResponsesEvent::completed:
      case ResponsesEvent::incomplete:
      case ResponsesEvent::failed:
      case ResponsesEvent::error:
        break;
    }
    if (kind == ResponsesEvent::output_text_done && already_seen(event.data)) return;
    Json root = parser_.parse(event.data);
    if (!root.is_object()) {
      // A plain-text `event: error` is an error all the same.
      failure_ = kind == ResponsesEvent::error ? classify_stream_error(UpstreamError{.message = event.data})
                                               : malformed_event_failure();
      return;
    }
    on_parsed(kind, root, sink);
  }

  size_t on_run(std::string_view stream, EventSink& sink) override {
    size_t taken = 0;
    if (complete_ || failure_) return taken;
    DeltaScan scan;
    while (size_t size = scanner_.scan_repeated(stream.substr(taken), scan)) {
      scanned_piece(run_kind_, scan, sink);
      taken += size;
    }
    return taken;
  }

 private:
  void on_parsed(ResponsesEvent kind, const Json& root, EventSink& sink) {
    switch (kind) {
      case ResponsesEvent::item_added:
        sink.begin();
        return on_item(root, false, sink);
      case ResponsesEvent::item_done:
        sink.begin();
        return on_item(root, true, sink);
      case ResponsesEvent::part_done:
        return on_part(item_of(root), index_of(root, "content_index"), root["part"], sink);
      case ResponsesEvent::output_text_done:
        return whole(ResponsesEvent::output_text_delta, root, "text", sink);
      case ResponsesEvent::refusal_done:
        return whole(ResponsesEvent::refusal_delta, root, "refusal", sink);
      case ResponsesEvent::reasoning_summary_done:
        return whole(ResponsesEvent::reasoning_summary_delta, root, "text", sink);
      case ResponsesEvent::reasoning_text_done:
        return whole(ResponsesEvent::reasoning_text_delta, root, "text", sink);
      case ResponsesEvent::arguments_done:
        return arguments_whole(item_of(root), root["arguments"], sink);
      case ResponsesEvent::custom_input_done:
        return arguments_whole(item_of(root), root["input"], sink);
      case ResponsesEvent::annotation_added:
        item_of(root).annotated = true;
        return sink.annotation(to_json(root["annotation"]));
      case ResponsesEvent::completed:
      case ResponsesEvent::incomplete:
        return on_terminal(kind, root["response"], sink);
      default:  // failed, error
        facts_.usage = usage_from_responses(root["response"]["usage"]);
        failure_ = classify_stream_error(kind == ResponsesEvent::failed ? root["response"] : root);
    }
  }

  static int64_t index_of(const Json& root, std::string_view name) {
    return root[name].integer().value_or(0);
  }

  StreamItem& item_at(int64_t output_index) {
    output_index = std::min(output_index, kHighestIndex);
    for (size_t i = items_.size(); i-- > 0;) {
      if (output_index < 0 || items_[i].index == output_index) return items_[i];
    }
    items_.emplace_back().index = output_index < 0 ? 0 : output_index;
    return items_.back();
  }
  StreamItem& item_of(const Json& root) { return item_at(root["output_index"].integer().value_or(-1)); }

  void on_created(std::string_view data) {
    // Parsed only when it can tell something: this event may echo tens of kilobytes of instructions.
    if (data.find("\"service_tier\":\"") == std::string_view::npos) return;
    facts_.service_tier = parser_.parse(data)["response"]["service_tier"].string_or("");
  }

  void on_delta(ResponsesEvent kind, const http::SseEvent& event, EventSink& sink) {
    DeltaScan scan;
    if (scanner_.scan(event.event, event.data, scan)) {
      run_kind_ = kind;
    } else {
      Json root = parser_.parse(event.data);
      auto delta = root["delta"].string();
      if (!delta) {
        failure_ = malformed_event_failure();
        return;
      }
      scan.delta = escape_into(scratch_, *delta).json;
      scan.output_index = root["output_index"].integer().value_or(-1);
      scan.content_index = index_of(root, "content_index");
      scan.summary_index = index_of(root, "summary_index");
      scan.obfuscated = root["obfuscation"].exists();
    }
    scanned_piece(kind, scan, sink);
  }

  void scanned_piece(ResponsesEvent kind, const DeltaScan& scan, EventSink& sink) {
    piece(kind, item_at(scan.output_index),
          kind == ResponsesEvent::reasoning_summary_delta ? scan.summary_index : scan.content_index,
          {scan.delta}, scan.obfuscated, sink);
  }

  // One piece of a text, whatever event brought it.
  void piece(ResponsesEvent kind, StreamItem& item, int64_t part, Escaped text, bool obfuscated,
             EventSink& sink) {
    if (text.json.empty()) return sink.begin();
    switch (kind) {
      case ResponsesEvent::output_text_delta:
        item.is_message = true;
        item.text.add(part);
        return sink.text(text, {});
      case ResponsesEvent::refusal_delta:
        item.is_message = true;
        item.refusal.add(part);
        return sink.refusal(text);
      case ResponsesEvent::reasoning_summary_delta:
        if (item.raw_reasoning.any()) return;
        return reasoning(item, item.summary, part, text, sink);
      case ResponsesEvent::reasoning_text_delta:
        if (item.summary.any()) return;
        return reasoning(item, item.raw_reasoning, part, text, sink);
      default:  // arguments
        return arguments_piece(item, text, obfuscated, sink);
    }
  }

  void reasoning(StreamItem& item, PartSet& seen, int64_t part, Escaped text, EventSink& sink) {
    item.is_reasoning = true;
    if (!seen.has(part) && any_reasoning_) sink.reasoning({"\\n\\n"});
    any_reasoning_ = true;
    seen.add(part);
    sink.reasoning(text);
  }

  void arguments_piece(StreamItem& item, Escaped text, bool obfuscated, EventSink& sink) {
    sink.begin();
    if (options_.arguments_from_done || !item.announced) {
      item.ciphertext = item.ciphertext || (options_.arguments_from_done && obfuscated);
      item.early_arguments.append(text.json);
      return;
    }
    item.has_arguments = true;
    sink.tool_arguments(item.tool, text);
  }

  // The usual case costs no parse: the deltas brought this text.
  bool already_seen(std::string_view data) const {
    DeltaScan place;
    if (!scan_place(data, place)) return false;
    return std::any_of(items_.begin(), items_.end(), [&place](const StreamItem& item) {
      return item.index == place.output_index && item.text.has(place.content_index);
    });
  }

  // A `.done` event: its text counts only when no delta brought it.
  void whole(ResponsesEvent kind, const Json& root, std::string_view member, EventSink& sink) {
    StreamItem& item = item_of(root);
    bool summary = kind == ResponsesEvent::reasoning_summary_delta;
    int64_t part = index_of(root, summary ? "summary_index" : "content_index");
    whole_part(kind, item, part, root[member].string_or(""), sink);
  }

  void whole_part(ResponsesEvent kind, StreamItem& item, int64_t part, std::string_view text,
                  EventSink& sink) {
    const PartSet& seen = kind == ResponsesEvent::output_text_delta         ? item.text
                          : kind == ResponsesEvent::refusal_delta           ? item.refusal
                          : kind == ResponsesEvent::reasoning_summary_delta ? item.summary
                                                                            : item.raw_reasoning;
    if (!seen.has(part)) piece(kind, item, part, escape_into(scratch_, text), false, sink);
  }

  void arguments_whole(StreamItem& item, const Json& value, EventSink& sink) {
    auto text = value.string();
    if (!text || item.has_arguments) return;
    if (!item.announced) {
      item.ciphertext = false;
      append_escaped(item.early_arguments, *text);
      return;
    }
    if (text->empty()) return;
    item.has_arguments = true;
    sink.tool_arguments(item.tool, escape_into(scratch_, *text));
  }

  static void append_escaped(std::string& target, std::string_view text) {
    target.clear();
    append_json_escaped(target, text);
  }

  void on_part(StreamItem& item, int64_t index, const Json& part, EventSink& sink) {
    std::string_view type = part["type"].string_or("");
    if (type == "output_text") {
      whole_part(ResponsesEvent::output_text_delta, item, index, part["text"].string_or(""), sink);
    } else if (type == "refusal") {
      whole_part(ResponsesEvent::refusal_delta, item, index, part["refusal"].string_or(""), sink);
    }
  }

  void on_item(const Json& root, bool done, EventSink& sink) {
    int64_t next = items_.empty() ? 0 : items_.back().index + 1;
    int64_t index = root["output_index"].integer().value_or(done ? -1 : next);
    take_item(item_at(index), root["item"], done, sink);
  }

  void take_item(StreamItem& item, const Json& source, bool done, EventSink& sink) {
    std::string_view type = source["type"].string_or("");
    if (type == "function_call") {
      take_call(item, source, ToolKind::function, done, sink);
    } else if (type == "custom_tool_call") {
      take_call(item, source, ToolKind::custom, done, sink);
    } else if (type == "message" && done) {
      take_message(item, source, sink);
    } else if (type == "reasoning" && done) {
      take_reasoning(item, source, sink);
    }
    item.is_message = item.is_message || type == "message";
    item.is_reasoning = item.is_reasoning || type == "reasoning";
  }

  void take_message(StreamItem& item, const Json& source, EventSink& sink) {
    int64_t index = 0;
    source["content"].each_element([&](const Json& part) {
      on_part(item, index++, part, sink);
      if (item.annotated) return;
      part["annotations"].each_element([&](const Json& annotation) { sink.annotation(to_json(annotation)); });
    });
    item.annotated = true;
  }

  void take_reasoning(StreamItem& item, const Json& source, EventSink& sink) {
    int64_t index = 0;
    source["summary"].each_element([&](const Json& part) {
      whole_part(ResponsesEvent::reasoning_summary_delta, item, index++, part["text"].string_or(""), sink);
    });
    index = 0;
    source["content"].each_element([&](const Json& part) {
      whole_part(ResponsesEvent::reasoning_text_delta, item, index++, part["text"].string_or(""), sink);
    });
  }

  void take_call(StreamItem& item, const Json& source, ToolKind kind, bool done, EventSink& sink) {
    if (!item.announced) {
      auto name = source["name"].string();
      if (!name || name->empty()) return;
      item.announced = true;
      item.tool = next_tool_++;
      item.call_id = source["call_id"].string_or(source["id"].string_or(""));
      std::string id, shown;
      append_json_escaped(id, item.call_id);
      append_json_escaped(shown, names_.restored(*name));
      sink.tool_begin(item.tool, kind, {id}, {shown});
      if (!options_.arguments_from_done) release_early(item, sink);
    }
    if (done) arguments_whole(item, source[kind == ToolKind::custom ? "input" : "arguments"], sink);
  }

  // Deltas that came before the item's name, or that no `.done` confirmed.
  void release_early(StreamItem& item, EventSink& sink) {
    if (item.has_arguments || item.ciphertext || item.early_arguments.empty()) return;
    item.has_arguments = true;
    sink.tool_arguments(item.tool, {item.early_arguments});
    item.early_arguments.clear();
  }

  // What the terminal event's own output has and the stream had not.
  void reconcile(const Json& output, EventSink& sink) {
    size_t messages = 0, reasonings = 0;
    for (const StreamItem& item : items_) {
      messages += item.is_message ? 1 : 0;
      reasonings += item.is_reasoning ? 1 : 0;
    }
    output.each_element([&](const Json& source) {
      std::string_view type = source["type"].string_or("");
      if (type == "message" && messages > 0) {
        --messages;
      } else if (type == "reasoning" && reasonings > 0) {
        --reasonings;
      } else if (StreamItem* known = call_known(source)) {
        take_item(*known, source, true, sink);
      } else {
        StreamItem fresh;
        fresh.index = items_.empty() ? 0 : items_.back().index + 1;
        items_.push_back(std::move(fresh));
        take_item(items_.back(), source, true, sink);
      }
    });
  }

  StreamItem* call_known(const Json& source) {
    auto call_id = source["call_id"].string();
    if (!call_id) return nullptr;
    for (StreamItem& item : items_) {
      if (item.announced && item.call_id == *call_id) return &item;
    }
    return nullptr;
  }

  void on_terminal(ResponsesEvent kind, const Json& response, EventSink& sink) {
    facts_.usage = usage_from_responses(response["usage"]);
    std::string_view status = response["status"].string_or("");
    if (status == "failed" || status == "cancelled") {
      failure_ = classify_stream_error(response);
      return;
    }
    if (facts_.service_tier.empty()) facts_.service_tier = response["service_tier"].string_or("");
    sink.begin();
    reconcile(response["output"], sink);
    for (StreamItem& item : items_) {
      if (!item.announced) continue;
      release_early(item, sink);
      if (item.ciphertext && !item.has_arguments) {
        failure_ = malformed_event_failure();
        return;
      }
    }
    complete_ = true;
    sink.finish(reason_for(kind == ResponsesEvent::incomplete || status == "incomplete", response));
  }

  FinishReason reason_for(bool incomplete, const Json& response) const {
    if (incomplete) {
      bool filtered = response["incomplete_details"]["reason"].string_or("") == "content_filter";
      return filtered ? FinishReason::content_filter : FinishReason::length;
    }
    return next_tool_ > 0 ? FinishReason::tool_calls : FinishReason::stop;
  }

  const ResponsesStreamOptions options_;
  const ToolNames names_;
  AnswerFacts& facts_;
  LenientParser parser_;
  DeltaScanner scanner_;
  ResponsesEvent run_kind_ = ResponsesEvent::other_event;  // of the event that scanner_ has learned
  std::string scratch_;
  std::vector<StreamItem> items_;
  size_t next_tool_ = 0;
  bool any_reasoning_ = false;
  bool complete_ = false;
  std::optional<Failure> failure_;
};

}  // namespace

std::unique_ptr<StreamDecoder> responses_stream_decoder(ResponsesStreamOptions options, ToolNames names,
                                                        AnswerFacts& facts) {
  return std::make_unique<ResponsesStreamDecoder>(options, std::move(names), facts);
}

}  // namespace valetkey::dialects
