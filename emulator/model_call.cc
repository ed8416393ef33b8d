#include "model_call.h"

#include "answers.h"
#include "player.h"
#include "stream_faults.h"

namespace valetkey::emulator {
namespace {

std::string tiny_words(int64_t count) {
  std::string text = "a";
  for (int64_t i = 1; i < count; ++i) text += " a";
  return text;
}

// Faults that change what the model says (S9, and the texts that S4 needs).
void bend_answer(Call& call, Answer& answer) {
  if (!call.fault) return;
  if (call.struck_by("S9.max_output_tokens")) answer.finish = Answer::Finish::length;
  if (call.struck_by("S9.content_filter")) answer.finish = Answer::Finish::content_filter;
  if (call.struck_by("S9.refusal")) {
    answer.text.clear();
    answer.calls.clear();
    answer.refusal = "I'm sorry, but I can't help with that.";
    answer.finish = Answer::Finish::stop;
  }
  if (call.struck_by("S9.empty") || call.struck_by("S9.reasoning_only")) {
    answer.text.clear();
    answer.calls.clear();
    answer.finish = Answer::Finish::stop;
    if (call.fault->id() == "S9.empty")
      answer.reasoning.clear();
    else if (answer.reasoning.empty())
      answer.reasoning = "I think, and say nothing.";
  }
  if (call.struck_by("S4.tiny_deltas")) answer.text = tiny_words(call.fault->integer("count", 10'000));
  if (call.fault->id() == "S4.split_utf8" || call.fault->id() == "S4.surrogates") {
    answer.text = "Look \xF0\x9F\x98\x80 \xF0\x9F\x8E\x89 \xF0\x9F\x9A\x80 \xE2\x9C\x93 " + answer.text;
  }
}

// The upstream's own headers, with what a fault has set on top.
void add_headers(Wire& wire, http::HeaderList headers) {
  for (const auto& [name, value] : wire.headers.fields()) headers.set(name, value);
  wire.headers = std::move(headers);
}

}  // namespace

Task<void> answer_responses(Call& call, ResponsesCall asked) {
  Prompt prompt = read_responses_prompt(asked.body);
  prompt.prompt_bytes = call.request().body.size();
  Answer answer = compose_answer(prompt);
  bend_answer(call, answer);
  ResponsesInput input;
  input.prompt = &prompt;
  input.answer = &answer;
  input.body = asked.body;
  input.response_id = call.world.ids.make("resp_", 48);
  input.account_id = asked.account_id;
  input.created = call.world.clock.now_seconds();
  input.shape = asked.shape;
  input.ids = &call.world.ids;
  if (call.struck_by_family("S6.") || call.struck_by("S9.reasoning_only"))
    bend_shape(input.shape, call.fault->id());
  if (!asked.stream) {
    std::string body = make_response_object(input);
    co_return co_await call.reply(200, std::move(body));
  }
  std::vector<Event> events = make_responses_events(input);
  bend_events(call, StreamDialect::responses, events);
  Wire wire = to_wire(call, StreamDialect::responses, events);
  add_headers(wire, std::move(asked.headers));
  events = {};
  const Millis pace = pace_of(call, prompt.user_text);
  co_await play(call, std::move(wire), pace);
}

Task<void> answer_chat(Call& call, ChatCall asked) {
  Prompt prompt = read_chat_prompt(asked.body);
  prompt.wants_reasoning = prompt.wants_reasoning && asked.reasons;
  prompt.prompt_bytes = call.request().body.size();
  Answer answer = compose_answer(prompt);
  bend_answer(call, answer);
  ChatInput input;
  input.prompt = &prompt;
  input.answer = &answer;
  input.id = call.world.ids.make("chatcmpl-", 24);
  input.created = call.world.clock.now_seconds();
  input.include_usage = asked.body["stream_options"]["include_usage"].boolean().value_or(false);
  input.shape = asked.shape;
  input.ids = &call.world.ids;
  if (call.struck_by_family("S11.")) bend_shape(input.shape, call.fault->id());
  if (!asked.body["stream"].boolean().value_or(false)) {
    std::string body = make_chat_object(input);
    co_return co_await call.reply(200, std::move(body));
  }
  std::vector<Event> events = make_chat_events(input);
  bend_events(call, StreamDialect::chat, events);
  Wire wire = to_wire(call, StreamDialect::chat, events);
  add_headers(wire, std::move(asked.headers));
  events = {};
  const Millis pace = pace_of(call, prompt.user_text);
  co_await play(call, std::move(wire), pace);
}

}  // namespace valetkey::emulator
