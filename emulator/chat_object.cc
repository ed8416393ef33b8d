// The chat completion that is not streamed.
#include "chat_parts.h"
#include "chat_stream.h"

namespace valetkey::emulator {
namespace {

void write_token(JsonWriter& json, std::string_view token, double logprob) {
  json.member("token", token).member("logprob", logprob).key("bytes").begin_array();
  for (char c : token) json.integer(static_cast<unsigned char>(c));
  json.end_array();
}

void write_calls(JsonWriter& json, const ChatInput& input) {
  json.key("tool_calls").begin_array();
  for (const ToolCall& call : input.answer->calls) {
    json.begin_object().member("id", input.ids->make("call_", 24)).member("type", "function");
    json.key("function").begin_object().member("name", call.name).member("arguments", call.arguments);
    json.end_object().end_object();
  }
  json.end_array();
}

void write_text(JsonWriter& json, std::string_view name, std::string_view text) {
  json.key(name);
  text.empty() ? json.null() : json.string(text);
}

void begin_choice(JsonWriter& json, int64_t index) {
  json.begin_object().member("index", index).key("message").begin_object().member("role", "assistant");
}

void end_choice(JsonWriter& json, const ChatInput& input, bool with_text) {
  json.end_object().key("logprobs");
  if (input.prompt->wants_logprobs && with_text) {
    write_logprobs(json, pieces_of(input.answer->text), input.prompt->top_logprobs);
  } else {
    json.null();
  }
  json.member("finish_reason", finish_word(input.answer->finish)).end_object();
}

void write_choices(JsonWriter& json, const ChatInput& input) {
  const Answer& answer = *input.answer;
  json.key("choices").begin_array();
  const bool split = input.shape.split_choices && !answer.calls.empty();
  if (split) {
    begin_choice(json, 0);
    json.member("content", "I use a tool for that.");
    end_choice(json, input, false);
  }
  begin_choice(json, split ? 1 : 0);
  if (!split) {
    const bool silent = !answer.calls.empty() || !answer.refusal.empty();
    json.key("content");
    silent ? json.null() : json.string(answer.text);
    write_text(json, "refusal", answer.refusal);
    if (input.shape.reasoning_content && !answer.reasoning.empty())
      json.member("reasoning_content", answer.reasoning);
  }
  if (!answer.calls.empty()) write_calls(json, input);
  end_choice(json, input, true);
  json.end_array();
}

}  // namespace

std::string_view finish_word(Answer::Finish finish) {
  switch (finish) {
    case Answer::Finish::stop:
      return "stop";
    case Answer::Finish::length:
      return "length";
    case Answer::Finish::tool_calls:
      return "tool_calls";
    case Answer::Finish::content_filter:
      return "content_filter";
  }
  return "";
}

void write_chat_usage(JsonWriter& json, const Answer& answer) {
  json.begin_object()
      .member("prompt_tokens", answer.input_tokens)
      .member("completion_tokens", answer.output_tokens);
  json.member("total_tokens", answer.input_tokens + answer.output_tokens);
  json.key("prompt_tokens_details").begin_object().member("cached_tokens", answer.cached_tokens).end_object();
  json.key("completion_tokens_details").begin_object().member("reasoning_tokens", answer.reasoning_tokens);
  json.end_object().end_object();
}

void write_logprobs(JsonWriter& json, const std::vector<std::string_view>& tokens, int64_t top) {
  json.begin_object().key("content").begin_array();
  for (std::string_view token : tokens) {
    json.begin_object();
    write_token(json, token, -0.125);
    json.key("top_logprobs").begin_array();
    for (int64_t i = 0; i < top; ++i) {
      json.begin_object();
      write_token(json, i == 0 ? token : std::string_view(" other"),
                  i == 0 ? -0.125 : -2.5 - static_cast<double>(i));
      json.end_object();
    }
    json.end_array().end_object();
  }
  json.end_array().key("refusal").null().end_object();
}

std::string make_chat_object(const ChatInput& input) {
  std::string out;
  JsonWriter json(out);
  json.begin_object()
      .member("id", input.id)
      .member("object", "chat.completion")
      .member("created", input.created);
  json.member("model", input.prompt->model);
  write_choices(json, input);
  json.key("usage");
  write_chat_usage(json, *input.answer);
  json.member("system_fingerprint", "fp_emulator").end_object();
  return out;
}

}  // namespace valetkey::emulator
