// The event streams of both dialects, their deviations, and the bench stream.
#include <gtest/gtest.h>

#include <set>

#include "bench_stream.h"
#include "chat_stream.h"
#include "faults.h"
#include "foundation/http/sse.h"
#include "responses_stream.h"
#include "sse_style.h"

namespace valetkey::emulator {
namespace {

struct Fixture {
  IdSource ids{true};
  JsonDocument body;
  Prompt prompt;
  Answer answer;

  explicit Fixture(const std::string& json) : body(*JsonDocument::parse(json)) {
    prompt = body["messages"].exists() ? read_chat_prompt(body.root()) : read_responses_prompt(body.root());
    answer = compose_answer(prompt);
  }

  std::vector<Event> responses(std::string_view fault = {}) {
    ResponsesInput input;
    input.prompt = &prompt;
    input.answer = &answer;
    input.body = body.root();
    input.response_id = "resp_1";
    input.ids = &ids;
    bend_shape(input.shape, fault);
    return make_responses_events(input);
  }

  std::vector<Event> chat(std::string_view fault = {}, bool include_usage = false) {
    ChatInput input;
    input.prompt = &prompt;
    input.answer = &answer;
    input.id = "chatcmpl-1";
    input.include_usage = include_usage;
    input.ids = &ids;
    bend_shape(input.shape, fault);
    return make_chat_events(input);
  }
};

JsonDocument parse(const Event& event) {
  auto document = JsonDocument::parse(event.data);
  EXPECT_TRUE(document.ok()) << event.data;
  return std::move(document).value();
}

const std::string kTools = R"(,"tools":[{"type":"function","name":"get_weather","parameters":{"type":"object",
    "properties":{"city":{"type":"string"}},"required":["city"]}}])";
const std::string kText =
    R"({"model":"gpt-5.5","input":[{"role":"user","content":"hello"}],"reasoning":{"summary":"auto"}})";
const std::string kCalls =
    R"({"model":"gpt-5.5","input":[{"role":"user","content":"weather in Paris and Rome"}])" + kTools + "}";

std::string joined_deltas(const std::vector<Event>& events, std::string_view type) {
  std::string text;
  for (const Event& event : events) {
    if (event.name == type) text += parse(event)["delta"].string_or("");
  }
  return text;
}

TEST(ResponsesStream, IsInOrderAndNumbered) {
  Fixture fixture(kText);
  const auto events = fixture.responses();
  EXPECT_EQ(events.front().name, "response.created");
  EXPECT_EQ(events.back().name, "response.completed");
  int64_t number = 0;
  for (const Event& event : events) {
    const JsonDocument document = parse(event);
    EXPECT_EQ(document["type"].string_or(""), event.name);
    EXPECT_EQ(document["sequence_number"].integer(), number++);
  }
}

TEST(ResponsesStream, DeltasJoinToTheText) {
  Fixture fixture(kText);
  EXPECT_EQ(joined_deltas(fixture.responses(), "response.output_text.delta"), fixture.answer.text);
}

TEST(ResponsesStream, LeavesTheOutputOfCompletedEmptyUnlessAskedOtherwise) {
  Fixture fixture(kText);
  EXPECT_EQ(parse(fixture.responses().back())["response"]["output"].size(), 0u);
  EXPECT_EQ(parse(fixture.responses("S6.output_filled").back())["response"]["output"].size(), 2u);
}

TEST(ResponsesStream, RotatesIdsWhereCopilotDoes) {
  Fixture fixture(kText);
  std::set<std::string> plain, rotating;
  for (const Event& event : fixture.responses()) plain.emplace(parse(event)["item_id"].string_or(""));
  size_t with_item = 0;
  for (const Event& event : fixture.responses("S6.rotating_ids")) {
    const JsonDocument document = parse(event);
    if (!document["item_id"].exists()) continue;
    ++with_item;
    rotating.emplace(document["item_id"].string_or(""));
  }
  EXPECT_EQ(plain.size(), 3u);  // none, reasoning, message
  EXPECT_EQ(rotating.size(), with_item);
}

TEST(ResponsesStream, HidesArgumentsInCiphertextButNotInDone) {
  Fixture fixture(kCalls);
  const auto events = fixture.responses("S6.ciphertext_args");
  EXPECT_EQ(joined_deltas(events, "response.function_call_arguments.delta").find("Paris"), std::string::npos);
  bool plain = false;
  for (const Event& event : events) {
    if (event.name == "response.function_call_arguments.done")
      plain = plain || event.data.find("Paris") != std::string::npos;
    if (event.name == "response.function_call_arguments.delta")
      EXPECT_TRUE(parse(event)["obfuscation"].exists());
  }
  EXPECT_TRUE(plain);
}

TEST(ResponsesStream, InterleavesParallelCalls) {
  Fixture fixture(kCalls);
  std::string order;
  for (const Event& event : fixture.responses("S6.interleaved_calls")) {
    if (event.name == "response.function_call_arguments.delta")
      order += std::to_string(*parse(event)["output_index"].integer());
  }
  EXPECT_EQ(order, "1212");
}

