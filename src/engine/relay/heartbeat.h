// Keeps a streaming client's connection alive while its upstream is silent: after `interval` the answer is
// begun and a comment line goes out, again and again. Costs one deadline while the upstream speaks.
#pragma once

#include "foundation/http/exchange.h"
#include "foundation/net/deadline.h"

namespace valetkey::relay {

class Heartbeat {
 public:
  // `interval` 0: never beats. `headers` are those of the answer it may have to begin.
  Heartbeat(http::Exchange& exchange, Millis interval);
  Heartbeat(const Heartbeat&) = delete;
  Heartbeat& operator=(const Heartbeat&) = delete;

  // The upstream is being waited for: beat if that takes long.
  void watch();
  // The upstream spoke: no beat begins until the next watch(). False: one is on its way, and last_beat() must
  // be awaited before anything else is written.
  [[nodiscard]] bool rest();
  Task<void> last_beat();
  // The answer was begun, by a beat or by begin().
  bool begun() const { return begun_; }
  void begin(http::HeaderList headers);

 private:
  void beat();
  Task<void> write_beat();
  http::Exchange& exchange_;
  Millis interval_;
  net::Deadline deadline_;
  bool watching_ = false;
  bool begun_ = false;
  bool writing_ = false;
  std::function<void(bool)> written_;  // set while last_beat() waits for a beat's write
};

http::HeaderList stream_headers();

}  // namespace valetkey::relay
