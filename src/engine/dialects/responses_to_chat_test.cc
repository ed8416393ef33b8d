// ChatGPT and Copilot streams as a Chat Completions client sees them.
#include <gmock/gmock.h>

#include "engine/dialects/test_answers.h"

namespace valetkey::dialects::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

Answer codex(std::string_view stream, std::string_view body = kChatStream) {
  return run(Dialect::chat, body, UpstreamKind::codex, stream);
}

// What an event is may stand in its SSE name only. The bytes of its data then look like those of another
// kind.
TEST(ResponsesToChat, EventsThatDifferInNameOnlyAreNotTakenForOneAnother) {
  auto named = [](std::string_view name, int number, std::string_view text) {
    return "event: response." + std::string(name) +
           ".delta\ndata: {\"sequence_number\":" + std::to_string(number) +
           ",\"output_index\":0,\"delta\":\"" + std::string(text) + "\"}\n\n";
  };
  std::string stream = named("output_text", 1, "said") + named("refusal", 2, "refused") +
                       named("output_text", 3, "again") + named("refusal", 4, "no");
  std::string out = run(Dialect::chat, kChatStream, UpstreamKind::codex, stream).out;
  for (std::string_view piece :
       {R"("content":"said")", R"("refusal":"refused")", R"("content":"again")", R"("refusal":"no")"}) {
    EXPECT_NE(out.find(piece), std::string::npos) << piece << " in " << out;
  }
}

TEST(ResponsesToChat, GoldenStream) {
  Answer answer = codex(hello_stream(), kChatUsage);
  const std::string head =
      R"({"id":"chatcmpl-1","object":"chat.completion.chunk","created":1700000000,"model":"model-x","choices":[)";
  EXPECT_THAT(
      answer.data(),
      ElementsAre(
          head +
              R"({"index":0,"delta":{"role":"assistant","content":"","refusal":null},"finish_reason":null}],"usage":null})",
          head + R"({"index":0,"delta":{"content":"Hel"},"finish_reason":null}],"usage":null})",
          head + R"({"index":0,"delta":{"content":"lo \u00e9\n"},"finish_reason":null}],"usage":null})",
          head + R"({"index":0,"delta":{},"finish_reason":"stop"}],"usage":null})",
          head +
              R"(],"usage":{"prompt_tokens":11,"completion_tokens":7,"total_tokens":18,"prompt_tokens_details":{"cached_tokens":4},"completion_tokens_details":{"reasoning_tokens":3}}})",
          "[DONE]"));
  EXPECT_TRUE(answer.finished);
  EXPECT_FALSE(answer.failure);
}

TEST(ResponsesToChat, WithoutIncludeUsageNoChunkNamesUsageButItIsKnown) {
  Answer answer = codex(hello_stream());
  EXPECT_THAT(answer.out, Not(HasSubstr("usage")));
  EXPECT_EQ(answer.usage.input_tokens, 11);
  EXPECT_EQ(answer.usage.reasoning_tokens, 3);
}

TEST(ResponsesToChat, GoldenAggregate) {
  Answer answer = codex(hello_stream(), kChatWhole);
  EXPECT_EQ(answer.out, "");
  EXPECT_EQ(
      answer.whole,
      R"({"id":"chatcmpl-1","object":"chat.completion","created":1700000000,"model":"model-x","choices":[{"index":0,"message":{"role":"assistant","content":"Hello )"
      R"(\u00e9\n","refusal":null,"annotations":[]},"logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":11,"completion_tokens":7,"total_tokens":18,"prompt_tokens_details":{"cached_tokens":4},"completion_tokens_details":{"reasoning_tokens":3}}})");
}

TEST(ResponsesToChat, TextComesOnceFromWhicheverEventHasItFirst) {
  const std::string item =
      R"({"id":"m","type":"message","role":"assistant","content":[{"type":"output_text","text":"Hello"}]})";
  const std::string done =
      event("response.output_text.done", R"("output_index":0,"content_index":0,"text":"Hello")");
  const std::string item_done = event("response.output_item.done", R"("output_index":0,"item":)" + item);
  const std::string delta = text_delta("Hello");
  for (int mask = 1; mask < 16; ++mask) {
    std::string stream = event("response.created");
    if (mask & 1) stream += delta;
    if (mask & 2) stream += done;
    if (mask & 4) stream += item_done;
    stream += completed(mask & 8 ? "[" + item + "]" : "[]");
    EXPECT_EQ(codex(stream).joined("content"), "Hello") << mask;
    EXPECT_THAT(codex(stream, kChatWhole).whole, HasSubstr(R"("content":"Hello")")) << mask;
  }
}

