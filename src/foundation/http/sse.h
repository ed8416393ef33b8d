// Server-sent events by the WHATWG rules: LF, CRLF and CR line ends, multi-line data, comments, a leading BOM, split
// at any byte. An event is dispatched at its blank line, or by finish() when the stream ends without one.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "foundation/base/result.h"

namespace valetkey::http {

// Views live until the next call on the reader (they may point into the fed bytes).
struct SseEvent {
  std::string_view event;  // empty: "message"
  std::string_view data;   // lines joined with LF
};

// Pull style, so that a coroutine can stop between two events:
//   reader.feed(bytes); while (auto e = reader.next()) ...   The fed bytes must stay valid until next() says no more.
class SseReader {
 public:
  explicit SseReader(size_t max_event_bytes = 16u << 20) : max_event_bytes_(max_event_bytes) {}

  void feed(std::string_view bytes);
  // Fills `event` and says true, or false when the fed bytes are used up (a partial event is kept by copy).
  // Code::too_large when an event passes the limit.
  Result<bool> next(SseEvent& event);
  // At the end of the stream: a last event that had no blank line. Call once, after next() said false.
  Result<bool> finish(SseEvent& event);

 private:
  bool take_line(std::string_view& line);
  size_t max_event_bytes_;
  std::string_view input_;
  std::string partial_line_;  // a line split over feeds
  std::string data_;          // joined data of an event that is not one whole line of input_
  std::string event_name_;
  bool has_data_ = false;
  bool skip_lf_ = false;  // the last line ended in CR
  bool at_start_ = true;  // a BOM may follow
};

}  // namespace valetkey::http
