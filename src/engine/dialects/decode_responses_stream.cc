// The events of a Responses stream, told apart; what they say of the output items goes to responses_items.h.
#include "engine/dialects/decode_responses_stream.h"

#include "engine/dialects/delta_scan.h"
#include "engine/dialects/responses_events.h"
#include "engine/dialects/responses_items.h"
#include "engine/dialects/stream_failures.h"

namespace valetkey::dialects {
namespace {

class ResponsesStreamDecoder final : public StreamDecoder {
 public:
  ResponsesStreamDecoder(ResponsesStreamOptions options, ToolNames names, AnswerFacts& facts)
      : items_(options.arguments_from_done, std::move(names)), facts_(facts) {}

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
    // The usual case costs no parse: the deltas brought this text.
    DeltaScan place;
    if (kind == ResponsesEvent::output_text_done && scan_place(event.data, place) && items_.has_text(place))
      return;
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
      items_.take_delta(run_kind_, scan, sink);
      taken += size;
    }
    return taken;
  }

 private:
  void on_parsed(ResponsesEvent kind, const Json& root, EventSink& sink) {
    switch (kind) {
      case ResponsesEvent::item_added:
        sink.begin();
        return items_.take_item(root, false, sink);
      case ResponsesEvent::item_done:
        sink.begin();
        return items_.take_item(root, true, sink);
      case ResponsesEvent::part_done:
        return items_.take_part(root, sink);
      case ResponsesEvent::output_text_done:
        return items_.take_text(ResponsesEvent::output_text_delta, root, "text", sink);
      case ResponsesEvent::refusal_done:
        return items_.take_text(ResponsesEvent::refusal_delta, root, "refusal", sink);
      case ResponsesEvent::reasoning_summary_done:
        return items_.take_text(ResponsesEvent::reasoning_summary_delta, root, "text", sink);
      case ResponsesEvent::reasoning_text_done:
        return items_.take_text(ResponsesEvent::reasoning_text_delta, root, "text", sink);
      case ResponsesEvent::arguments_done:
        return items_.take_arguments(root, "arguments", sink);
      case ResponsesEvent::custom_input_done:
        return items_.take_arguments(root, "input", sink);
      case ResponsesEvent::annotation_added:
        return items_.take_annotation(root, sink);
      case ResponsesEvent::completed:
      case ResponsesEvent::incomplete:
        return on_terminal(kind, root["response"], sink);
      default:  // failed, error
        facts_.usage = usage_from_responses(root["response"]["usage"]);
        failure_ = classify_stream_error(kind == ResponsesEvent::failed ? root["response"] : root);
    }
  }

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
      scan.content_index = root["content_index"].integer().value_or(0);
      scan.summary_index = root["summary_index"].integer().value_or(0);
      scan.obfuscated = root["obfuscation"].exists();
    }
    items_.take_delta(kind, scan, sink);
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
    if (!items_.finish(response["output"], sink)) {
      failure_ = malformed_event_failure();
      return;
    }
    complete_ = true;
    sink.finish(reason_for(kind == ResponsesEvent::incomplete || status == "incomplete", response));
  }

  FinishReason reason_for(bool incomplete, const Json& response) const {
    if (incomplete) {
      bool filtered = response["incomplete_details"]["reason"].string_or("") == "content_filter";
      return filtered ? FinishReason::content_filter : FinishReason::length;
    }
    return items_.any_tool() ? FinishReason::tool_calls : FinishReason::stop;
  }

  ResponsesItems items_;
  AnswerFacts& facts_;
  LenientParser parser_;
  DeltaScanner scanner_;
  ResponsesEvent run_kind_ = ResponsesEvent::other_event;  // of the event that scanner_ has learned
  std::string scratch_;
  bool complete_ = false;
  std::optional<Failure> failure_;
};

}  // namespace

std::unique_ptr<StreamDecoder> responses_stream_decoder(ResponsesStreamOptions options, ToolNames names,
                                                        AnswerFacts& facts) {
  return std::make_unique<ResponsesStreamDecoder>(options, std::move(names), facts);
}

}  // namespace valetkey::dialects