TEST(ResponsesToChat, ArgumentsComeOnceFromWhicheverEventHasThemFirst) {
  for (int mask = 1; mask < 32; ++mask) {
    std::string stream = event("response.created");
    if (mask & 1) stream += call_added(2, "call_a", "f");
    if (mask & 2) stream += call_delta(2, R"({\"x\":)") + call_delta(2, "1}", R"(,"obfuscation":"pad")");
    if (mask & 4) stream += call_done(2, R"({\"x\":1})");
    if (mask & 8) stream += call_item_done(2, "call_a", "f", R"({\"x\":1})");
    stream += completed(
        mask & 16
            ? R"([{"type":"function_call","id":"fc","call_id":"call_a","name":"f","arguments":"{\"x\":1}"}])"
            : "[]");
    bool named = mask & (1 | 8 | 16), has_arguments = mask & (2 | 4 | 8 | 16);
    if (!named) continue;
    for (auto upstream : {UpstreamKind::codex, UpstreamKind::copilot_responses}) {
      Answer answer = run(Dialect::chat, kChatStream, upstream, stream);
      if (upstream == UpstreamKind::copilot_responses && (mask & (4 | 8 | 16)) == 0 && (mask & 2)) {
        EXPECT_TRUE(answer.failure) << "ciphertext alone is no answer";
        continue;
      }
      EXPECT_EQ(answer.arguments(0), has_arguments ? R"({"x":1})" : "{}") << mask;
      EXPECT_THAT(answer.finish_reasons(), ElementsAre("tool_calls")) << mask;
      EXPECT_EQ(answer.joined("content"), "");
    }
  }
}

TEST(ResponsesToChat, GoldenToolCall) {
  Answer answer = codex(call_added(1, "call_a", "weather") + call_delta(1, R"({\"city\")") +
                        call_delta(1, R"(:\"Rome\"})") + completed());
  auto lines = answer.data();
  ASSERT_EQ(lines.size(), 6u);
  EXPECT_THAT(
      lines[1],
      HasSubstr(
          R"("delta":{"tool_calls":[{"index":0,"id":"call_a","type":"function","function":{"name":"weather","arguments":""}}]})"));
  EXPECT_THAT(lines[2],
              HasSubstr(R"("delta":{"tool_calls":[{"index":0,"function":{"arguments":"{\"city\""}}]})"));
  EXPECT_THAT(lines[4], HasSubstr(R"("delta":{},"finish_reason":"tool_calls")"));
}

TEST(ResponsesToChat, ParallelCallsMayInterleaveAndCountFromZero) {
  std::string stream = call_added(3, "call_a", "f") + call_added(1, "call_b", "g") + call_delta(1, "[") +
                       call_delta(3, "{") + call_delta(1, "]") + call_delta(3, "}") + completed();
  Answer answer = codex(stream);
  EXPECT_EQ(answer.arguments(0), "{}");
  EXPECT_EQ(answer.arguments(1), "[]");
  Answer whole = codex(stream, kChatWhole);
  EXPECT_THAT(whole.whole, HasSubstr(R"("content":null)"));
  EXPECT_THAT(
      whole.whole,
      HasSubstr(
          R"("tool_calls":[{"id":"call_a","type":"function","function":{"name":"f","arguments":"{}"}},{"id":"call_b")"));
}

TEST(ResponsesToChat, CopilotCiphertextNeverReachesTheClient) {
  std::string stream = call_added(0, "call_a", "f") + call_delta(0, "Q2lwaGVy", R"(,"obfuscation":"z")") +
                       call_done(0, R"({\"x\":1})") + call_item_done(0, "call_a", "f", R"({\"x\":1})") +
                       completed();
  Answer answer = run(Dialect::chat, kChatStream, UpstreamKind::copilot_responses, stream);
  EXPECT_EQ(answer.arguments(0), R"({"x":1})");
  EXPECT_THAT(answer.out, Not(HasSubstr("Q2lwaGVy")));
}

TEST(ResponsesToChat, ReasoningSummariesAreJoinedByABlankLine) {
  std::string stream;
  for (int part : {0, 1}) {
    std::string at = "\"output_index\":0,\"summary_index\":" + std::to_string(part);
    stream +=
        event("response.reasoning_summary_part.added", at) +
        event("response.reasoning_summary_text.delta",
              at + ",\"delta\":\"part" + std::to_string(part) + "\"") +
        event("response.reasoning_summary_text.done", at + ",\"text\":\"part" + std::to_string(part) + "\"");
  }
  stream +=
      event(
          "response.output_item.done",
          R"("output_index":0,"item":{"type":"reasoning","id":"rs","summary":[{"type":"summary_text","text":"part0"},{"type":"summary_text","text":"part1"}],"encrypted_content":"e"})") +
      completed();
  Answer answer = codex(stream);
  EXPECT_EQ(answer.joined("reasoning_content"), "part0\n\npart1");
  EXPECT_THAT(answer.finish_reasons(), ElementsAre("stop"));
  EXPECT_THAT(codex(stream, kChatWhole).whole,
              HasSubstr(R"("content":"","refusal":null,"reasoning_content":"part0\n\npart1")"));
}

