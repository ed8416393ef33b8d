#include <algorithm>

#include "engine/dialects/delta_scan.h"
#include "engine/dialects/encode_responses_stream.h"
#include "engine/dialects/event_rewriter.h"
#include "engine/dialects/output_collector.h"
#include "engine/dialects/stream_failures.h"
#include "engine/dialects/translators.h"
#include "foundation/base/strings.h"

namespace valetkey::dialects {
namespace {

// A preamble longer than this is let go, committed or not.
constexpr size_t kMostHeld = 1u << 20;

class ResponsesRelay final : public AnswerTranslator {
 public:
  ResponsesRelay(UpstreamKind upstream, AnswerShape shape)
      : stream_(shape.stream),
        deciphers_(upstream == UpstreamKind::copilot_responses),
        rewriter_(deciphers_, std::move(shape.names), derived_id("resp_", shape.identity)) {}

  void on_event(const http::SseEvent& event, AnswerBytes& out) override {
    if (finished_) return;
    std::string_view data = trim(event.data);
    if (data.empty() || data == "[DONE]") return;
    std::string_view type = type_of(event);
    ResponsesEvent kind = responses_event(type);
    bool readable = data.front() == '{' && data.back() == '}' && type.find('\n') == std::string_view::npos;
    if (!readable) {
      return fail(kind == ResponsesEvent::error ? classify_stream_error(UpstreamError{.message = data})
                                                : malformed_event_failure(),
                  out);
    }
    switch (kind) {
      case ResponsesEvent::completed:
      case ResponsesEvent::incomplete:
      case ResponsesEvent::failed:
      case ResponsesEvent::error:
        return on_last(kind, type, data, out);
      default:
        break;
    }
    if (rewriter_.needed(kind) || !is_clean(kind, type, event.event, data)) {
      rewritten(kind, type, data, out);
    } else {
      pass(kind, unchanged(event, type, data), out);
    }
  }

  size_t on_run(std::string_view stream, AnswerBytes& out) override {
    size_t taken = 0;
    if (finished_ || !committed_) return taken;
    DeltaScan scan;
    while (size_t size = scanner_.scan_repeated(stream.substr(taken), scan)) {
      if (taken == 0) output_.begin_text_deltas(scan);
      ++events_;
      output_.add_text_delta(scan.delta);
      taken += size;
    }
    if (taken > 0) output_.end_text_deltas();
    if (stream_) out.pass(stream.substr(0, taken));
    return taken;
  }

  void on_read_over(AnswerBytes& out) override {
    if (committed_ || finished_ || out.empty()) return;
    out.append_to(held_);
    out.clear();
  }
  void on_end(AnswerBytes& out) override {
    if (!finished_) fail(stream_cut_failure(), out);
  }
  void on_failure(const Failure& failure, AnswerBytes& out) override {
    if (!finished_) fail(failure, out);
  }

  void status_sent() override { status_sent_ = true; }
  bool committed() const override { return committed_; }
  bool finished() const override { return finished_; }
  const std::optional<Failure>& failure() const override { return failure_; }
  const Usage& usage() const override { return usage_; }
  std::string aggregate() override { return std::move(answer_); }

 private:
  // JSON that any client can read as it stands. What is not gets written anew from what could be read of it.
  bool is_clean(ResponsesEvent kind, std::string_view type, std::string_view name, std::string_view data) {
    DeltaScan scan;
    // Only what is framed as append_event() does it may go on as a run.
    if (kind == ResponsesEvent::output_text_delta && type == name && scanner_.scan(name, data, scan))
      return true;
    return JsonDocument::parse(data).ok();
  }

  void pass(ResponsesEvent kind, const OutgoingEvent& event, AnswerBytes& out) {
    ++events_;
    if (!committed_ && (kind == ResponsesEvent::created || kind == ResponsesEvent::preamble)) {
      if (stream_ && event.type != "keepalive" && !event.type.empty()) hold(event, out);
      return;
    }
    commit(out);
    output_.take(kind, event.data);
    if (stream_) write_event(event, out);
  }

  // Until the commit: in `out` as long as the read lasts, in held_ from then on.
  void hold(const OutgoingEvent& event, AnswerBytes& out) {
    if (held_.empty()) {
      write_event(event, out);
    } else {
      append_event(event.type, event.data, held_);
    }
    if (held_.size() + out.size() > kMostHeld) commit(out);
  }

  void commit(AnswerBytes& out) {
    if (committed_) return;
    committed_ = true;
    if (held_.empty()) return;
    out.text().append(held_);
    held_ = {};
  }

