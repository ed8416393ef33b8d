#include "engine/relay/pump.h"

#include "engine/relay/relay.h"

namespace valetkey::relay {
namespace {

void translate_end(http::SseReader& reader, dialects::AnswerTranslator& translator, std::string& out) {
  http::SseEvent event;
  auto last = reader.finish(event);
  if (last.ok() && *last) translator.on_event(event, out);
  if (!translator.finished()) translator.on_end(out);
}

Failure stopping() {
  Failure failure = failure_of(Error{Code::unavailable, "", "relay"});
  failure.message = "The server is shutting down; the answer was cut off.";
  return failure;
}

}  // namespace

Task<PumpEnd> pump(PumpInput input) {
  auto& [exchange, upstream, translator, heartbeat, stream, headers] = input;
  http::SseReader reader;
  std::string out;
  while (!translator.finished()) {
    if (stream) heartbeat.watch();
    auto bytes = co_await upstream.read();
    if (stream) co_await heartbeat.rest();
    if (heartbeat.begun()) translator.status_sent();
    if (exchange.cancellation().requested()) {
      if (!exchange.draining()) co_return PumpEnd::client_left;
      translator.on_failure(stopping(), out);
    } else if (!bytes.ok()) {
      translator.on_failure(failure_of(bytes.error()), out);
    } else if (bytes->empty()) {
      translate_end(reader, translator, out);
    } else if (auto translated = dialects::translate(reader, *bytes, translator, out); !translated.ok()) {
      translator.on_failure(failure_of(translated.error()), out);
    }
    if (!stream || (!translator.committed() && !heartbeat.begun()) || translator.finished()) continue;
    if (out.empty()) continue;
    if (!heartbeat.begun()) heartbeat.begin(headers);
    auto written = co_await exchange.write(out);
    out.clear();
    if (!written.ok() && !exchange.draining()) co_return PumpEnd::client_left;
  }
  // A failure before anything reached the client still becomes an HTTP status.
  bool failed = translator.failure().has_value();
  if (stream && (heartbeat.begun() || !failed || translator.committed())) {
    if (!heartbeat.begun()) heartbeat.begin(headers);
    auto ended = co_await exchange.end(out);
    if (!ended.ok()) co_return PumpEnd::client_left;
  }
  co_return failed ? PumpEnd::failed : PumpEnd::finished;
}

}  // namespace valetkey::relay
