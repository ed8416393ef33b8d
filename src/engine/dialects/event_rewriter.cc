#include "engine/dialects/event_rewriter.h"

namespace valetkey::dialects {

bool EventRewriter::needed(ResponsesEvent kind) const {
  if (pin_ids_) return true;
  if (names_.empty()) return false;
  switch (kind) {
    case ResponsesEvent::item_added:
    case ResponsesEvent::item_done:
    case ResponsesEvent::arguments_done:
    case ResponsesEvent::created:
    case ResponsesEvent::preamble:
    case ResponsesEvent::completed:
    case ResponsesEvent::incomplete:
      return true;
    default:
      return false;
  }
}

std::string_view EventRewriter::pinned(int64_t output_index, std::string_view id) {
  if (!pin_ids_) return id;
  for (const Pin& pin : pins_) {
    if (pin.output_index == output_index) return pin.id;
  }
  pins_.push_back({output_index, std::string(id)});
  return pins_.back().id;
}

void EventRewriter::write_item(const Json& item, int64_t output_index, JsonWriter& json) {
  if (!item.is_object()) {
    json.value(item);
    return;
  }
  json.begin_object();
  item.each_member([&](std::string_view name, const Json& value) {
    auto text = value.string();
    if (name == "id" && text) {
      json.member(name, pinned(output_index, *text));
    } else if (name == "name" && text) {
      json.member(name, names_.restored(*text));
    } else {
      json.member(name, value);
    }
  });
  json.end_object();
}

void EventRewriter::write_output(const Json& output, JsonWriter& json) {
  json.begin_array();
  int64_t index = 0;
  output.each_element([&](const Json& item) { write_item(item, index++, json); });
  json.end_array();
}

void EventRewriter::write_tools(const Json& tools, JsonWriter& json) const {
  json.begin_array();
  tools.each_element([&](const Json& tool) {
    json.begin_object();
    tool.each_member([&](std::string_view name, const Json& value) {
      auto text = value.string();
      if (name == "name" && text) {
        json.member(name, names_.restored(*text));
      } else {
        json.member(name, value);
      }
    });
    json.end_object();
  });
  json.end_array();
}

void EventRewriter::rewrite_response(const Json& response, std::string_view output, JsonWriter& json) {
  json.begin_object();
  if (!response["id"].is_string()) {
    if (response_id_.empty()) response_id_ = fallback_id_;
    json.member("id", response_id_);
  }
  bool has_output = false;
  response.each_member([&](std::string_view name, const Json& value) {
    if (name == "id" && value.is_string() && pin_ids_) {
      if (response_id_.empty()) response_id_ = *value.string();
      json.member(name, response_id_);
    } else if (name == "id" && !value.is_string()) {
      return;
    } else if (name == "output" && !output.empty()) {
      json.key(name).raw(output);
      has_output = true;
    } else if (name == "output" && value.is_array()) {
      json.key(name);
      write_output(value, json);
      has_output = true;
    } else if (name == "tools" && value.is_array() && !names_.empty()) {
      json.key(name);
      write_tools(value, json);
    } else {
      json.member(name, value);
    }
  });
  if (!has_output && !output.empty()) json.key("output").raw(output);
  json.end_object();
}

void EventRewriter::rewrite(const Json& root, std::string_view output, std::string& out) {
  out.clear();
  JsonWriter json(out);
  int64_t index = root["output_index"].integer().value_or(-1);
  json.begin_object();
  root.each_member([&](std::string_view name, const Json& value) {
    auto text = value.string();
    if (name == "response" && value.is_object()) {
      rewrite_response(value, output, json.key(name));
    } else if (name == "item") {
      write_item(value, index, json.key(name));
    } else if (name == "item_id" && text) {
      json.member(name, pinned(index, *text));
    } else if (name == "name" && text) {
      json.member(name, names_.restored(*text));
    } else {
      json.member(name, value);
    }
  });
  json.end_object();
}

}  // namespace valetkey::dialects