  void rewritten(ResponsesEvent kind, std::string_view type, std::string_view data, AnswerBytes& out) {
    Json root = parser_.parse(data);
    if (!root.is_object()) return fail(malformed_event_failure(), out);
    if (deciphers_ && swallow_ciphertext(kind, root, out)) return;
    rewriter_.rewrite(root, {}, changed_);
    pass(kind, {type, changed_}, out);
  }

  // Copilot's argument deltas may be ciphertext. They are left out; the plain text of `.done` goes out as one
  // delta.
  bool swallow_ciphertext(ResponsesEvent kind, const Json& root, AnswerBytes& out) {
    int64_t index = root["output_index"].integer().value_or(-1);
    auto waiting = std::find(unread_.begin(), unread_.end(), index);
    if (kind == ResponsesEvent::arguments_delta) {
      if (!root["obfuscation"].exists()) return false;
      if (waiting == unread_.end()) unread_.push_back(index);
      return true;
    }
    if (waiting == unread_.end()) return false;
    bool item = kind == ResponsesEvent::item_done;
    if (!item && kind != ResponsesEvent::arguments_done) return false;
    unread_.erase(waiting);
    plain_delta(index, item ? root["item"]["id"] : root["item_id"],
                (item ? root["item"] : root)["arguments"].string_or(""), root["sequence_number"], out);
    return false;
  }

  void plain_delta(int64_t index, const Json& item_id, std::string_view arguments, const Json& sequence,
                   AnswerBytes& out) {
    if (arguments.empty()) return;
    constexpr std::string_view kType = "response.function_call_arguments.delta";
    std::string event;
    JsonWriter json(event);
    json.begin_object().member("type", kType).member("sequence_number", sequence);
    json.member("item_id", item_id).member("output_index", index).member("delta", arguments).end_object();
    if (auto parsed = JsonDocument::parse(event); parsed.ok()) {
      rewriter_.rewrite(parsed->root(), {}, changed_);
      pass(ResponsesEvent::arguments_delta, {kType, changed_}, out);
    }
  }

  void on_last(ResponsesEvent kind, std::string_view type, std::string_view data, AnswerBytes& out) {
    Json root = parser_.parse(data);
    if (!root.is_object()) return fail(malformed_event_failure(), out);
    Json response = root["response"];
    usage_ = usage_from_responses(response["usage"]);
    if (kind == ResponsesEvent::error) return fail(classify_stream_error(root), out);
    std::string_view status = response["status"].string_or("");
    if (kind == ResponsesEvent::failed || status == "failed" || status == "cancelled") {
      Failure failure = classify_stream_error(response);
      if (rewriter_.needed(kind)) {
        rewriter_.rewrite(root, {}, changed_);
        data = changed_;
      }
      return on_failed(type, data, std::move(failure), out);
    }
    std::string output = response["output"].size() == 0 ? output_.rebuild() : std::string();
    finished_ = true;
    if (!stream_) {
      committed_ = true;
      JsonWriter json(answer_);
      rewriter_.rewrite_response(response, output, json);
      return;
    }
    commit(out);
    if (output.empty() && !rewriter_.needed(kind) && response["id"].is_string())
      return append_event(type, data, out.text());
    rewriter_.rewrite(root, output, changed_);
    append_event(type, changed_, out.text());
  }

  // After the commit the upstream's own event tells it best; before, the relay answers with a status.
  void on_failed(std::string_view type, std::string_view data, Failure failure, AnswerBytes& out) {
    finished_ = true;
    drop_held(out);
    if (goes_in_band()) append_event(type, data, out.text());
    failure_ = std::move(failure);
  }

  void drop_held(AnswerBytes& out) {
    if (!committed_) out.clear();
  }

  bool goes_in_band() const { return stream_ && (committed_ || status_sent_); }

  void fail(Failure failure, AnswerBytes& out) {
    finished_ = true;
    drop_held(out);
    if (goes_in_band()) append_responses_error(out.text(), failure, events_);
    failure_ = std::move(failure);
  }

  const bool stream_;
  const bool deciphers_;
  EventRewriter rewriter_;
  LenientParser parser_;
  DeltaScanner scanner_;
  OutputCollector output_;
  std::string held_, changed_, answer_;
  std::vector<int64_t> unread_;  // output indexes whose argument deltas were left out
  int64_t events_ = 0;
  bool committed_ = false;
  bool status_sent_ = false;
  bool finished_ = false;
  Usage usage_;
  std::optional<Failure> failure_;
};

}  // namespace

std::unique_ptr<AnswerTranslator> responses_relay(UpstreamKind upstream, AnswerShape shape) {
  return std::make_unique<ResponsesRelay>(upstream, std::move(shape));
}

}  // namespace valetkey::dialects
