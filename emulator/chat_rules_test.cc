#include "chat_rules.h"

#include <gtest/gtest.h>

#include <string>

namespace valetkey::emulator {
namespace {

std::string refusal_of(const std::string& body, ChatRules rules = {}) {
  auto document = JsonDocument::parse(body);
  if (!document.ok()) return "unparsable: " + body;
  auto refused = check_chat_request(document->root(), rules);
  return refused ? refused->body : "taken";
}
std::string with_messages(const std::string& messages) {
  return R"({"model":"m","messages":[)" + messages + "]}";
}
const std::string kUser = R"({"role":"user","content":"hi"})";
const std::string kCall =
    R"({"role":"assistant","content":null,"tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":"{}"}}]})";
const std::string kResult = R"({"role":"tool","tool_call_id":"c1","content":"1"})";

TEST(ChatRules, WantMessages) {
  EXPECT_EQ(refusal_of(with_messages(kUser)), "taken");
  EXPECT_NE(refusal_of(with_messages("")), "taken");
  EXPECT_NE(refusal_of(R"({"model":"m"})"), "taken");
  EXPECT_NE(refusal_of(with_messages(R"({"role":"robot","content":"x"})")), "taken");
  EXPECT_NE(refusal_of(with_messages(R"({"role":"user"})")), "taken");
}

TEST(ChatRules, WantEveryToolCallAnsweredAtOnce) {
  EXPECT_EQ(refusal_of(with_messages(kUser + "," + kCall + "," + kResult)), "taken");
  EXPECT_NE(refusal_of(with_messages(kUser + "," + kResult)), "taken");
  EXPECT_NE(refusal_of(with_messages(kUser + "," + kCall)), "taken");
  EXPECT_NE(refusal_of(with_messages(kUser + "," + kCall + "," + kUser + "," + kResult)), "taken");
}

TEST(ChatRules, RefuseMaxTokensOfAReasoningModelByName) {
  const std::string body = R"({"model":"m","messages":[)" + kUser + R"(],"max_tokens":5})";
  ChatRules rules;
  EXPECT_EQ(refusal_of(body, rules), "taken");
  rules.refuses_max_tokens = true;
  EXPECT_NE(refusal_of(body, rules).find(R"("param":"max_tokens","code":"unsupported_parameter")"),
            std::string::npos);
}

TEST(ChatRules, RefuseStopOfGroksReasoningModels) {
  ChatRules rules;
  rules.refuses_stop_and_penalties = true;
  EXPECT_NE(refusal_of(R"({"messages":[)" + kUser + R"(],"stop":["x"]})", rules), "taken");
  EXPECT_EQ(refusal_of(R"({"messages":[)" + kUser + R"(],"stop":null})", rules), "taken");
}

TEST(ChatRules, RefuseStreamOptionsWithoutStreamAndSeveralChoices) {
  EXPECT_NE(refusal_of(R"({"messages":[)" + kUser + R"(],"stream_options":{"include_usage":true}})"),
            "taken");
  EXPECT_EQ(
      refusal_of(R"({"messages":[)" + kUser + R"(],"stream":true,"stream_options":{"include_usage":true}})"),
      "taken");
  EXPECT_NE(refusal_of(R"({"messages":[)" + kUser + R"(],"n":2})"), "taken");
}

TEST(ChatRules, RefuseToolChoiceWithoutToolsAndNamelessTools) {
  EXPECT_NE(refusal_of(R"({"messages":[)" + kUser + R"(],"tool_choice":"auto"})"), "taken");
  EXPECT_NE(refusal_of(R"({"messages":[)" + kUser + R"(],"tools":[{"type":"function","name":"f"}]})"),
            "taken");
  EXPECT_EQ(
      refusal_of(R"({"messages":[)" + kUser + R"(],"tools":[{"type":"function","function":{"name":"f"}}]})"),
      "taken");
}

TEST(ChatRules, FindImages) {
  EXPECT_TRUE(chat_has_images(
      JsonDocument::parse(
          with_messages(
              R"({"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,AA=="}}]})"))
          ->root()));
  EXPECT_FALSE(chat_has_images(JsonDocument::parse(with_messages(kUser))->root()));
  EXPECT_TRUE(responses_has_images(
      JsonDocument::parse(R"({"input":[{"role":"user","content":[{"type":"input_image","image_url":"x"}]}]})")
          ->root()));
}

}  // namespace
}  // namespace valetkey::emulator
