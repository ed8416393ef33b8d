#include "engine/relay/pump.h"

#include <utility>

#include "engine/relay/relay_failures.h"
#include "foundation/http/output_buffer.h"

namespace valetkey::relay {
namespace {

Failure stopping() {
  Failure failure = failure_of(Error{Code::unavailable, "", "relay"});
  failure.message = "The server is shutting down; the answer was cut off.";
  return failure;
}

// One read of the upstream, or what happened in its place, through the translator.
void translate_read(PumpInput& input, http::SseReader& reader, const Result<std::string_view>& bytes,
                    dialects::AnswerBytes& out) {
  if (input.heartbeat.begun()) input.translator.status_sent();
  if (input.exchange.cancellation().requested()) {
    input.translator.on_failure(stopping(), out);
  } else if (!bytes.ok()) {
    input.translator.on_failure(failure_of(bytes.error()), out);
  } else if (bytes->empty()) {
    dialects::translate_end(reader, input.translator, out);
  } else if (auto read = dialects::translate(reader, *bytes, input.translator, out); !read.ok()) {
    input.translator.on_failure(failure_of(read.error()), out);
  }
}

}  // namespace

Task<PumpEnd> pump(PumpInput input) {
  auto& [exchange, upstream, translator, heartbeat, stream, headers] = input;
  http::SseReader reader;
  for (;;) {
    if (stream) heartbeat.watch();
    auto bytes = co_await upstream.read();
    if (stream && !heartbeat.rest()) co_await heartbeat.last_beat();
    if (exchange.cancellation().requested() && !exchange.draining()) co_return PumpEnd::client_left;
    http::OutputBuffer text;
    dialects::AnswerBytes out(text.text());
    translate_read(input, reader, bytes, out);
    // A failure before anything reached the client still becomes an HTTP status.
    bool failed = translator.failure().has_value();
    bool over = translator.finished();
    bool in_band = stream && (heartbeat.begun() || translator.committed() || (over && !failed));
    if (in_band && (over || !out.empty())) {
      if (!heartbeat.begun()) heartbeat.begin(std::exchange(headers, {}));
      auto written = over ? co_await exchange.end(out.passed(), out.text())
                          : co_await exchange.write(out.passed(), out.text());
      if (!written.ok() && (over || !exchange.draining())) co_return PumpEnd::client_left;
    }
    if (over) co_return failed ? PumpEnd::failed : PumpEnd::finished;
  }
}

}  // namespace valetkey::relay
