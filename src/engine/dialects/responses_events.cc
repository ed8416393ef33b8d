#include "engine/dialects/responses_events.h"

#include <algorithm>
#include <array>

#include "engine/dialects/delta_scan.h"

namespace valetkey::dialects {
namespace {

struct Name {
  std::string_view text;
  ResponsesEvent event;
};

// Without the prefix "response.". The most frequent first.
constexpr std::array kNames = {
    Name{"output_text.delta", ResponsesEvent::output_text_delta},
    Name{"function_call_arguments.delta", ResponsesEvent::arguments_delta},
    Name{"reasoning_summary_text.delta", ResponsesEvent::reasoning_summary_delta},
    Name{"output_item.added", ResponsesEvent::item_added},
    Name{"output_item.done", ResponsesEvent::item_done},
    Name{"content_part.added", ResponsesEvent::part_added},
    Name{"content_part.done", ResponsesEvent::part_done},
    Name{"output_text.done", ResponsesEvent::output_text_done},
    Name{"created", ResponsesEvent::created},
    Name{"in_progress", ResponsesEvent::preamble},
    Name{"completed", ResponsesEvent::completed},
    Name{"done", ResponsesEvent::completed},
    Name{"function_call_arguments.done", ResponsesEvent::arguments_done},
    Name{"reasoning_summary_text.done", ResponsesEvent::reasoning_summary_done},
    Name{"reasoning_text.delta", ResponsesEvent::reasoning_text_delta},
    Name{"reasoning_text.done", ResponsesEvent::reasoning_text_done},
    Name{"refusal.delta", ResponsesEvent::refusal_delta},
    Name{"refusal.done", ResponsesEvent::refusal_done},
    Name{"custom_tool_call_input.delta", ResponsesEvent::custom_input_delta},
    Name{"custom_tool_call_input.done", ResponsesEvent::custom_input_done},
    Name{"output_text.annotation.added", ResponsesEvent::annotation_added},
    Name{"incomplete", ResponsesEvent::incomplete},
    Name{"failed", ResponsesEvent::failed},
    Name{"cancelled", ResponsesEvent::failed},
    Name{"queued", ResponsesEvent::preamble},
    Name{"metadata", ResponsesEvent::preamble},
};

int64_t count(const Json& value) {
  return std::max<int64_t>(value.integer().value_or(0), 0);
}

Usage clamped(Usage usage, const Json& total) {
  usage.known = true;
  usage.cached_tokens = std::min(usage.cached_tokens, usage.input_tokens);
  usage.reasoning_tokens = std::min(usage.reasoning_tokens, usage.output_tokens);
  constexpr int64_t kMost = int64_t{1} << 53;
  usage.input_tokens = std::min(usage.input_tokens, kMost);
  usage.output_tokens = std::min(usage.output_tokens, kMost);
  usage.total_tokens = total.integer() ? count(total) : usage.input_tokens + usage.output_tokens;
  return usage;
}

}  // namespace

ResponsesEvent responses_event(std::string_view type) {
  constexpr std::string_view kPrefix = "response.";
  if (type.starts_with(kPrefix)) {
    type.remove_prefix(kPrefix.size());
    for (const Name& name : kNames) {
      if (name.text == type) return name.event;
    }
    return ResponsesEvent::other_event;
  }
  if (type == "error") return ResponsesEvent::error;
  if (type.starts_with("codex.") || type == "keepalive" || type == "ping" || type.empty())
    return ResponsesEvent::preamble;
  return ResponsesEvent::other_event;
}

std::string_view type_of(const http::SseEvent& event) {
  std::string_view type = peek_type(event.data);
  return type.empty() ? event.event : type;
}

void append_event(std::string_view type, std::string_view data, std::string& out) {
  constexpr size_t kFraming = sizeof "event: \ndata: \n\n";
  out.reserve(out.size() + type.size() + data.size() + kFraming);  // one growth, not one a piece
  if (!type.empty()) out.append("event: ").append(type).append("\n");
  for (size_t end; (end = data.find('\n')) != std::string_view::npos; data.remove_prefix(end + 1)) {
    out.append("data: ").append(data.substr(0, end)).append("\n");
  }
  out.append("data: ").append(data).append("\n\n");
}

OutgoingEvent unchanged(const http::SseEvent& event, std::string_view type, std::string_view data) {
  bool same = type == event.event && data.size() == event.data.size();
  return {type, data, same ? event.plain : std::string_view()};
}

void write_event(const OutgoingEvent& event, AnswerBytes& out) {
  if (event.as_it_lies.empty()) {
    append_event(event.type, event.data, out.text());
  } else {
    out.pass(event.as_it_lies);
  }
}

Usage usage_from_responses(const Json& usage) {
  if (!usage.is_object()) return {};
  Usage out;
  out.input_tokens = count(usage["input_tokens"]);
  out.output_tokens = count(usage["output_tokens"]);
  out.cached_tokens = count(usage["input_tokens_details"]["cached_tokens"]);
  out.reasoning_tokens = count(usage["output_tokens_details"]["reasoning_tokens"]);
  return clamped(out, usage["total_tokens"]);
}

Usage usage_from_chat(const Json& usage) {
  if (!usage.is_object()) return {};
  Usage out;
  out.input_tokens = count(usage["prompt_tokens"]);
  out.output_tokens = count(usage["completion_tokens"]);
  out.cached_tokens = count(usage["prompt_tokens_details"]["cached_tokens"]);
  out.reasoning_tokens = count(usage["completion_tokens_details"]["reasoning_tokens"]);
  return clamped(out, usage["total_tokens"]);
}

}  // namespace valetkey::dialects
