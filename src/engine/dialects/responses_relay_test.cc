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

// One read after the other through one translator; says of each what passed where it lay, and what was
// written.
struct Read {
  std::string_view bytes;
  std::string passed, text;
};
std::vector<Read> read_each(std::vector<std::string_view> reads) {
  Decoded decoded = decode(Dialect::responses, kResponsesStream);
  auto translator = decoded.request->translate_answer(UpstreamKind::codex, identity());
  http::SseReader reader;
  std::vector<Read> out;
  for (std::string_view bytes : reads) {
    std::string text;
    AnswerBytes answer(text);
    EXPECT_TRUE(translate(reader, bytes, *translator, answer).ok());
    if (!answer.passed().empty()) {
      EXPECT_GE(answer.passed().data(), bytes.data());
      EXPECT_LE(answer.passed().data() + answer.passed().size(), bytes.data() + bytes.size());
    }
    out.push_back({bytes, std::string(answer.passed()), text});
  }
  return out;
}

TEST(ResponsesRelay, WhatPassesAsItCameIsNotCopied) {
  const std::string stream = hello_stream("[" + kMessageItem + "]");
  const size_t last = stream.find("event: response.completed");
  const auto reads = read_each({stream});
  EXPECT_EQ(reads[0].passed, stream.substr(0, last));
  EXPECT_EQ(reads[0].text, stream.substr(last));
}

TEST(ResponsesRelay, WhatComesAfterAChangeIsCopiedBehindIt) {
  const std::string pass = text_delta("a"), unnamed = "data: {\"type\":\"response.odd\"}\n\n";
  const auto reads = read_each({pass + pass + unnamed + pass, pass + ": a comment\n\n" + pass});
  EXPECT_EQ(reads[0].passed, pass + pass);
  EXPECT_EQ(reads[0].text, "event: response.odd\n" + unnamed + pass);
  EXPECT_EQ(reads[1].passed, pass);
  EXPECT_EQ(reads[1].text, pass);
}

TEST(ResponsesRelay, APreambleOfAnEarlierReadComesFirst) {
  const std::string created = event("response.created", R"("response":{"id":"resp_up"})");
  const std::string delta = text_delta("a");
  const auto reads = read_each({created, created, created + delta, delta});
  for (size_t i : {0, 1}) EXPECT_EQ(reads[i].passed + reads[i].text, "") << i;
  EXPECT_EQ(reads[2].passed + reads[2].text, created + created + created + delta);
  EXPECT_EQ(reads[3].passed, delta);
}

// The status still tells it, or the error in the stream: what was held back is not sent before it.
TEST(ResponsesRelay, AFailureAfterThePreambleAloneDropsIt) {
  const std::string created = event("response.created", R"("response":{"id":"resp_up"})");
  for (std::string_view failure : {"event: error\ndata: {\"type\":\"error\",\"message\":\"no\"}\n\n",
                                   "event: response.failed\ndata: {\"type\":\"response.failed\"}\n\n",
                                   "event: response.x\ndata: no JSON\n\n"}) {
    for (bool status_sent : {false, true}) {
      Decoded decoded = decode(Dialect::responses, kResponsesStream);
      auto translator = decoded.request->translate_answer(UpstreamKind::codex, identity());
      if (status_sent) translator->status_sent();
      http::SseReader reader;
      std::string text;
      AnswerBytes out(text);
      const std::string read = created + std::string(failure);
      EXPECT_TRUE(translate(reader, read, *translator, out).ok());
      EXPECT_TRUE(translator->failure()) << failure;
      EXPECT_EQ(out.passed(), "") << failure;
      EXPECT_EQ(text.empty(), !status_sent) << failure;
      EXPECT_THAT(text, Not(HasSubstr("response.created")));
    }
  }
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
