#include "response_items.h"

#include "codex_rules.h"

namespace valetkey::emulator {
namespace {

Item new_item(const ResponsesInput& input, Item::Kind kind, std::string_view prefix, int64_t index) {
  Item item;
  item.kind = kind;
  item.id = input.ids->make(prefix, 48);
  item.output_index = index;
  return item;
}

std::string_view call_type(OfferedTool::Kind kind) {
  switch (kind) {
    case OfferedTool::Kind::function:
      return "function_call";
    case OfferedTool::Kind::custom:
      return "custom_tool_call";
    case OfferedTool::Kind::local_shell:
      return "local_shell_call";
  }
  return "";
}

std::string_view call_prefix(OfferedTool::Kind kind) {
  switch (kind) {
    case OfferedTool::Kind::function:
      return "fc_";
    case OfferedTool::Kind::custom:
      return "ctc_";
    case OfferedTool::Kind::local_shell:
      return "lsh_";
  }
  return "";
}

void write_call(JsonWriter& json, const Item& item, std::string_view id, bool done) {
  const ToolCall& call = *item.call;
  json.member("id", id)
      .member("type", call_type(call.kind))
      .member("status", done ? "completed" : "in_progress");
  json.member("call_id", item.call_id);
  if (call.kind == OfferedTool::Kind::local_shell) {
    json.key("action").begin_object().member("type", "exec").key("command").begin_array();
    json.string("bash").string("-lc").string(call.arguments).end_array();
    json.key("env").begin_object().end_object().end_object();
    return;
  }
  json.member("name", call.name);
  if (!call.name_space.empty()) json.member("namespace", call.name_space);
  json.member(call.kind == OfferedTool::Kind::custom ? "input" : "arguments",
              done ? std::string_view(call.arguments) : std::string_view());
}

void write_reasoning(JsonWriter& json, const ResponsesInput& input, const Item& item, std::string_view id,
                     bool done) {
  json.member("id", id).member("type", "reasoning").key("summary").begin_array();
  if (done && input.prompt->wants_summary) {
    json.begin_object().member("type", "summary_text").member("text", input.answer->reasoning).end_object();
  }
  json.end_array();
  if (!item.sealed.empty()) json.member("encrypted_content", item.sealed);
}

void write_message(JsonWriter& json, const ResponsesInput& input, std::string_view id, bool done) {
  json.member("id", id).member("type", "message").member("status", done ? "completed" : "in_progress");
  json.member("role", "assistant").key("content").begin_array();
  const bool refuses = !input.answer->refusal.empty();
  if (done) write_content_part(json, refuses, refuses ? input.answer->refusal : input.answer->text);
  json.end_array();
}

void write_usage(JsonWriter& json, const ResponsesInput& input) {
  using Usage = ResponsesShape::Usage;
  const Answer& answer = *input.answer;
  if (input.shape.usage == Usage::absent) return;
  json.key("usage");
  if (input.shape.usage == Usage::null) return void(json.null());
  const int64_t cached =
      input.shape.usage == Usage::nonsense ? answer.input_tokens * 3 : answer.cached_tokens;
  json.begin_object().member("input_tokens", answer.input_tokens).key("input_tokens_details");
  if (input.shape.usage == Usage::null_details) {
    json.null();
  } else {
    json.begin_object().member("cached_tokens", cached).end_object();
  }
  json.member("output_tokens", answer.output_tokens).key("output_tokens_details");
  if (input.shape.usage == Usage::null_details) {
    json.null();
  } else {
    json.begin_object().member("reasoning_tokens", answer.reasoning_tokens).end_object();
  }
  json.member("total_tokens", answer.input_tokens + answer.output_tokens).end_object();
}

void write_echo(JsonWriter& json, const ResponsesInput& input) {
  const Json& body = input.body;
  json.key("instructions").value(body["instructions"]);
  json.key("max_output_tokens").value(body["max_output_tokens"]);
  json.member("model", input.prompt->model).member("parallel_tool_calls", input.prompt->parallel_calls);
  json.key("previous_response_id").null().key("prompt_cache_key").value(body["prompt_cache_key"]);
  json.key("reasoning").begin_object().member("effort", body["reasoning"]["effort"].string_or("medium"));
  json.key("summary").value(body["reasoning"]["summary"]).end_object();
  json.member("service_tier", body["service_tier"].string_or("default")).member("store", false);
  json.member("temperature", 1.0).key("text").begin_object().key("format");
  body["text"]["format"].exists() ? json.value(body["text"]["format"]) : json.raw(R"({"type":"text"})");
  json.member("verbosity", body["text"]["verbosity"].string_or("medium")).end_object();
  json.key("tool_choice");
  body["tool_choice"].exists() ? json.value(body["tool_choice"]) : json.string("auto");
  json.key("tools");
  body["tools"].exists() ? json.value(body["tools"]) : json.raw("[]");
  json.member("top_p", 1.0).member("truncation", "disabled");
}

}  // namespace

std::vector<Item> make_items(const ResponsesInput& input) {
  std::vector<Item> items;
  const Answer& answer = *input.answer;
  if (!answer.reasoning.empty()) {
    items.push_back(new_item(input, Item::Kind::reasoning, "rs_", 0));
    if (input.prompt->wants_encrypted) {
      items.back().sealed = seal_reasoning(input.account_id, input.ids->make("", 32));
    }
  }
  if (input.shape.reasoning_only) return items;
  for (const ToolCall& call : answer.calls) {
    items.push_back(
        new_item(input, Item::Kind::call, call_prefix(call.kind), static_cast<int64_t>(items.size())));
    items.back().call = &call;
    items.back().call_id = input.ids->make("call_", 24);
  }
  if (answer.calls.empty()) {
    items.push_back(new_item(input, Item::Kind::message, "msg_", static_cast<int64_t>(items.size())));
  }
  if (input.shape.reversed_indexes) {
    const auto last = static_cast<int64_t>(items.size()) - 1;
    for (Item& item : items) item.output_index = last - item.output_index;
  }
  return items;
}

void write_content_part(JsonWriter& json, bool refusal, std::string_view text) {
  json.begin_object()
      .member("type", refusal ? "refusal" : "output_text")
      .member(refusal ? "refusal" : "text", text);
  if (!refusal) json.key("annotations").begin_array().end_array().key("logprobs").begin_array().end_array();
  json.end_object();
}

void write_item(JsonWriter& json, const ResponsesInput& input, const Item& item, std::string_view id,
                bool done) {
  json.begin_object();
  switch (item.kind) {
    case Item::Kind::reasoning:
      write_reasoning(json, input, item, id, done);
      break;
    case Item::Kind::message:
      write_message(json, input, id, done);
      break;
    case Item::Kind::call:
      write_call(json, item, id, done);
      break;
  }
  json.end_object();
}

std::string_view terminal_status(const ResponsesInput& input) {
  const auto finish = input.answer->finish;
  return finish == Answer::Finish::length || finish == Answer::Finish::content_filter ? "incomplete"
                                                                                      : "completed";
}

void write_response(JsonWriter& json, const ResponsesInput& input, const std::vector<Item>& items,
                    std::string_view status, std::string_view id) {
  const bool over = status != "in_progress";
  json.begin_object().member("id", id).member("object", "response").member("created_at", input.created);
  json.member("status", status).member("background", false).key("error").null().key("incomplete_details");
  if (status == "incomplete") {
    const bool filtered = input.answer->finish == Answer::Finish::content_filter;
    json.begin_object().member("reason", filtered ? "content_filter" : "max_output_tokens").end_object();
  } else {
    json.null();
  }
  write_echo(json, input);
  json.key("output").begin_array();
  if (over && input.shape.output_in_completed) {
    for (const Item& item : items) write_item(json, input, item, item.id, true);
  }
  json.end_array();
  over ? write_usage(json, input) : void(json.key("usage").null());
  json.key("user").null().key("metadata").begin_object().end_object().end_object();
}

}  // namespace valetkey::emulator
