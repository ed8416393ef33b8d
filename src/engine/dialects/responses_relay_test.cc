// Responses client, Responses upstream: untouched bytes, and the few places where they must change.
#include <gmock/gmock.h>

#include "engine/dialects/test_answers.h"

namespace valetkey::dialects::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Answer codex(std::string_view stream, std::string_view body = kResponsesStream) {
  return run(Dialect::responses, body, UpstreamKind::codex, stream);
}
Answer copilot(std::string_view stream, std::string_view body = kResponsesStream) {
  return run(Dialect::responses, body, UpstreamKind::copilot_responses, stream);
}

const std::string kMessageItem =
    R"({"id":"msg_1","type":"message","role":"assistant","status":"completed","content":[{"type":"output_text","text":"Hello é\n","annotations":[]}]})";

TEST(ResponsesRelay, BytesPassUntouchedWhenTheOutputIsFilled) {
  const std::string stream = hello_stream("[" + kMessageItem + "]");
  Answer answer = codex(stream);
  EXPECT_EQ(answer.out, stream);
  EXPECT_EQ(answer.usage.total_tokens, 18);
  EXPECT_TRUE(answer.finished);
}

TEST(ResponsesRelay, AnEmptyOutputIsRebuiltFromTheItems) {
  Answer answer = codex(hello_stream());
  auto last = JsonDocument::parse(answer.data().back());
  EXPECT_EQ(to_json(last->root()["response"]["output"]), "[" + kMessageItem + "]");
  EXPECT_EQ(last->root()["response"]["id"].string(), "resp_up");
  EXPECT_EQ(codex(hello_stream(), kResponsesWhole).whole, to_json(last->root()["response"]));
}

TEST(ResponsesRelay, RebuiltItemsAreSortedByOutputIndex) {
  std::string stream = call_item_done(2, "c2", "g", "{}") + call_item_done(0, "c0", "f", "{}") + completed();
  auto whole = JsonDocument::parse(codex(stream, kResponsesWhole).whole);
  EXPECT_EQ(whole->root()["output"].at(0)["call_id"].string(), "c0");
  EXPECT_EQ(whole->root()["output"].at(1)["call_id"].string(), "c2");
}

TEST(ResponsesRelay, AnItemThatWasNeverDoneIsPutTogetherFromDeltas) {
  std::string stream =
      event(
          "response.output_item.added",
          R"("output_index":0,"item":{"id":"msg_1","type":"message","role":"assistant","status":"in_progress","content":[]})") +
      text_delta("Hel") + text_delta("lo") + call_added(1, "c1", "f") + call_delta(1, R"({\"x\":1})") +
      completed();
  auto whole = JsonDocument::parse(codex(stream, kResponsesWhole).whole);
  EXPECT_EQ(whole->root()["output"].at(0)["content"].at(0)["text"].string(), "Hello");
  EXPECT_EQ(whole->root()["output"].at(1)["arguments"].string(), R"({"x":1})");
}

// Deltas that differ in number and text only are read as a run, and kept as one.
TEST(ResponsesRelay, ARunOfDeltasThatWasNeverDoneReadsLikeItsDeltas) {
  std::string stream;
  int number = 0;
  for (const char* text : {R"(Say \")", R"(caf\u00e9)", R"(\ud83d\ude00)", R"(\n)", "end"}) {
    stream += event("response.output_text.delta", R"("sequence_number":)" + std::to_string(++number) +
                                                      R"(,"output_index":0,"content_index":0,"delta":")" +
                                                      text + "\"");
  }
  Answer streamed = codex(stream + completed());
  EXPECT_TRUE(streamed.out.starts_with(stream));
  auto last = JsonDocument::parse(streamed.data().back());
  auto whole = JsonDocument::parse(codex(stream + completed(), kResponsesWhole).whole);
  for (Json response : {last->root()["response"], whole->root()}) {
    EXPECT_EQ(response["output"].size(), 1u);
    EXPECT_EQ(response["output"].at(0)["content"].at(0)["text"].string(), "Say \"café😀\nend");
  }
}

TEST(ResponsesRelay, UnknownEventsAndMultiLineDataPass) {
  std::string stream = text_delta("a") + event("response.web_search_call.searching", R"("item_id":"ws")") +
                       "event: response.odd\ndata: {\"type\":\"response.odd\",\ndata: \"x\":1}\n\n" +
                       completed("[{}]");
  EXPECT_EQ(codex(stream).out, stream);
}

TEST(ResponsesRelay, ThePreambleWaitsForTheFirstRealEvent) {
  const std::string preamble = event("response.created", R"("response":{"id":"r"})") +
                               event("response.in_progress", R"("response":{})");
  Answer held = codex(
      preamble +
      event("response.failed",
            R"("response":{"status":"failed","error":{"code":"usage_not_included","message":"plan"}})"));
  EXPECT_EQ(held.out, "");
  EXPECT_FALSE(held.committed);
  EXPECT_EQ(held.failure->status, 403);
  EXPECT_THAT(codex(preamble + text_delta("x")).out, HasSubstr(preamble + text_delta("x")));
}

