// The output items of a Responses stream, for the terminal event that leaves them out.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/dialects/delta_scan.h"
#include "engine/dialects/responses_events.h"

namespace valetkey::dialects {

// Keeps copies of events as they pass and reads them only when the answer needs them.
class OutputCollector {
 public:
  void take(ResponsesEvent kind, std::string_view data);
  // Several output_text.delta events of one place as one: their texts, escaped as they stand, come between
  // the two.
  void begin_text_deltas(const DeltaScan& place);
  void add_text_delta(std::string_view escaped) {
    if (!overflow_) pending_.append(escaped);
  }
  void end_text_deltas();
  // The items as a JSON array, sorted by output_index; an item that never was done is put together from its
  // deltas. Empty when the stream had no items, or more than kMostKept bytes.
  std::string rebuild() const;

  static constexpr size_t kMostKept = 64u << 20;

 private:
  std::string& pending();
  void limit();
  // Events in SSE framing: no allocation per event.
  std::string done_;     // response.output_item.done
  std::string pending_;  // what belongs to items that are not done
  int open_items_ = 0;
  bool overflow_ = false;
};

}  // namespace valetkey::dialects