TEST(ResponsesToChat, RefusalsAndAnnotations) {
  Answer refusal = codex(
      event("response.refusal.delta", R"("output_index":0,"content_index":0,"delta":"No.")") +
      event("response.refusal.done", R"("output_index":0,"content_index":0,"refusal":"No.")") + completed());
  EXPECT_EQ(refusal.joined("refusal"), "No.");
  Answer cited = codex(
      text_delta("see") +
      event(
          "response.output_text.annotation.added",
          R"("output_index":0,"annotation":{"type":"url_citation","start_index":0,"end_index":3,"url":"https://x.test","title":"X"})") +
      completed());
  EXPECT_THAT(
      cited.out,
      HasSubstr(
          R"("annotations":[{"type":"url_citation","url_citation":{"start_index":0,"end_index":3,"url":"https://x.test","title":"X"}}])"));
}

TEST(ResponsesToChat, IncompleteAnswersSayWhy) {
  auto incomplete = [](std::string_view reason) {
    return text_delta("cut") + event("response.incomplete",
                                     R"("response":{"status":"incomplete","incomplete_details":{"reason":")" +
                                         std::string(reason) + R"("},"usage":null})");
  };
  EXPECT_THAT(codex(incomplete("max_output_tokens")).finish_reasons(), ElementsAre("length"));
  EXPECT_THAT(codex(incomplete("content_filter")).finish_reasons(), ElementsAre("content_filter"));
  EXPECT_FALSE(codex(incomplete("content_filter")).usage.known);
}

TEST(ResponsesToChat, NothingIsCommittedBeforeTheFirstRealEvent) {
  const std::string preamble = event("response.created", R"("response":{})") +
                               event("response.in_progress", R"("response":{})") + event("response.queued") +
                               event("codex.rate_limits", R"("rate_limits":{})") +
                               event("response.metadata", R"("metadata":{})") + event("keepalive");
  const std::string failed = event(
      "response.failed",
      R"("response":{"status":"failed","error":{"code":"rate_limit_exceeded","message":"try again in 28ms"}})");
  for (const auto& body : {kChatStream, kChatWhole}) {
    Answer answer = codex(preamble + failed, body);
    EXPECT_FALSE(answer.committed);
    EXPECT_TRUE(answer.finished);
    EXPECT_EQ(answer.out, "");
    ASSERT_TRUE(answer.failure);
    EXPECT_EQ(answer.failure->status, 429);
    EXPECT_EQ(answer.failure->retry_after, 28);
  }
  EXPECT_TRUE(codex(preamble + text_delta("x")).committed);
}

TEST(ResponsesToChat, AFailureAfterTextIsAnErrorObjectAndNoDone) {
  const std::string text = text_delta("a") + text_delta("b") + text_delta("c");
  for (const std::string& end :
       {event("response.failed",
              R"("response":{"status":"failed","error":{"code":"server_is_overloaded","message":"busy"}})"),
        event("error", R"("code":"server_is_overloaded","message":"busy","param":null)"),
        event("error",
              R"("error":{"type":"server_error","code":"server_is_overloaded","message":"busy"})")}) {
    Answer answer = codex(text + end + completed());
    EXPECT_EQ(answer.joined("content"), "abc");
    EXPECT_EQ(
        answer.data().back(),
        R"({"error":{"message":"busy","type":"server_error","param":null,"code":"server_is_overloaded"}})");
    EXPECT_THAT(answer.out, Not(HasSubstr("[DONE]")));
    EXPECT_THAT(answer.finish_reasons(), ElementsAre());
    ASSERT_TRUE(answer.failure);
    EXPECT_EQ(answer.failure->status, 503);
  }
}

TEST(ResponsesToChat, AStreamThatJustEndsIsAFailure) {
  Answer late = codex(text_delta("a"));
  EXPECT_THAT(late.data().back(), HasSubstr(R"({"error":{)"));
  EXPECT_EQ(late.failure->kind, Failure::Kind::disconnected);
  Answer early = codex(event("response.created"));
  EXPECT_EQ(early.out, "");
  EXPECT_EQ(early.failure->status, 502);
}

TEST(ResponsesToChat, OneTerminalEventIsEnough) {
  Answer answer = codex(hello_stream() + text_delta("more") + completed());
  EXPECT_EQ(answer.joined("content"), "Hello é\n");
  EXPECT_THAT(answer.finish_reasons(), ElementsAre("stop"));
  EXPECT_EQ(answer.data().back(), "[DONE]");
}

