// A streamed answer on its way from meaning to bytes: events, then frames (what goes out in one write), then
// the wire.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "foundation/base/clock.h"
#include "foundation/http/message.h"

namespace valetkey::emulator {

struct Event {
  std::string name;  // empty: no "event:" line (chat dialect)
  std::string data;
  bool is_text_delta = false;
};

struct Frame {
  std::string bytes;
  Millis wait_before = 0;
  int64_t repeat = 1;  // the same bytes so many times (S12.flood)
};

// How the stream ends once all frames are out.
enum class StreamEnd {
  complete,  // an orderly end of the HTTP message
  close,     // the connection is closed without it (a cut inside chunked framing; or the end of a
             // close-delimited body)
  reset,     // TCP RST
  stall      // nothing more comes; until the client leaves
};

struct Wire {
  int status = 200;
  http::HeaderList headers;
  std::vector<Frame> frames;
  StreamEnd end = StreamEnd::complete;
  bool raw = false;      // head and framing are written by hand, so that the head leaves at once
  bool chunked = true;   // raw only: false = close-delimited
  bool may_pace = true;  // false: frames are finer than events, so --pace-ms does not apply
  std::string last_raw;  // raw only: bytes after the last frame, outside any framing
};

}  // namespace valetkey::emulator
