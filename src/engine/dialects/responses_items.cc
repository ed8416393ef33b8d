#include "engine/dialects/responses_items.h"

#include <algorithm>

namespace valetkey::dialects {
namespace {

int64_t index_of(const Json& root, std::string_view name) {
  return root[name].integer().value_or(0);
}

}  // namespace

StreamItem& ResponsesItems::at(int64_t output_index) {
  output_index = std::min(output_index, kHighestIndex);
  for (size_t i = items_.size(); i-- > 0;) {
    if (output_index < 0 || items_[i].index == output_index) return items_[i];
  }
  items_.emplace_back().index = output_index < 0 ? 0 : output_index;
  return items_.back();
}
StreamItem& ResponsesItems::of(const Json& root) {
  return at(root["output_index"].integer().value_or(-1));
}

void ResponsesItems::take_delta(ResponsesEvent kind, const DeltaScan& delta, EventSink& sink) {
  bool summary = kind == ResponsesEvent::reasoning_summary_delta;
  piece(kind, at(delta.output_index), summary ? delta.summary_index : delta.content_index, {delta.delta},
        delta.obfuscated, sink);
}

// Whatever event brought it.
void ResponsesItems::piece(ResponsesEvent kind, StreamItem& item, int64_t part, Escaped text, bool obfuscated,
                           EventSink& sink) {
  if (text.json.empty()) return sink.begin();
  switch (kind) {
    case ResponsesEvent::output_text_delta:
      item.is_message = true;
      item.text.add(part);
      return sink.text(text, {});
    case ResponsesEvent::refusal_delta:
      item.is_message = true;
      item.refusal.add(part);
      return sink.refusal(text);
    case ResponsesEvent::reasoning_summary_delta:
      if (item.raw_reasoning.any()) return;
      return reasoning(item, item.summary, part, text, sink);
    case ResponsesEvent::reasoning_text_delta:
      if (item.summary.any()) return;
      return reasoning(item, item.raw_reasoning, part, text, sink);
    default:  // arguments
      return arguments_piece(item, text, obfuscated, sink);
  }
}

void ResponsesItems::reasoning(StreamItem& item, PartSet& seen, int64_t part, Escaped text, EventSink& sink) {
  item.is_reasoning = true;
  if (!seen.has(part) && any_reasoning_) sink.reasoning({"\\n\\n"});
  any_reasoning_ = true;
  seen.add(part);
  sink.reasoning(text);
}

void ResponsesItems::arguments_piece(StreamItem& item, Escaped text, bool obfuscated, EventSink& sink) {
  sink.begin();
  if (arguments_from_done_ || !item.announced) {
    item.ciphertext = item.ciphertext || (arguments_from_done_ && obfuscated);
    item.early_arguments.append(text.json);
    return;
  }
  item.has_arguments = true;
  sink.tool_arguments(item.tool, text);
}

bool ResponsesItems::has_text(const DeltaScan& place) const {
  return std::any_of(items_.begin(), items_.end(), [&place](const StreamItem& item) {
    return item.index == place.output_index && item.text.has(place.content_index);
  });
}

void ResponsesItems::take_text(ResponsesEvent kind, const Json& root, std::string_view member,
                               EventSink& sink) {
  StreamItem& item = of(root);
  bool summary = kind == ResponsesEvent::reasoning_summary_delta;
  int64_t part = index_of(root, summary ? "summary_index" : "content_index");
  whole_text(kind, item, part, root[member].string_or(""), sink);
}

// Counts only when no delta brought it.
void ResponsesItems::whole_text(ResponsesEvent kind, StreamItem& item, int64_t part, std::string_view text,
                                EventSink& sink) {
  const PartSet& seen = kind == ResponsesEvent::output_text_delta         ? item.text
                        : kind == ResponsesEvent::refusal_delta           ? item.refusal
                        : kind == ResponsesEvent::reasoning_summary_delta ? item.summary
                                                                          : item.raw_reasoning;
  if (!seen.has(part)) piece(kind, item, part, escape_into(scratch_, text), false, sink);
}

void ResponsesItems::whole_arguments(StreamItem& item, const Json& value, EventSink& sink) {
  auto text = value.string();
  if (!text || item.has_arguments) return;
  if (!item.announced) {
    item.ciphertext = false;
    item.early_arguments.clear();
    append_json_escaped(item.early_arguments, *text);
    return;
  }
  if (text->empty()) return;
  item.has_arguments = true;
  sink.tool_arguments(item.tool, escape_into(scratch_, *text));
}

void ResponsesItems::take_arguments(const Json& root, std::string_view member, EventSink& sink) {
  whole_arguments(of(root), root[member], sink);
}

void ResponsesItems::take_part(const Json& root, EventSink& sink) {
  whole_part(of(root), index_of(root, "content_index"), root["part"], sink);
}

void ResponsesItems::take_annotation(const Json& root, EventSink& sink) {
  of(root).annotated = true;
  sink.annotation(to_json(root["annotation"]));
}

void ResponsesItems::whole_part(StreamItem& item, int64_t index, const Json& part, EventSink& sink) {
  std::string_view type = part["type"].string_or("");
  if (type == "output_text") {
    whole_text(ResponsesEvent::output_text_delta, item, index, part["text"].string_or(""), sink);
  } else if (type == "refusal") {
    whole_text(ResponsesEvent::refusal_delta, item, index, part["refusal"].string_or(""), sink);
  }
}

void ResponsesItems::take_item(const Json& root, bool done, EventSink& sink) {
  int64_t next = items_.empty() ? 0 : items_.back().index + 1;
  int64_t index = root["output_index"].integer().value_or(done ? -1 : next);
  whole_item(at(index), root["item"], done, sink);
}

void ResponsesItems::whole_item(StreamItem& item, const Json& source, bool done, EventSink& sink) {
  std::string_view type = source["type"].string_or("");
  if (type == "function_call") {
    call(item, source, ToolKind::function, done, sink);
  } else if (type == "custom_tool_call") {
    call(item, source, ToolKind::custom, done, sink);
  } else if (type == "message" && done) {
    message(item, source, sink);
  } else if (type == "reasoning" && done) {
    reasoning_item(item, source, sink);
  }
  item.is_message = item.is_message || type == "message";
  item.is_reasoning = item.is_reasoning || type == "reasoning";
}

void ResponsesItems::message(StreamItem& item, const Json& source, EventSink& sink) {
  int64_t index = 0;
  source["content"].each_element([&](const Json& part) {
    whole_part(item, index++, part, sink);
    if (item.annotated) return;
    part["annotations"].each_element([&](const Json& annotation) { sink.annotation(to_json(annotation)); });
  });
  item.annotated = true;
}

void ResponsesItems::reasoning_item(StreamItem& item, const Json& source, EventSink& sink) {
  int64_t index = 0;
  source["summary"].each_element([&](const Json& part) {
    whole_text(ResponsesEvent::reasoning_summary_delta, item, index++, part["text"].string_or(""), sink);
  });
  index = 0;
  source["content"].each_element([&](const Json& part) {
    whole_text(ResponsesEvent::reasoning_text_delta, item, index++, part["text"].string_or(""), sink);
  });
}

void ResponsesItems::call(StreamItem& item, const Json& source, ToolKind kind, bool done, EventSink& sink) {
  if (!item.announced) {
    auto name = source["name"].string();
    if (!name || name->empty()) return;
    item.announced = true;
    item.tool = next_tool_++;
    item.call_id = source["call_id"].string_or(source["id"].string_or(""));
    std::string id, shown;
    append_json_escaped(id, item.call_id);
    append_json_escaped(shown, names_.restored(*name));
    sink.tool_begin(item.tool, kind, {id}, {shown});
    if (!arguments_from_done_) release_early(item, sink);
  }
  if (done) whole_arguments(item, source[kind == ToolKind::custom ? "input" : "arguments"], sink);
}

// Deltas that came before the item's name, or that no `.done` confirmed.
void ResponsesItems::release_early(StreamItem& item, EventSink& sink) {
  if (item.has_arguments || item.ciphertext || item.early_arguments.empty()) return;
  item.has_arguments = true;
  sink.tool_arguments(item.tool, {item.early_arguments});
  item.early_arguments.clear();
}

bool ResponsesItems::finish(const Json& output, EventSink& sink) {
  reconcile(output, sink);
  for (StreamItem& item : items_) {
    if (!item.announced) continue;
    release_early(item, sink);
    if (item.ciphertext && !item.has_arguments) return false;
  }
  return true;
}

// What the terminal event's own output has and the stream had not.
void ResponsesItems::reconcile(const Json& output, EventSink& sink) {
  size_t messages = 0, reasonings = 0;
  for (const StreamItem& item : items_) {
    messages += item.is_message ? 1 : 0;
    reasonings += item.is_reasoning ? 1 : 0;
  }
  output.each_element([&](const Json& source) {
    std::string_view type = source["type"].string_or("");
    if (type == "message" && messages > 0) {
      --messages;
    } else if (type == "reasoning" && reasonings > 0) {
      --reasonings;
    } else if (StreamItem* known = call_known(source)) {
      whole_item(*known, source, true, sink);
    } else {
      StreamItem fresh;
      fresh.index = items_.empty() ? 0 : items_.back().index + 1;
      items_.push_back(std::move(fresh));
      whole_item(items_.back(), source, true, sink);
    }
  });
}

StreamItem* ResponsesItems::call_known(const Json& source) {
  auto call_id = source["call_id"].string();
  if (!call_id) return nullptr;
  for (StreamItem& item : items_) {
    if (item.announced && item.call_id == *call_id) return &item;
  }
  return nullptr;
}

}  // namespace valetkey::dialects
