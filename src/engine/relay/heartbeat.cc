#include "engine/relay/heartbeat.h"

#include "foundation/net/blocking_pool.h"
#include "foundation/net/worker.h"

namespace valetkey::relay {

// X-Accel-Buffering stops nginx from holding events back.
http::HeaderList stream_headers() {
  return {{"content-type", "text/event-stream; charset=utf-8"},
          {"cache-control", "no-cache"},
          {"x-accel-buffering", "no"}};
}

Heartbeat::Heartbeat(http::Exchange& exchange, Millis interval)
    : exchange_(exchange),
      interval_(interval),
      deadline_(exchange.worker().deadlines(), [this] { beat(); }) {}

void Heartbeat::begin(http::HeaderList headers) {
  begun_ = true;
  exchange_.begin(200, std::move(headers));
}

void Heartbeat::watch() {
  if (interval_ == 0) return;
  watching_ = true;
  deadline_.arm(interval_);
}

bool Heartbeat::rest() {
  watching_ = false;
  deadline_.disarm();
  return !writing_;
}

Task<void> Heartbeat::last_beat() {
  std::function<void(std::function<void(bool)>)> wait = [this](std::function<void(bool)> done) {
    written_ = std::move(done);
  };
  co_await net::suspend_until<bool>(std::move(wait));
}

void Heartbeat::beat() {
  if (!watching_ || writing_ || exchange_.cancellation().requested()) return;
  writing_ = true;
  exchange_.worker().spawn(write_beat());
}

Task<void> Heartbeat::write_beat() {
  if (!begun_) begin(stream_headers());
  auto written = co_await exchange_.write(": waiting for the model\n\n");
  writing_ = false;
  if (written_) {
    std::exchange(written_, nullptr)(true);
  } else if (watching_ && written.ok()) {
    deadline_.arm(interval_);
  }
}

}  // namespace valetkey::relay
