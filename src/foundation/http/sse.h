// Server-sent events by the WHATWG rules: LF, CRLF and CR line ends, multi-line data, comments, a leading
// BOM, split at any byte. An event is dispatched at its blank line, or by finish() when the stream ends
// without one.
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
  // All of it in the fed bytes, when it lies there as "event: NAME LF data: DATA LF LF"; else empty.
  std::string_view plain = {};
};

// Pull style, so that a coroutine can stop between two events:
//   reader.feed(bytes); while (auto e = reader.next()) ...   The fed bytes must stay valid until next() says
//   no more.
// An event that lies whole in the fed bytes with one data line is handed out without a copy. The fields id
// and retry are read over: nobody here reconnects.
class SseReader {
 public:
  explicit SseReader(size_t max_event_bytes = 16u << 20) : max_event_bytes_(max_event_bytes) {}

  void feed(std::string_view bytes);
  // Fills `event` and says true, or false when the fed bytes are used up (a partial event is kept by copy).
  // Code::too_large when a line, or the data of an event, passes the limit; the reader stays in that state.
  Result<bool> next(SseEvent& event);
  // For a caller that knows events by their bytes: what is fed and not read yet, when an event begins there
  // (else empty); and skip() reads over whole events of it, which must hold no CR.
  std::string_view rest() const;
  void skip(size_t bytes) { input_.remove_prefix(bytes); }
  // At the end of the stream: a last event that had no blank line. Call once, after next() said false.
  Result<bool> finish(SseEvent& event);

 private:
  bool between_events() const;
  bool take_line(std::string_view& line);
  bool skip_bom();
  bool take_field(std::string_view line);
  bool add_data(std::string_view value);
  bool dispatch(SseEvent& event);
  bool keep_partial();
  Result<bool> too_large();

  size_t max_event_bytes_;
  std::string_view input_;         // fed and not yet used
  const char* event_ = nullptr;    // where the next event begins in the fed bytes; null: before them
  const char* next_cr_ = nullptr;  // first CR in input_, or its end: one search serves a whole feed
  std::string_view data_view_;     // the event's data so far: in the fed bytes, in held_line_, or data_
  std::string_view name_view_;     // the event's name, in the same places, or event_name_
  std::string partial_line_;       // a line split over feeds
  std::string held_line_;          // the last such line, complete
  std::string data_;               // data that spans lines or feeds
  std::string event_name_;         // a name that was kept over a feed
  bool has_data_ = false;
  bool skip_lf_ = false;    // the last line ended in CR
  bool failed_ = false;     // an event was too large: nothing comes after it
  unsigned bom_bytes_ = 0;  // how much of a leading BOM was seen; kBomDone when it can no longer come
};

}  // namespace valetkey::http