TEST(ResponsesRelay, FailuresAfterTheCommit) {
  const std::string failed =
      event("response.failed",
            R"("response":{"status":"failed","error":{"code":"server_is_overloaded","message":"busy"}})");
  Answer answer = codex(text_delta("a") + failed);
  EXPECT_EQ(answer.out, text_delta("a") + failed);
  EXPECT_EQ(answer.failure->status, 503);
  Answer error =
      codex(text_delta("a") + event("error", R"("code":"slow_down","message":"busy","param":null)"));
  auto last = JsonDocument::parse(error.data().back());
  EXPECT_EQ(last->root()["type"].string(), "error");
  EXPECT_EQ(last->root()["code"].string(), "slow_down");
  EXPECT_EQ(last->root()["error"]["message"].string(), "busy");
  Answer cut = codex(text_delta("a"));
  EXPECT_THAT(cut.out, HasSubstr("event: error\ndata: {\"type\":\"error\""));
  EXPECT_EQ(codex(text_delta("a"), kResponsesWhole).failure->status, 502);
}

TEST(ResponsesRelay, GarbageIsAFailureNotAnEvent) {
  EXPECT_EQ(codex(text_delta("a") + "data: <html>\n\n").failure->code, "upstream_malformed");
  EXPECT_EQ(codex(text_delta("a") +
                  "event: response.completed\ndata: {\"type\":\"response.completed\",\"response\":}\n\n")
                .failure->code,
            "upstream_malformed");
}

TEST(ResponsesRelay, IncompleteIsAnAnswer) {
  Answer answer = codex(
      text_delta("a") +
          event(
              "response.incomplete",
              R"("response":{"id":"r","status":"incomplete","incomplete_details":{"reason":"max_output_tokens"},"output":[]})"),
      kResponsesWhole);
  EXPECT_FALSE(answer.failure);
  EXPECT_THAT(answer.whole, HasSubstr(R"("status":"incomplete")"));
}

TEST(ResponsesRelay, CopilotIdsAreMadeStable) {
  auto with_id = [](std::string_view type, std::string_view id, std::string_view members) {
    return event(type, "\"item_id\":\"" + std::string(id) + "\",\"output_index\":0," + std::string(members));
  };
  std::string stream =
      event("response.created", R"("response":{"id":"R1"})") +
      event("response.output_item.added",
            R"("output_index":0,"item":{"id":"A","type":"message","content":[]})") +
      with_id("response.output_text.delta", "B", R"("content_index":0,"delta":"hi")") +
      with_id("response.output_text.done", "C", R"("content_index":0,"text":"hi")") +
      event(
          "response.output_item.done",
          R"("output_index":0,"item":{"id":"D","type":"message","content":[{"type":"output_text","text":"hi"}]})") +
      event(
          "response.completed",
          R"("response":{"id":"R2","output":[{"id":"E","type":"message","content":[{"type":"output_text","text":"hi"}]}]})");
  Answer answer = copilot(stream);
  for (const char* rotated : {"\"B\"", "\"C\"", "\"D\"", "\"E\"", "\"R2\""})
    EXPECT_THAT(answer.out, Not(HasSubstr(rotated)));
  auto last = JsonDocument::parse(answer.data().back());
  EXPECT_EQ(last->root()["response"]["output"].at(0)["id"].string(), "A");
  EXPECT_EQ(last->root()["response"]["id"].string(), "R1");
}

TEST(ResponsesRelay, CopilotCiphertextIsReplacedByThePlainArguments) {
  std::string stream = call_added(0, "call_a", "f") + call_delta(0, "Q2lwaGVy", R"(,"obfuscation":"z")") +
                       call_delta(0, "Q2lwaGVy", R"(,"obfuscation":"z")") + call_done(0, R"({\"x\":1})") +
                       call_item_done(0, "call_a", "f", R"({\"x\":1})") + completed();
  Answer answer = copilot(stream);
  EXPECT_THAT(answer.out, Not(HasSubstr("Q2lwaGVy")));
  std::string deltas;
  for (const auto& line : answer.data()) {
    auto doc = JsonDocument::parse(line);
    if (doc->root()["type"].string() == "response.function_call_arguments.delta")
      deltas += doc->root()["delta"].string_or("");
  }
  EXPECT_EQ(deltas, R"({"x":1})");
}

TEST(ResponsesRelay, LongToolNamesComeBackWhole) {
  std::string name(80, 'n');
  std::string body =
      R"({"model":"m","stream":true,"input":"x","tools":[{"type":"function","name":")" + name + R"("}]})";
  Decoded decoded = decode(Dialect::responses, body);
  auto sent = JsonDocument::parse(decoded.request->encode_for(UpstreamKind::codex).body);
  std::string shorter(sent->root()["tools"].at(0)["name"].string_or(""));
  ASSERT_EQ(shorter.size(), 64u);
  Answer answer = codex(
      call_added(0, "c", shorter) + call_delta(0, "{}") + call_item_done(0, "c", shorter, "{}") + completed(),
      body);
  EXPECT_THAT(answer.out, Not(HasSubstr(shorter)));
  EXPECT_THAT(answer.data().back(), HasSubstr("\"name\":\"" + name + "\""));
}

TEST(ResponsesRelay, EveryByteSplitGivesTheSameAnswer) {
  const std::string stream = hello_stream();
  for (size_t step = 1; step < 40; ++step) {
    EXPECT_EQ(run(Dialect::responses, kResponsesStream, UpstreamKind::codex, stream, step).out,
              codex(stream).out)
        << step;
  }
}

}  // namespace
}  // namespace valetkey::dialects::testing
