#include "player.h"

#include "answers.h"
#include "foundation/base/strings.h"
#include "foundation/net/worker.h"
#include "pacer.h"

namespace valetkey::emulator {
namespace {

constexpr Millis kResetDelay = 20;

// One frame onto the wire; false when the client is gone.
Task<bool> put(Call& call, const Wire& wire, const Frame& frame) {
  for (int64_t i = 0; i < frame.repeat; ++i) {
    Result<void> sent;
    if (!wire.raw) {
      sent = co_await call.exchange.write(frame.bytes);
    } else if (wire.chunked) {
      const std::string chunk = chunk_of(frame.bytes);
      sent = co_await call.exchange.write_raw(chunk);
    } else {
      sent = co_await call.exchange.write_raw(frame.bytes);
    }
    if (!sent.ok()) co_return false;
  }
  co_return true;
}

Task<void> finish_raw(Call& call, const Wire& wire) {
  std::string last = wire.last_raw;
  if (wire.end == StreamEnd::complete && wire.chunked) last = "0\r\n\r\n";
  if (!last.empty()) (void)co_await call.exchange.write_raw(last);
  // A reset on the heels of data reads as an orderly end to some clients (libuv); let them drain first.
  if (wire.end == StreamEnd::reset) (void)co_await call.wait(kResetDelay);
  call.exchange.close_connection(wire.end == StreamEnd::reset);
}

}  // namespace

std::string chunk_of(std::string_view bytes, std::string_view extension) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string chunk;
  for (size_t rest = bytes.size(); rest > 0; rest /= 16) chunk.insert(chunk.begin(), kDigits[rest % 16]);
  chunk.append(extension).append("\r\n").append(bytes).append("\r\n");
  return chunk;
}

std::string raw_head(int status, const http::HeaderList& headers) {
  std::string head =
      "HTTP/1.1 " + std::to_string(status) + " " + std::string(http::reason_phrase(status)) + "\r\n";
  for (const auto& [name, value] : headers.fields()) {
    if (!value.empty()) head.append(name).append(": ").append(value).append("\r\n");
  }
  return head + "Connection: close\r\n";
}

Millis pace_of(const Call& call, std::string_view user_text) {
  if (auto asked = parse_decimal(call.header("x-emulator-pace-ms"))) return *asked;
  if (const int64_t asked = pace_in_prompt(user_text); asked >= 0) return asked;
  return call.world.options.pace;
}

Task<void> play(Call& call, Wire wire, Millis pace) {
  if (wire.raw) {
    const std::string head =
        raw_head(wire.status, wire.headers) + (wire.chunked ? "Transfer-Encoding: chunked\r\n\r\n" : "\r\n");
    if (auto sent = co_await call.exchange.write_raw(head); !sent.ok()) co_return;
  } else {
    http::HeaderList headers;
    for (const auto& [name, value] : wire.headers.fields()) {
      if (!value.empty()) headers.add(name, value);
    }
    call.exchange.begin(wire.status, std::move(headers));
  }
  Pacer& pacer = call.world.pacer(call.exchange.worker().index());
  bool first = true;
  for (const Frame& frame : wire.frames) {
    Millis wait = frame.wait_before;
    if (wait == 0 && !first && wire.may_pace) wait = pace;
    first = false;
    if (wait > 0 && !co_await pacer.wait(wait, call.exchange.cancellation())) co_return;
    if (!co_await put(call, wire, frame)) co_return;
  }
  if (wire.end == StreamEnd::stall) {
    while (co_await pacer.wait(kHour, call.exchange.cancellation())) {
    }
    co_return;
  }
  if (wire.raw) {
    co_await finish_raw(call, wire);
  } else {
    (void)co_await call.exchange.end();
  }
}

}  // namespace valetkey::emulator
