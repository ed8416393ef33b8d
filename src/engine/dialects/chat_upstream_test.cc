// Copilot and Grok chat streams, as a Chat Completions client and as a Responses client sees them.
#include <gmock/gmock.h>

#include "engine/dialects/test_answers.h"

namespace valetkey::dialects::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

Answer chat(std::string_view stream, std::string_view body = kChatStream) {
  return run(Dialect::chat, body, UpstreamKind::copilot_chat, stream);
}
Answer responses(std::string_view stream, std::string_view body = kResponsesStream) {
  return run(Dialect::responses, body, UpstreamKind::xai_chat, stream);
}

const std::string kUsageChunk = chunk(
    R"("choices":[],"usage":{"prompt_tokens":9,"completion_tokens":4,"total_tokens":13,"prompt_tokens_details":{"cached_tokens":2},"completion_tokens_details":{"reasoning_tokens":1}})");

TEST(ChatToChat, GoldenStream) {
  std::string stream = choice(R"({"role":"assistant","content":""})") + choice(R"({"content":"Hel"})") +
                       choice(R"({"content":"lo"})") + choice("{}", "stop") + kUsageChunk + kDone;
  Answer answer = chat(stream, kChatUsage);
  const std::string head =
      R"({"id":"chatcmpl-1","object":"chat.completion.chunk","created":1700000000,"model":"model-x","choices":[)";
  EXPECT_THAT(
      answer.data(),
      ElementsAre(
          head +
              R"({"index":0,"delta":{"role":"assistant","content":"","refusal":null},"finish_reason":null}],"usage":null})",
          head + R"({"index":0,"delta":{"content":"Hel"},"finish_reason":null}],"usage":null})",
          head + R"({"index":0,"delta":{"content":"lo"},"finish_reason":null}],"usage":null})",
          head + R"({"index":0,"delta":{},"finish_reason":"stop"}],"usage":null})",
          head +
              R"(],"usage":{"prompt_tokens":9,"completion_tokens":4,"total_tokens":13,"prompt_tokens_details":{"cached_tokens":2},"completion_tokens_details":{"reasoning_tokens":1}}})",
          "[DONE]"));
}

TEST(ChatToChat, EveryQuirkGivesOneCleanAnswer) {
  const std::string role = R"("role":"assistant",)";
  const std::string usage = R"("usage":{"prompt_tokens":9,"completion_tokens":4,"total_tokens":13})";
  const std::vector<std::pair<const char*, std::string>> quirks = {
      {"no role", choice(R"({"content":"ab"})") + choice("{}", "stop") + kDone},
      {"role everywhere",
       choice("{" + role + R"("content":"a"})") + choice("{" + role + R"("content":"b"})", "stop") + kDone},
      {"finish twice", choice(R"({"content":"ab"})", "stop") + choice("{}", "stop") + kDone},
      {"no DONE", choice(R"({"content":"ab"})", "stop")},
      {"empty first choices",
       chunk(R"("choices":[],"prompt_filter_results":[{}])") + choice(R"({"content":"ab"})", "stop") + kDone},
      {"null members", choice(R"({"content":"ab","tool_calls":null,"refusal":null})") +
                           choice(R"({"content":null})", "stop") + kDone},
      {"text over several choices",
       chunk(R"("choices":[{"index":0,"delta":{"content":"a"}},{"index":1,"delta":{"content":"b"}}])") +
           choice("{}", "stop") + kDone},
      {"usage first", chunk(R"("choices":[],)" + usage) + choice(R"({"content":"ab"})", "stop") + kDone},
      {"usage everywhere", chunk(R"("choices":[{"index":0,"delta":{"content":"ab"}}],)" + usage) +
                               choice("{}", "stop") + kUsageChunk + kDone},
      {"content as parts",
       choice(R"({"content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]})", "stop") + kDone},
      {"error null", chunk(R"("error":null,"choices":[{"index":0,"delta":{"content":"ab"}}])") +
                         choice("{}", "stop") + kDone},
  };
  for (const auto& [name, stream] : quirks) {
    Answer answer = chat(stream);
    EXPECT_EQ(answer.joined("content"), "ab") << name;
    EXPECT_THAT(answer.finish_reasons(), ElementsAre("stop")) << name;
    EXPECT_EQ(answer.data().back(), "[DONE]") << name;
    EXPECT_FALSE(answer.failure) << name;
    for (const auto& line : answer.data()) {
      if (line != "[DONE]") EXPECT_THAT(line, HasSubstr(R"("id":"chatcmpl-1")")) << name;
    }
  }
  EXPECT_EQ(chat(quirks[7].second).usage.total_tokens, 13);
}

