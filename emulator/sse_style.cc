#include "sse_style.h"

namespace valetkey::emulator {

SseStyle sse_style_of(std::string_view fault_id) {
  SseStyle style;
  if (fault_id == "S3.crlf" || fault_id == "S4.split_crlf") style.line_end = "\r\n";
  if (fault_id == "S3.cr") style.line_end = "\r";
  style.space = fault_id != "S3.no_space";
  style.multi_line = fault_id == "S3.multi_line";
  style.event_after_data = fault_id == "S3.event_after_data";
  style.comments = fault_id == "S3.comments";
  style.id_and_retry = fault_id == "S3.id_retry";
  return style;
}

void append_event(std::string& out, const Event& event, const SseStyle& style) {
  const std::string_view colon = style.space ? ": " : ":";
  auto line = [&](std::string_view field, std::string_view value) {
    out.append(field).append(colon).append(value).append(style.line_end);
  };
  if (style.comments) out.append(": a comment").append(style.line_end);
  if (style.id_and_retry) {
    line("id", "7");
    line("retry", "3000");
  }
  if (!event.name.empty() && !style.event_after_data) line("event", event.name);
  if (style.multi_line && event.data.starts_with('{')) {
    line("data", "{");  // a line break between two tokens is white space of JSON
    line("data", std::string_view(event.data).substr(1));
  } else {
    line("data", event.data);
  }
  if (!event.name.empty() && style.event_after_data) line("event", event.name);
  out.append(style.line_end);
}

}  // namespace valetkey::emulator
