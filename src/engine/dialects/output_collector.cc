#include "engine/dialects/output_collector.h"

#include <algorithm>
#include <map>

#include "foundation/http/sse.h"

namespace valetkey::dialects {
namespace {

// An item for which no `.done` came.
struct Draft {
  std::string added;  // the item of output_item.added
  std::map<int64_t, std::string> texts, refusals, summaries;
  std::string arguments;
};

bool is_accumulated(std::string_view name) {
  return name == "content" || name == "summary" || name == "arguments" || name == "input" || name == "status";
}

std::string_view guessed_type(const Draft& draft) {
  return !draft.summaries.empty() ? "reasoning" : !draft.arguments.empty() ? "function_call" : "message";
}

void write_parts(JsonWriter& json, const std::map<int64_t, std::string>& parts, std::string_view type,
                 std::string_view member) {
  for (const auto& [index, text] : parts) {
    json.begin_object().member("type", type).member(member, text);
    if (type == "output_text") json.key("annotations").begin_array().end_array();
    json.end_object();
  }
}

std::string finished_item(const Draft& draft) {
  auto parsed = JsonDocument::parse(draft.added.empty() ? "{}" : draft.added);
  Json added = parsed.ok() ? parsed->root() : Json();
  std::string_view type = added["type"].string_or(guessed_type(draft));
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  if (!added["type"].exists()) json.member("type", type);
  added.each_member([&](std::string_view name, const Json& value) {
    if (!is_accumulated(name)) json.member(name, value);
  });
  if (type == "message") {
    if (!added["role"].exists()) json.member("role", "assistant");
    json.key("content").begin_array();
    write_parts(json, draft.texts, "output_text", "text");
    write_parts(json, draft.refusals, "refusal", "refusal");
    json.end_array();
  } else if (type == "reasoning") {
    json.key("summary").begin_array();
    write_parts(json, draft.summaries, "summary_text", "text");
    json.end_array();
  } else if (type == "function_call" || type == "custom_tool_call") {
    json.member(type == "function_call" ? "arguments" : "input", draft.arguments);
  }
  if (type != "reasoning") json.member("status", "completed");
  json.end_object();
  return out;
}

// A `.done` text replaces what the deltas gathered: it is the same, or it is all there is.
void gather(Draft& draft, const Json& root) {
  std::string_view type = root["type"].string_or("");
  int64_t part = root["content_index"].integer().value_or(root["summary_index"].integer().value_or(0));
  auto put = [&root, &type](std::string& target, std::string_view whole) {
    if (type.ends_with(".delta")) {
      target.append(root["delta"].string_or(""));
    } else {
      target = root[whole].string_or("");
    }
  };
  if (type == "response.output_item.added") {
    draft.added = to_json(root["item"]);
  } else if (type.starts_with("response.output_text.")) {
    put(draft.texts[part], "text");
  } else if (type.starts_with("response.refusal.")) {
    put(draft.refusals[part], "refusal");
  } else if (type.starts_with("response.reasoning_summary_text.")) {
    put(draft.summaries[part], "text");
  } else if (type.starts_with("response.function_call_arguments.")) {
    put(draft.arguments, "arguments");
  } else if (type.starts_with("response.custom_tool_call_input.")) {
    put(draft.arguments, "input");
  }
}

template <class Visit>
void each_event(const std::string& events, Visit visit) {
  http::SseReader reader(OutputCollector::kMostKept);
  reader.feed(events);
  http::SseEvent event;
  for (auto more = reader.next(event); more.ok() && *more; more = reader.next(event)) {
    auto parsed = JsonDocument::parse(event.data);
    if (parsed.ok()) visit(parsed->root());
  }
}

}  // namespace

void OutputCollector::take(ResponsesEvent kind, std::string_view data) {
  if (overflow_) return;
  switch (kind) {
    case ResponsesEvent::item_done:
      append_event({}, data, done_);
      open_items_ = std::max(open_items_ - 1, 0);
      if (open_items_ == 0) pending_.clear();
      break;
    case ResponsesEvent::item_added:
      ++open_items_;
      [[fallthrough]];
    case ResponsesEvent::output_text_delta:
    case ResponsesEvent::output_text_done:
    case ResponsesEvent::refusal_delta:
    case ResponsesEvent::refusal_done:
    case ResponsesEvent::reasoning_summary_delta:
    case ResponsesEvent::reasoning_summary_done:
    case ResponsesEvent::arguments_delta:
    case ResponsesEvent::arguments_done:
    case ResponsesEvent::custom_input_delta:
    case ResponsesEvent::custom_input_done:
      append_event({}, data, pending());
      break;
    default:
      return;
  }
  limit();
}

void OutputCollector::begin_text_deltas(const DeltaScan& place) {
  if (overflow_) return;
  JsonWriter json(pending().append("data: "));
  json.begin_object().member("type", "response.output_text.delta");
  if (place.output_index >= 0) json.member("output_index", place.output_index);
  json.member("content_index", place.content_index).key("delta");
  pending_.push_back('"');
}

void OutputCollector::end_text_deltas() {
  if (overflow_) return;
  pending_.append("\"}\n\n");
  limit();
}

// Room for a short message from the first event on: growing copies, and what is left behind must be wiped.
std::string& OutputCollector::pending() {
  constexpr size_t kShortMessage = 1536;
  if (pending_.capacity() < kShortMessage) pending_.reserve(kShortMessage);
  return pending_;
}

void OutputCollector::limit() {
  if (done_.size() + pending_.size() <= kMostKept) return;
  overflow_ = true;
  done_ = {};
  pending_ = {};
}

std::string OutputCollector::rebuild() const {
  std::map<int64_t, std::string> items;
  int64_t next = 0;
  each_event(done_, [&](const Json& root) {
    int64_t index = root["output_index"].integer().value_or(next);
    next = std::clamp<int64_t>(index, 0, 1 << 20) + 1;
    if (root["item"].is_object()) items[index] = to_json(root["item"]);
  });
  std::map<int64_t, Draft> drafts;
  each_event(pending_, [&](const Json& root) {
    int64_t index = root["output_index"].integer().value_or(drafts.empty() ? next : drafts.rbegin()->first);
    if (!items.contains(index)) gather(drafts[index], root);
  });
  for (const auto& [index, draft] : drafts) items[index] = finished_item(draft);
  if (items.empty()) return {};
  std::string out;
  JsonWriter json(out);
  json.begin_array();
  for (const auto& [index, item] : items) json.raw(item);
  json.end_array();
  return out;
}

}  // namespace valetkey::dialects
