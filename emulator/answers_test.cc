#include "answers.h"

#include <gtest/gtest.h>

namespace valetkey::emulator {
namespace {

constexpr const char* kWeather = R"({"type":"function","name":"get_weather","parameters":{"type":"object",
    "properties":{"city":{"type":"string"}},"required":["city"]}})";
constexpr const char* kTime = R"({"type":"function","name":"get_local_time","parameters":{"type":"object",
    "properties":{"zone":{"type":"string"}},"required":["zone"]}})";

struct Asked {
  std::string text;
  std::string tools = "";
  std::string more = "";        // members after the tools
  std::string more_items = "";  // input items after the user's
};

Answer ask(const Asked& asked) {
  std::string text;
  append_json_escaped(text, asked.text);
  const std::string body = R"({"model":"gpt-5.5","input":[{"role":"user","content":")" + text + "\"}" +
                           asked.more_items + R"(],"tools":[)" + asked.tools + "]" + asked.more + "}";
  auto document = JsonDocument::parse(body);
  EXPECT_TRUE(document.ok()) << body;
  return compose_answer(read_responses_prompt(document->root()));
}

TEST(Answers, QuoteThePersonAndAreDeterministic) {
  const Answer answer = ask({"How are you?"});
  EXPECT_NE(answer.text.find("How are you?"), std::string::npos);
  EXPECT_EQ(answer.text, ask({"How are you?"}).text);
  EXPECT_EQ(answer.finish, Answer::Finish::stop);
}

TEST(Answers, SayExactlyWhatTheyAreTold) {
  EXPECT_EQ(ask({"Say exactly: one two  three"}).text, "one two  three");
}

TEST(Answers, WriteSoManyWords) {
  EXPECT_EQ(pieces_of(ask({"Write 500 words please"}).text).size(), 500u);
}

TEST(Answers, RefuseWhenAskedTo) {
  const Answer answer = ask({"please refuse this"});
  EXPECT_FALSE(answer.refusal.empty());
  EXPECT_TRUE(answer.text.empty());
}

TEST(Answers, CallAToolThatTheTextIsAbout) {
  const Answer answer = ask({"What is the weather in Paris?", kWeather});
  ASSERT_EQ(answer.calls.size(), 1u);
  EXPECT_EQ(answer.calls[0].name, "get_weather");
  EXPECT_EQ(answer.calls[0].arguments, R"({"city":"Paris"})");
  EXPECT_EQ(answer.finish, Answer::Finish::tool_calls);
}

TEST(Answers, LeaveToolsAloneThatNobodyAskedFor) {
  EXPECT_TRUE(ask({"Tell me a story", kWeather}).calls.empty());
  EXPECT_TRUE(ask({"What is the weather?", kWeather, R"(,"tool_choice":"none")"}).calls.empty());
}

TEST(Answers, CallSeveralToolsAndOneToolForSeveralSubjects) {
  const Answer two_tools = ask({"weather and local time please", std::string(kWeather) + "," + kTime});
  ASSERT_EQ(two_tools.calls.size(), 2u);
  const Answer two_cities = ask({"What is the weather in Paris and New York?", kWeather});
  ASSERT_EQ(two_cities.calls.size(), 2u);
  EXPECT_EQ(two_cities.calls[0].arguments, R"({"city":"Paris"})");
  EXPECT_EQ(two_cities.calls[1].arguments, R"({"city":"New York"})");
}

TEST(Answers, CallOnlyOneToolWhereParallelCallsAreOff) {
  EXPECT_EQ(ask({"weather in Paris and Rome", kWeather, R"(,"parallel_tool_calls":false)"}).calls.size(), 1u);
}

TEST(Answers, CallWhatToolChoiceForces) {
  EXPECT_EQ(ask({"hello", kWeather, R"(,"tool_choice":"required")"}).calls.size(), 1u);
  const Answer named = ask({"hello", std::string(kWeather) + "," + kTime,
                            R"(,"tool_choice":{"type":"function","name":"get_local_time"})"});
  ASSERT_EQ(named.calls.size(), 1u);
  EXPECT_EQ(named.calls[0].name, "get_local_time");
}

TEST(Answers, SpeakFromToolResults) {
  const Answer answer = ask({"What is the weather in Paris?", kWeather, "",
                             R"(,{"type":"function_call","call_id":"c","name":"get_weather","arguments":"{}"},
                                {"type":"function_call_output","call_id":"c","output":"21 degrees"})"});
  EXPECT_TRUE(answer.calls.empty());
  EXPECT_EQ(answer.text, "get_weather answered: 21 degrees.");
}

TEST(Answers, RunACommandThroughAShellTool) {
  const char* shell =
      R"({"type":"function","name":"exec_command","parameters":{"type":"object","properties":{"cmd":{"type":"string"}},"required":["cmd"]}})";
  const Answer answer = ask({"Please run `echo hi` for me", shell});
  ASSERT_EQ(answer.calls.size(), 1u);
  EXPECT_EQ(answer.calls[0].arguments, R"({"cmd":"echo hi"})");
}

TEST(Answers, HonourTheOutputFormat) {
  const Answer object = ask({"hi", "", R"(,"text":{"format":{"type":"json_object"}})"});
  EXPECT_TRUE(JsonDocument::parse(object.text).ok());
  const Answer schema =
      ask({"hi", "", R"(,"text":{"format":{"type":"json_schema","name":"n","schema":{"type":"object",
      "properties":{"ok":{"type":"boolean"}},"required":["ok"]}}})"});
  EXPECT_EQ(schema.text, R"({"ok":true})");
}

TEST(Answers, SeeImages) {
  auto document =
      JsonDocument::parse(R"({"input":[{"role":"user","content":[{"type":"input_text","text":"look"},
      {"type":"input_image","image_url":"data:image/png;base64,AAAAAAAA"}]}]})");
  EXPECT_NE(compose_answer(read_responses_prompt(document->root())).text.find("an image of 6 bytes"),
            std::string::npos);
}

TEST(Answers, StopAtTheTokenLimitAndAtStopWords) {
  auto chat = [](const char* members) {
    auto document = JsonDocument::parse(
        std::string(R"({"messages":[{"role":"user","content":"Say exactly: one two three"}])") + members +
        "}");
    return compose_answer(read_chat_prompt(document->root()));
  };
  EXPECT_EQ(chat(R"(,"max_tokens":2)").text, "one two");
  EXPECT_EQ(chat(R"(,"max_tokens":2)").finish, Answer::Finish::length);
  EXPECT_EQ(chat(R"(,"max_tokens":3)").finish, Answer::Finish::stop);
  EXPECT_EQ(chat(R"(,"stop":" two")").text, "one");
}

TEST(Answers, CountTokensSoThatSubsetsAreSubsets) {
  const Answer answer = ask({"How are you?"});
  EXPECT_GT(answer.input_tokens, 0);
  EXPECT_LE(answer.cached_tokens, answer.input_tokens);
  EXPECT_GT(answer.reasoning_tokens, 0);
  EXPECT_LT(answer.reasoning_tokens, answer.output_tokens);
}

TEST(Answers, PiecesJoinToTheText) {
  for (std::string text : {"", "a", "a b", "  a  b ", "\xF0\x9F\x98\x80 x"}) {
    std::string joined;
    for (auto piece : pieces_of(text)) joined += piece;
    EXPECT_EQ(joined, text);
  }
}

TEST(Answers, ReadThePaceInThePrompt) {
  EXPECT_EQ(pace_in_prompt("go [pace 20ms]"), 20);
  EXPECT_EQ(pace_in_prompt("go"), -1);
}

}  // namespace
}  // namespace valetkey::emulator
