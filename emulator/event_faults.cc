// stream_faults.h, the half about what the events say.
#include <algorithm>

#include "foundation/base/json.h"
#include "responses_stream.h"
#include "stream_faults.h"

namespace valetkey::emulator {
namespace {

constexpr std::string_view kEmoji = "\xF0\x9F\x98\x80";  // U+1F600

// Where a fault in the middle goes: after the given number of text deltas, else half way.
size_t middle_of(const std::vector<Event>& events, int64_t deltas) {
  int64_t seen = 0;
  for (size_t i = 0; i < events.size(); ++i) {
    if (events[i].is_text_delta && ++seen == deltas) return i + 1;
  }
  return events.size() / 2;
}

// After: "start" (first event), "created" (after response.created, or the role chunk), "deltas" (after
// three).
size_t position_of(const Call& call, const std::vector<Event>& events, std::string_view fallback) {
  const std::string after = call.fault->text("after", fallback);
  if (after == "start") return 0;
  if (after == "created") return std::min<size_t>(1, events.size());
  return middle_of(events, call.fault->integer("deltas", 3));
}

void end_with(std::vector<Event>& events, size_t position, Event last) {
  events.resize(position);
  events.push_back(std::move(last));
}

Event chat_error(std::string_view code, std::string_view message) {
  Event event;
  JsonWriter json(event.data);
  json.begin_object().key("error").begin_object().member("message", message).member("type", "server_error");
  json.key("param").null().member("code", code).end_object().end_object();
  return event;
}

Event error_flat() {
  return {
      "error",
      R"({"type":"error","code":"server_error","message":"The server had an error.","param":null,"sequence_number":7})",
      false};
}
Event error_nested() {
  return {
      "error",
      R"({"type":"error","status":500,"error":{"type":"server_error","code":"server_error","message":"The server had an error."}})",
      false};
}

void bend_failure(Call& call, StreamDialect dialect, std::vector<Event>& events) {
  struct Case {
    std::string_view fault, code, message;
  };
  static constexpr Case kCases[] = {
      {"S7.overloaded", "server_is_overloaded",
       "Our servers are currently overloaded. Please try again later."},
      {"S7.usage_not_included", "usage_not_included",
       "To use Codex with your ChatGPT plan, upgrade to Plus."},
      {"S7.rate_limited", "rate_limit_exceeded", "Rate limit reached for gpt-5.5. Please try again in 28ms."},
      {"S7.failed", "server_error", "An error occurred while processing your request."},
  };
  for (const Case& one : kCases) {
    if (!call.struck_by(one.fault)) continue;
    const std::string code = call.fault->text("code", one.code),
                      message = call.fault->text("message", one.message);
    end_with(events, position_of(call, events, "start"),
             dialect == StreamDialect::chat
                 ? chat_error(code, message)
                 : make_failed_event(code, message, call.world.clock.now_seconds()));
  }
  if (call.struck_by("S8.error_flat")) end_with(events, position_of(call, events, "deltas"), error_flat());
  if (call.struck_by("S8.error_nested"))
    end_with(events, position_of(call, events, "deltas"), error_nested());
  if (call.struck_by("S8.chat_error")) {
    end_with(events, position_of(call, events, "deltas"),
             chat_error("server_error", "The server had an error."));
  }
}

// The emoji of the first delta that has one becomes two escapes in two deltas.
void split_surrogates(StreamDialect dialect, std::vector<Event>& events) {
  const std::string_view field = dialect == StreamDialect::chat ? "\"content\":\"" : "\"delta\":\"";
  for (size_t i = 0; i < events.size(); ++i) {
    const std::string& data = events[i].data;
    const size_t open = data.find(field), emoji = data.find(kEmoji);
    if (!events[i].is_text_delta || open == std::string::npos || emoji == std::string::npos) continue;
    const size_t text = open + field.size();
    size_t close = emoji;
    while (data[close] != '"') close += data[close] == '\\' ? 2 : 1;
    Event first = events[i], second = events[i];
    first.data = data.substr(0, emoji) + "\\uD83D" + data.substr(close);
    second.data = data.substr(0, text) + "\\uDE00" + data.substr(emoji + kEmoji.size());
    events[i] = std::move(first);
    events.insert(events.begin() + static_cast<long>(i) + 1, std::move(second));
    return;
  }
}

std::string nested(int64_t levels) {
  std::string data = R"({"type":"response.deep","deep":)";
  data.append(static_cast<size_t>(levels), '[').append(static_cast<size_t>(levels), ']');
  return data + "}";
}

// A text delta with `junk` put at the front of its text.
Event with_junk(Event event, StreamDialect dialect, std::string_view junk) {
  const std::string_view field = dialect == StreamDialect::chat ? "\"content\":\"" : "\"delta\":\"";
  const size_t open = event.data.find(field);
  if (open != std::string::npos) event.data.insert(open + field.size(), junk);
  return event;
}

void bend_malformed(Call& call, StreamDialect dialect, std::vector<Event>& events) {
  if (!call.struck_by_family("S5.") || events.empty()) return;
  const std::string& id = call.fault->id();
  const size_t at = std::min(middle_of(events, call.fault->integer("deltas", 2)), events.size() - 1);
  Event& victim = events[at];
  const bool chat = dialect == StreamDialect::chat;
  auto insert = [&](std::string name, std::string data) {
    events.insert(events.begin() + static_cast<long>(at),
                  Event{chat ? std::string() : std::move(name), std::move(data), false});
  };
  if (id == "S5.malformed")
    insert("response.output_text.delta", R"({"type":"response.output_text.delta",,"delta":})");
  if (id == "S5.truncated") victim.data.resize(victim.data.size() / 2);
  if (id == "S5.unknown_type") {
    insert("response.telepathy.delta", chat ? R"({"object":"chat.telepathy","choices":[]})"
                                            : R"({"type":"response.telepathy.delta","thought":"?"})");
  }
  if (id == "S5.name_differs") victim.name = "response.something_else";
  if (id == "S5.duplicate_keys")
    victim.data.insert(1, chat ? R"("object":"twice",)" : R"("sequence_number":-1,)");
  if (id == "S5.invalid_utf8") victim = with_junk(victim, dialect, "\xC3\x28\xFF");
  if (id == "S5.nul") victim = with_junk(victim, dialect, std::string_view("\0", 1));
  if (id == "S5.deep_nesting") insert("response.deep", nested(call.fault->integer("levels", 10'000)));
}

}  // namespace

void bend_events(Call& call, StreamDialect dialect, std::vector<Event>& events) {
  if (!call.fault) return;
  bend_failure(call, dialect, events);
  bend_malformed(call, dialect, events);
  if (call.struck_by("S4.surrogates")) split_surrogates(dialect, events);
  if (call.struck_by("S4.huge_event")) {
    const std::string image(static_cast<size_t>(call.fault->integer("bytes", 1 << 20)), 'A');
    Event huge;
    if (dialect == StreamDialect::responses) {
      huge.name = "response.image_generation_call.partial_image";
      huge.data =
          R"({"type":"response.image_generation_call.partial_image","output_index":9,"item_id":"ig_1","partial_image_index":0,"partial_image_b64":")" +
          image + "\"}";
    } else {
      huge.data =
          R"({"id":"chatcmpl-huge","object":"chat.completion.chunk","choices":[],"image":")" + image + "\"}";
    }
    events.insert(events.begin() + static_cast<long>(middle_of(events, 1)), std::move(huge));
  }
}

}  // namespace valetkey::emulator