std::string tool(std::string_view members, std::string_view finish = "null") {
  return choice(R"({"tool_calls":[{)" + std::string(members) + "}]}", finish);
}

TEST(ChatToChat, ToolQuirks) {
  const std::string end = choice("{}", "tool_calls") + kDone;
  const std::vector<std::pair<const char*, std::string>> quirks = {
      {"official", tool(R"("index":0,"id":"c1","type":"function","function":{"name":"f","arguments":""})") +
                       tool(R"("index":0,"function":{"arguments":"{\"x\":"})") +
                       tool(R"("index":0,"function":{"arguments":"1}"})") + end},
      {"no index", tool(R"("id":"c1","function":{"name":"f","arguments":"{\"x\":"})") +
                       tool(R"("function":{"arguments":"1}"})") + end},
      {"whole in one chunk",
       tool(R"("index":0,"id":"c1","function":{"name":"f","arguments":"{\"x\":1}"})", "tool_calls") + kDone},
      {"name split", tool(R"("index":0,"id":"c1","function":{"name":"","arguments":""})") +
                         tool(R"("index":0,"function":{"name":"f"})") +
                         tool(R"("index":0,"function":{"arguments":"{\"x\":1}"})") + end},
      {"id repeated", tool(R"("index":0,"id":"c1","function":{"name":"f","arguments":"{\"x\":"})") +
                          tool(R"("index":0,"id":"c1","function":{"name":"f","arguments":"1}"})") + end},
      {"finish stop", tool(R"("index":0,"id":"c1","function":{"name":"f","arguments":"{\"x\":1}"})") +
                          choice("{}", "stop") + kDone},
      {"arguments as object",
       tool(R"("index":0,"id":"c1","function":{"name":"f","arguments":{"x":1}})") + end},
      {"empty id later", tool(R"("index":0,"id":"c1","function":{"name":"f"})") +
                             tool(R"("index":0,"id":"","function":{"arguments":"{\"x\":1}"})") + end},
  };
  for (const auto& [name, stream] : quirks) {
    Answer answer = chat(stream);
    EXPECT_EQ(answer.arguments(0), R"({"x":1})") << name;
    EXPECT_THAT(answer.finish_reasons(), ElementsAre("tool_calls")) << name;
    EXPECT_THAT(
        answer.out,
        HasSubstr(R"([{"index":0,"id":"c1","type":"function","function":{"name":"f","arguments":""}}])"))
        << name;
  }
}

TEST(ChatToChat, TwoCallsWithoutIndexOrUnderTheSameIndexAreTwo) {
  for (const std::string& index : {std::string(), std::string(R"("index":0,)")}) {
    std::string stream = tool(index + R"("id":"c1","function":{"name":"f","arguments":"{}"})") +
                         tool(index + R"("id":"c2","function":{"name":"g","arguments":"[]"})", "tool_calls") +
                         kDone;
    Answer answer = chat(stream);
    EXPECT_EQ(answer.arguments(0), "{}") << index;
    EXPECT_EQ(answer.arguments(1), "[]") << index;
  }
}

