// The many ways to write the same event (scenario family S3).
#pragma once

#include <string>
#include <string_view>

#include "script.h"

namespace valetkey::emulator {

struct SseStyle {
  std::string_view line_end = "\n";
  bool space = true;        // after the colon
  bool multi_line = false;  // data over two lines
  bool event_after_data = false;
  bool comments = false;  // a comment before every event
  bool id_and_retry = false;
};
SseStyle sse_style_of(std::string_view fault_id);
void append_event(std::string& out, const Event& event, const SseStyle& style = {});

}  // namespace valetkey::emulator
