#include "engine/dialects/decode_chat_stream.h"
#include "engine/dialects/decode_responses_stream.h"
#include "engine/dialects/encode_responses_stream.h"
#include "engine/dialects/stop_sequences.h"
#include "engine/dialects/stream_failures.h"
#include "engine/dialects/translators.h"

namespace valetkey::dialects {
namespace {

class NeutralTranslator final : public AnswerTranslator {
 public:
  NeutralTranslator(Dialect client, UpstreamKind upstream, AnswerShape shape) : stream_(shape.stream) {
    std::string seed = shape.identity.id;
    if (client == Dialect::responses) {
      encoder_ =
          responses_encoder(std::move(shape.identity), std::move(shape.responses_echo), stream_, facts_);
    } else if (stream_) {
      encoder_ = chat_stream_encoder(std::move(shape.identity), shape.chat, facts_);
    } else {
      encoder_ = chat_aggregator(std::move(shape.identity), shape.chat, facts_);
    }
    sink_ = encoder_.get();
    if (!shape.stops.empty()) {
      stops_ = std::make_unique<StopFilter>(std::move(shape.stops), *encoder_);
      sink_ = stops_.get();
    }
    if (dialect_of(upstream) == Dialect::chat) {
      decoder_ = chat_stream_decoder(std::move(seed), facts_);
    } else {
      ResponsesStreamOptions options{.arguments_from_done = upstream == UpstreamKind::copilot_responses};
      decoder_ = responses_stream_decoder(options, std::move(shape.names), facts_);
    }
  }

  void on_event(const http::SseEvent& event, AnswerBytes& out) override {
    if (finished_) return;
    encoder_->write_to(&out.text());
    decoder_->on_event(event, *sink_);
    if (decoder_->complete() || (stops_ && stops_->hit())) {
      finished_ = true;
    } else if (decoder_->failure()) {
      fail(*decoder_->failure());
    }
  }

  // Stop sequences may end the answer between any two events, so with them there are no runs.
  size_t on_run(std::string_view stream, AnswerBytes& out) override {
    if (finished_ || stops_) return 0;
    encoder_->write_to(&out.text());
    return decoder_->on_run(stream, *sink_);
  }

  void on_end(AnswerBytes& out) override { end(stream_cut_failure(), out); }
  void on_failure(const Failure& failure, AnswerBytes& out) override { end(failure, out); }

  void status_sent() override { status_sent_ = true; }
  bool committed() const override { return encoder_->begun(); }
  bool finished() const override { return finished_; }
  const std::optional<Failure>& failure() const override { return failure_; }
  const Usage& usage() const override { return facts_.usage; }
  std::string aggregate() override { return encoder_->aggregate(); }

 private:
  void end(const Failure& failure, AnswerBytes& out) {
    if (finished_) return;
    encoder_->write_to(&out.text());
    if (decoder_->on_end(*sink_)) {
      finished_ = true;
    } else {
      fail(failure);
    }
  }

  void fail(const Failure& failure) {
    finished_ = true;
    if (encoder_->begun() && stops_) stops_->flush();
    if (stream_ && (encoder_->begun() || status_sent_)) encoder_->error(failure);
    failure_ = failure;
  }

  const bool stream_;
  AnswerFacts facts_;
  std::unique_ptr<AnswerEncoder> encoder_;
  std::unique_ptr<StopFilter> stops_;
  std::unique_ptr<StreamDecoder> decoder_;
  EventSink* sink_ = nullptr;
  bool status_sent_ = false;
  bool finished_ = false;
  std::optional<Failure> failure_;
};

}  // namespace

std::unique_ptr<AnswerTranslator> neutral_translator(Dialect client, UpstreamKind upstream,
                                                     AnswerShape shape) {
  return std::make_unique<NeutralTranslator>(client, upstream, std::move(shape));
}

}  // namespace valetkey::dialects