TEST(ResponsesToChat, MalformedEvents) {
  EXPECT_EQ(
      codex(text_delta("a") +
            "event: response.output_text.delta\ndata: {\"type\":\"response.output_text.delta\",\"del\n\n")
          .failure->code,
      "upstream_malformed");
  EXPECT_FALSE(codex("event: nobody.knows\ndata: {broken\n\n" + hello_stream()).failure);
  EXPECT_EQ(codex("data: {\"type\":\"response.output_text.delta\",\"delta\":\"x\"}\n\n" + completed())
                .joined("content"),
            "x");
  // The data's own type wins over the event's name.
  EXPECT_EQ(
      codex("event: response.created\ndata: {\"type\":\"response.output_text.delta\",\"delta\":\"x\"}\n\n" +
            completed())
          .joined("content"),
      "x");
  EXPECT_EQ(codex(text_delta("\xff") + completed()).joined("content"), "\xEF\xBF\xBD");
}

TEST(ResponsesToChat, SurrogatesSplitOverDeltasBecomeOneEmoji) {
  Answer answer = codex(text_delta(R"(a\ud83d)") + text_delta(R"(\ude00b)") + completed());
  EXPECT_EQ(answer.joined("content"), "a😀b");
}

TEST(ResponsesToChat, NonsenseUsageIsClamped) {
  Answer answer = codex(
      text_delta("x") +
      event(
          "response.completed",
          R"("response":{"usage":{"input_tokens":5,"input_tokens_details":{"cached_tokens":9},"output_tokens":-2,"output_tokens_details":null}})"));
  EXPECT_EQ(answer.usage.cached_tokens, 5);
  EXPECT_EQ(answer.usage.output_tokens, 0);
  EXPECT_EQ(answer.usage.total_tokens, 5);
}

TEST(ResponsesToChat, ServiceTierIsOnEveryChunk) {
  Answer answer = codex(event("response.created", R"("response":{"service_tier":"priority"})") +
                        text_delta("x") + completed());
  EXPECT_THAT(answer.data().front(), HasSubstr(R"("service_tier":"priority")"));
}

TEST(ResponsesToChat, LongToolNamesComeBackWhole) {
  std::string name(80, 'n');
  std::string body =
      R"({"model":"m","stream":true,"messages":[{"role":"user","content":"x"}],"tools":[{"type":"function","function":{"name":")" +
      name + R"("}}]})";
  Decoded decoded = decode(Dialect::chat, body);
  auto sent = JsonDocument::parse(decoded.request->encode_for(UpstreamKind::codex).body);
  std::string shorter(sent->root()["tools"].at(0)["name"].string_or(""));
  EXPECT_EQ(shorter.size(), 64u);
  Answer answer = codex(call_added(0, "c", shorter) + call_done(0, "{}") + completed(), body);
  EXPECT_THAT(answer.out, HasSubstr("\"name\":\"" + name + "\""));
}

TEST(ResponsesToChat, LegacyFunctionsGetAFunctionCall) {
  const std::string functions =
      R"(,"messages":[{"role":"user","content":"x"}],"functions":[{"name":"f","parameters":{"type":"object"}}]})";
  std::string stream = call_added(0, "c", "f") + call_delta(0, "{}") + completed();
  Answer answer = codex(stream, R"({"model":"m","stream":true)" + functions);
  EXPECT_THAT(answer.out, HasSubstr(R"("delta":{"function_call":{"name":"f","arguments":""}})"));
  EXPECT_THAT(answer.finish_reasons(), ElementsAre("function_call"));
  EXPECT_THAT(codex(stream, R"({"model":"m")" + functions).whole,
              HasSubstr(R"("function_call":{"name":"f","arguments":"{}"})"));
}

TEST(ResponsesToChat, EveryByteSplitGivesTheSameAnswer) {
  const std::string stream = hello_stream();
  const std::string tools = call_added(0, "a", "f") + call_delta(0, R"({\"k\":\"😀\"})") + completed();
  for (const std::string& script : {stream, tools}) {
    const std::string whole = codex(script).out;
    for (size_t step = 1; step < 40; ++step) {
      EXPECT_EQ(run(Dialect::chat, kChatStream, UpstreamKind::codex, script, step).out, whole) << step;
    }
  }
}

TEST(ResponsesToChat, TenThousandDeltasLoseNothing) {
  std::string stream, expected;
  for (int i = 0; i < 10000; ++i) {
    stream += text_delta("w" + std::to_string(i) + " ");
    expected += "w" + std::to_string(i) + " ";
  }
  EXPECT_EQ(codex(stream + completed()).joined("content"), expected);
}

}  // namespace
}  // namespace valetkey::dialects::testing