TEST(ResponsesStream, KnowsEveryUsageOfS6) {
  Fixture fixture(kText);
  auto usage = [&](std::string_view fault) { return parse(fixture.responses(fault).back()); };
  EXPECT_TRUE(usage("")["response"]["usage"]["input_tokens_details"]["cached_tokens"].is_number());
  EXPECT_TRUE(usage("S6.usage_null")["response"]["usage"].is_null());
  EXPECT_TRUE(usage("S6.usage_details_null")["response"]["usage"]["input_tokens_details"].is_null());
  EXPECT_FALSE(usage("S6.usage_absent")["response"]["usage"].exists());
  const JsonDocument nonsense = usage("S6.usage_cached_exceeds");
  EXPECT_GT(nonsense["response"]["usage"]["input_tokens_details"]["cached_tokens"].integer(),
            nonsense["response"]["usage"]["input_tokens"].integer());
}

TEST(ResponsesStream, EveryBentShapeDiffersFromThePlainOne) {
  for (const FaultKind& kind : fault_catalogue()) {
    if (!kind.id.starts_with("S6.") || kind.id == "S6.output_empty") continue;
    Fixture plain(kCalls), bent(kCalls);
    std::string a, b;
    for (const Event& event : plain.responses()) append_event(a, event);
    for (const Event& event : bent.responses(kind.id)) append_event(b, event);
    EXPECT_NE(a, b) << kind.id;
  }
}

const std::string kChat =
    R"({"model":"m","messages":[{"role":"user","content":"weather in Paris"}],"tools":[{"type":"function",
    "function":{"name":"get_weather","parameters":{"type":"object","properties":{"city":{"type":"string"}},"required":["city"]}}}]})";

TEST(ChatStream, FollowsTheOrderOfChunks) {
  Fixture fixture(kChat);
  const auto events = fixture.chat("", true);
  EXPECT_EQ(events.back().data, "[DONE]");
  EXPECT_EQ(parse(events.front())["choices"].at(0)["delta"]["role"].string_or(""), "assistant");
  const JsonDocument usage = parse(events[events.size() - 2]);
  EXPECT_EQ(usage["choices"].size(), 0u);
  EXPECT_TRUE(usage["usage"]["total_tokens"].is_number());
  EXPECT_EQ(parse(events[events.size() - 3])["choices"].at(0)["finish_reason"].string_or(""), "tool_calls");
}

TEST(ChatStream, SaysUsageOnlyWhenAsked) {
  Fixture fixture(kChat);
  for (const Event& event : fixture.chat()) {
    if (event.data != "[DONE]") EXPECT_FALSE(parse(event)["usage"].exists());
  }
}

TEST(ChatStream, EveryBentShapeDiffersFromThePlainOne) {
  for (const FaultKind& kind : fault_catalogue()) {
    if (!kind.id.starts_with("S11.")) continue;
    Fixture plain(kChat), bent(kChat);
    std::string a, b;
    for (const Event& event : plain.chat()) append_event(a, event);
    for (const Event& event : bent.chat(kind.id)) append_event(b, event);
    EXPECT_NE(a, b) << kind.id;
  }
}

// However the lines are written, a reader by the rules sees the same event.
TEST(SseStyles, AllMeanTheSame) {
  const Event event{"response.x", R"({"type":"response.x"})", false};
  for (const FaultKind& kind : fault_catalogue()) {
    if (!kind.id.starts_with("S3.")) continue;
    std::string bytes;
    append_event(bytes, event, sse_style_of(kind.id));
    http::SseReader reader;
    reader.feed(bytes);
    http::SseEvent seen;
    auto next = reader.next(seen);
    ASSERT_TRUE(next.ok() && *next) << kind.id;
    EXPECT_EQ(seen.event, event.name) << kind.id;
    auto document = JsonDocument::parse(seen.data);
    ASSERT_TRUE(document.ok()) << kind.id;
    EXPECT_EQ((*document)["type"].string_or(""), "response.x") << kind.id;
  }
}

TEST(BenchStream, HasTheSizeOfTheMeasurements) {
  const BenchStream& stream = bench_stream();
  EXPECT_EQ(stream.bytes.size(), kBenchBytes);
  ASSERT_EQ(stream.events.size(), kBenchEvents);
  size_t deltas = 0;
  for (std::string_view event : stream.events)
    deltas += event.starts_with("event: response.output_text.delta\n");
  EXPECT_EQ(deltas, kBenchDeltas);
}

TEST(BenchStream, IsAskedForByTheLastUserText) {
  auto asks = [](const char* body) { return bench_prompt(JsonDocument::parse(body)->root()).has_value(); };
  EXPECT_TRUE(asks(R"({"input":[{"role":"user","content":"bench 1"}]})"));
  EXPECT_TRUE(asks(R"({"input":[{"role":"user","content":[{"type":"input_text","text":"bench"}]}]})"));
  EXPECT_FALSE(asks(R"({"input":[{"role":"user","content":"a bench"}]})"));
  EXPECT_FALSE(asks(R"({"input":[]})"));
}

}  // namespace
}  // namespace valetkey::emulator
