// Reads one small flat event without building a document: the hot path of every stream.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace valetkey::dialects {

// The members of `{"type":"response.output_text.delta",...}` that matter. Views into the scanned text.
struct DeltaScan {
  std::string_view delta;  // escaped, without quotes; passed is_escaped_text()
  int64_t output_index = -1;
  int64_t content_index = 0;
  int64_t summary_index = 0;
  bool has_delta = false;
  bool obfuscated = false;  // has the member "obfuscation"
};

// False: not exactly one flat JSON object, or text that needs repair. The caller then parses it properly.
bool scan_delta(std::string_view data, DeltaScan& out);

// The same, faster for a run of deltas: they differ in their sequence number and their text only, so an event
// that repeats the other bytes of the last one needs no walk. One per stream.
class DeltaScanner {
 public:
  // `name`: the event's SSE name, empty for none.
  bool scan(std::string_view name, std::string_view data, DeltaScan& out);

  // Reads one more event like the last scanned one off the start of `stream`, framing and all, and says how
  // many bytes it has; 0 when something else begins there.
  size_t scan_repeated(std::string_view stream, DeltaScan& out) const;

 private:
  void learn(std::string_view name, std::string_view data, const DeltaScan& scan);

  // event: ..LF data: | {"type":..,"sequence_number": | digits | ,..,"delta":" | text | ",..} | LF LF
  // `before_number_` begins with the frame, `after_text_` ends with the two LF. The name is part of the
  // shape: it may be all that tells one kind of delta from another.
  std::string name_, before_number_, after_number_, after_text_;
  size_t frame_size_ = 0;
  DeltaScan shape_;
  bool known_ = false;
};

// Where an event belongs, when its members are all there is to know. False: parse it properly.
bool scan_place(std::string_view data, DeltaScan& out);

// The value of the top-level "type", escaped as it stands; empty when there is none or the text is no object.
std::string_view peek_type(std::string_view data);

}  // namespace valetkey::dialects