TEST(ChatToChat, ACallWithoutIdGetsOne) {
  Answer answer =
      chat(tool(R"("index":0,"id":"","function":{"name":"f","arguments":"{}"})", "tool_calls") + kDone);
  EXPECT_THAT(answer.out, HasSubstr(R"("id":"call_)"));
}

TEST(ChatToChat, ToolCallsInASecondChoiceAreMerged) {
  std::string stream =
      choice(R"({"content":"text"})") +
      chunk(
          R"("choices":[{"index":1,"delta":{"tool_calls":[{"index":0,"id":"c1","function":{"name":"f","arguments":"{}"}}]},"finish_reason":"tool_calls"}])") +
      choice("{}", "stop") + kDone;
  Answer answer = chat(stream, kChatWhole);
  EXPECT_THAT(answer.whole, HasSubstr(R"("content":"text")"));
  EXPECT_THAT(answer.whole, HasSubstr(R"("id":"c1")"));
  EXPECT_THAT(answer.whole, HasSubstr(R"("finish_reason":"tool_calls")"));
}

TEST(ChatToChat, ReasoningLogprobsRefusalAndFingerprintPass) {
  std::string stream =
      chunk(R"("system_fingerprint":"fp","choices":[{"index":0,"delta":{"reasoning_content":"why"}}])") +
      chunk(
          R"("choices":[{"index":0,"delta":{"content":"a"},"logprobs":{"content":[{"token":"a","logprob":-0.5}]}}])") +
      choice(R"({"refusal":"no"})", "stop") + kDone;
  Answer answer = chat(stream);
  EXPECT_EQ(answer.joined("reasoning_content"), "why");
  EXPECT_EQ(answer.joined("refusal"), "no");
  EXPECT_THAT(answer.out,
              HasSubstr(R"("logprobs":{"content":[{"token":"a","logprob":-0.5}],"refusal":null})"));
  EXPECT_THAT(answer.out, HasSubstr(R"("system_fingerprint":"fp")"));
  EXPECT_THAT(chat(stream, kChatWhole).whole,
              HasSubstr(R"("logprobs":{"content":[{"token":"a","logprob":-0.5}],"refusal":null})"));
}

TEST(ChatToChat, FailuresInTheStream) {
  Answer early = chat(R"(data: {"error":{"message":"busy","code":"model_overloaded"}})"
                      "\n\n");
  EXPECT_FALSE(early.committed);
  EXPECT_EQ(early.failure->status, 503);
  Answer late = chat(choice(R"({"content":"a"})") +
                     "data: {\"error\":{\"message\":\"busy\",\"code\":503}}\n\n" + kDone);
  EXPECT_THAT(late.data().back(), HasSubstr(R"({"error":{"message":"busy")"));
  EXPECT_THAT(late.out, Not(HasSubstr("[DONE]")));
  Answer cut = chat(choice(R"({"content":"a"})"));
  EXPECT_EQ(cut.failure->kind, Failure::Kind::disconnected);
  Answer malformed = chat(choice(R"({"content":"a"})") + "data: {oops\n\n");
  EXPECT_EQ(malformed.failure->code, "upstream_malformed");
}

TEST(ChatToChat, ARoleAloneCommitsNothing) {
  EXPECT_FALSE(chat(choice(R"({"role":"assistant","content":""})")).committed);
}

TEST(ChatToResponses, GoldenStream) {
  Answer answer =
      responses(choice(R"({"content":"Hel"})") + choice(R"({"content":"lo"})", "stop") + kUsageChunk + kDone);
  std::vector<std::string> types;
  int64_t expected = 0;
  for (const auto& line : answer.data()) {
    auto doc = JsonDocument::parse(line);
    ASSERT_TRUE(doc.ok()) << line;
    types.emplace_back(doc->root()["type"].string_or(""));
    EXPECT_EQ(doc->root()["sequence_number"].integer(), expected++);
  }
  EXPECT_THAT(types,
              ElementsAre("response.created", "response.in_progress", "response.output_item.added",
                          "response.content_part.added", "response.output_text.delta",
                          "response.output_text.delta", "response.output_text.done",
                          "response.content_part.done", "response.output_item.done", "response.completed"));
  auto lines = answer.data();
  EXPECT_EQ(
      lines[4],
      R"({"type":"response.output_text.delta","sequence_number":4,"item_id":"msg_1_0","output_index":0,"content_index":0,"delta":"Hel","logprobs":[]})");
  auto last = JsonDocument::parse(lines.back());
  Json response = last->root()["response"];
  EXPECT_EQ(response["id"].string(), "resp_1");
  EXPECT_EQ(response["status"].string(), "completed");
  EXPECT_EQ(
      to_json(response["output"]),
      R"([{"id":"msg_1_0","type":"message","status":"completed","role":"assistant","content":[{"type":"output_text","text":"Hello","annotations":[],"logprobs":[]}]}])");
  EXPECT_EQ(
      to_json(response["usage"]),
      R"({"input_tokens":9,"input_tokens_details":{"cached_tokens":2},"output_tokens":4,"output_tokens_details":{"reasoning_tokens":1},"total_tokens":13})");
  EXPECT_EQ(to_json(response["text"]), R"({"format":{"type":"text"}})");
  EXPECT_THAT(answer.out, HasSubstr("event: response.completed\ndata: {"));
}

TEST(ChatToResponses, ReasoningThenTextThenTools) {
  std::string stream = choice(R"({"reasoning_content":"why"})") + choice(R"({"content":"a"})") +
                       tool(R"("index":0,"id":"c1","function":{"name":"f","arguments":"{}"})") +
                       tool(R"("index":1,"id":"c2","function":{"name":"g","arguments":""})") +
                       choice("{}", "tool_calls") + kDone;
  Answer answer = responses(stream, kResponsesWhole);
  EXPECT_EQ(answer.out, "");
  auto whole = JsonDocument::parse(answer.whole);
  ASSERT_TRUE(whole.ok()) << answer.whole;
  EXPECT_EQ(
      to_json(whole->root()["output"]),
      R"([{"id":"rs_1_0","type":"reasoning","summary":[{"type":"summary_text","text":"why"}]},)"
      R"({"id":"msg_1_1","type":"message","status":"completed","role":"assistant","content":[{"type":"output_text","text":"a","annotations":[],"logprobs":[]}]},)"
      R"({"id":"fc_1_2","type":"function_call","status":"completed","call_id":"c1","name":"f","arguments":"{}"},)"
      R"({"id":"fc_1_3","type":"function_call","status":"completed","call_id":"c2","name":"g","arguments":"{}"}])");
}

TEST(ChatToResponses, LengthBecomesIncomplete) {
  Answer answer = responses(choice(R"({"content":"a"})", "length") + kDone);
  EXPECT_THAT(answer.data().back(), HasSubstr(R"("type":"response.incomplete")"));
  EXPECT_THAT(answer.data().back(), HasSubstr(R"("incomplete_details":{"reason":"max_output_tokens"})"));
}

TEST(ChatToResponses, ACutIsAnErrorEventThatTheSdksRaise) {
  Answer answer = responses(choice(R"({"content":"a"})"));
  auto last = JsonDocument::parse(answer.data().back());
  EXPECT_EQ(last->root()["type"].string(), "error");
  EXPECT_TRUE(last->root()["error"]["message"].is_string());
  EXPECT_THAT(answer.out, HasSubstr("event: error\n"));
}

TEST(ChatToAnything, EveryByteSplitGivesTheSameAnswer) {
  const std::string stream =
      choice(R"({"role":"assistant","content":"é😀\n\"q\""})") +
      tool(R"("index":0,"id":"c1","function":{"name":"f","arguments":"{\"k\":\"\u00e9\"}"})") +
      choice("{}", "tool_calls") + kUsageChunk + kDone;
  for (size_t step = 1; step < 30; ++step) {
    EXPECT_EQ(run(Dialect::chat, kChatUsage, UpstreamKind::xai_chat, stream, step).out,
              chat(stream, kChatUsage).out)
        << step;
    EXPECT_EQ(run(Dialect::responses, kResponsesStream, UpstreamKind::xai_chat, stream, step).out,
              responses(stream).out)
        << step;
  }
}

}  // namespace
}  // namespace valetkey::dialects::testing
