// ChatGPT's backend is strict; so are we (upstreams 2.1, 7.1, 10).
#include "codex_rules.h"

#include <gtest/gtest.h>

#include <string>

namespace valetkey::emulator {
namespace {

constexpr const char* kGood =
    R"({"model":"gpt-5.5","instructions":"","store":false,"stream":true,"input":[{"role":"user","content":"hi"}]})";

// The good request with more members before its end.
std::string with(const std::string& members) {
  std::string body = kGood;
  body.pop_back();
  return body + "," + members + "}";
}

std::string without(const std::string& member) {
  std::string body = kGood;
  const size_t at = body.find(member);
  EXPECT_NE(at, std::string::npos);
  return body.erase(at, member.size());
}

std::string with_input(const std::string& items) {
  return R"({"model":"gpt-5.5","instructions":"","store":false,"stream":true,"input":[)" + items + "]}";
}

std::string refusal_of(const std::string& body, std::string_view account = "acc") {
  auto document = JsonDocument::parse(body);
  EXPECT_TRUE(document.ok()) << body;
  if (!document.ok()) return "unparsable";
  auto refused = check_codex_request(document->root(), account);
  return refused ? std::to_string(refused->status) + " " + refused->body : "taken";
}

TEST(CodexRules, TakesTheMinimalRequest) {
  EXPECT_EQ(refusal_of(kGood), "taken");
}

TEST(CodexRules, TakesTheVendorCliWhichSendsNoInstructionsButADeveloperItem) {
  EXPECT_EQ(refusal_of(R"({"model":"gpt-5.5","stream":true,"store":false,"input":[
      {"type":"message","id":"msg_1","role":"developer","content":[{"type":"input_text","text":"You are"}]},
      {"type":"message","id":"msg_2","role":"user","content":[{"type":"input_text","text":"hi"}]}],
      "tools":[{"type":"custom","name":"apply_patch"},{"type":"namespace","name":"n","tools":[]},{"type":"web_search"}],
      "include":["reasoning.encrypted_content"],"reasoning":{"effort":"medium"},"text":{"verbosity":"low"},
      "tool_choice":"auto","parallel_tool_calls":true,"prompt_cache_key":"k","client_metadata":{"session_id":"s"}})"),
            "taken");
}

TEST(CodexRules, WantsInstructionsInputStoreFalseAndStreamTrue) {
  EXPECT_EQ(refusal_of(without(R"("instructions":"",)")), R"(400 {"detail":"Instructions are required"})");
  EXPECT_EQ(refusal_of(without(R"("store":false,)")), R"(400 {"detail":"Store must be set to false"})");
  EXPECT_EQ(refusal_of(without(R"("stream":true,)")), R"(400 {"detail":"Stream must be set to true"})");
  EXPECT_EQ(refusal_of(R"({"model":"gpt-5.5","instructions":"","store":false,"stream":true,"input":"hi"})"),
            R"(400 {"detail":"Input must be a list"})");
}

TEST(CodexRules, RefusesAnUnknownModelWithTheBackendsSentence) {
  EXPECT_EQ(
      refusal_of(R"({"model":"gpt-4o","instructions":"","store":false,"stream":true,"input":[]})"),
      R"(400 {"detail":"The 'gpt-4o' model is not supported when using Codex with a ChatGPT account."})");
}

class RefusedParameter : public testing::TestWithParam<const char*> {};
TEST_P(RefusedParameter, IsNamed) {
  const std::string name = GetParam();
  EXPECT_EQ(refusal_of(with("\"" + name + "\":1")),
            "400 {\"detail\":\"Unsupported parameter: " + name + "\"}");
}
INSTANTIATE_TEST_SUITE_P(UpstreamsList, RefusedParameter,
                         testing::Values("max_output_tokens", "max_completion_tokens", "max_tokens",
                                         "temperature", "top_p", "top_k", "frequency_penalty",
                                         "presence_penalty", "stop", "seed", "n", "logit_bias", "user",
                                         "metadata", "truncation", "context_management",
                                         "prompt_cache_options", "prompt_cache_retention",
                                         "safety_identifier", "previous_response_id", "generate",
                                         "background"));

TEST(CodexRules, ReportsOneParameterAtATimeInBodyOrder) {
  EXPECT_EQ(refusal_of(with(R"("top_p":1,"temperature":0)")),
            R"(400 {"detail":"Unsupported parameter: top_p"})");
}

TEST(CodexRules, TakesOnlyThePriorityTier) {
  EXPECT_EQ(refusal_of(with(R"("service_tier":"priority")")), "taken");
  EXPECT_NE(refusal_of(with(R"("service_tier":"flex")")), "taken");
}

TEST(CodexRules, TakesOnlyEffortsOfTheCatalog) {
  EXPECT_EQ(refusal_of(with(R"("reasoning":{"effort":"xhigh"})")), "taken");
  for (const char* effort : {"minimal", "none", "ultra"}) {
    EXPECT_NE(refusal_of(with(R"("reasoning":{"effort":")" + std::string(effort) + R"("})"))
                  .find("reasoning.effort"),
              std::string::npos)
        << effort;
  }
}

TEST(CodexRules, RefusesSystemMessages) {
  EXPECT_EQ(refusal_of(with_input(R"({"role":"system","content":"x"})")),
            R"(400 {"detail":"System messages are not allowed"})");
}

TEST(CodexRules, WantsContentPartsThatFitTheRole) {
  EXPECT_EQ(refusal_of(with_input(R"({"role":"assistant","content":[{"type":"output_text","text":"x"}]})")),
            "taken");
  EXPECT_NE(refusal_of(with_input(R"({"role":"assistant","content":[{"type":"input_text","text":"x"}]})")),
            "taken");
  EXPECT_NE(refusal_of(with_input(R"({"role":"user","content":[{"type":"text","text":"x"}]})")), "taken");
  EXPECT_NE(
      refusal_of(with_input(R"({"role":"user","content":[{"type":"input_image","image_url":{"url":"x"}}]})")),
      "taken");
}

TEST(CodexRules, PairsCallsAndOutputs) {
  const std::string call = R"({"type":"function_call","call_id":"c1","name":"f","arguments":"{}"})";
  const std::string output = R"({"type":"function_call_output","call_id":"c1","output":"1"})";
  EXPECT_EQ(refusal_of(with_input(call + "," + output)), "taken");
  EXPECT_NE(
      refusal_of(with_input(output)).find("No tool call found for function call output with call_id c1"),
      std::string::npos);
  EXPECT_NE(refusal_of(with_input(call)).find("No tool output found for function call c1"),
            std::string::npos);
}

TEST(CodexRules, RefusesItemsThatWereNeverStored) {
  EXPECT_EQ(refusal_of(with_input(R"({"type":"item_reference","id":"msg_1"})")).substr(0, 3), "404");
  EXPECT_EQ(refusal_of(with_input(R"({"type":"reasoning","id":"rs_1","summary":[]})")).substr(0, 3), "404");
}

TEST(CodexRules, OpensEncryptedReasoningOfTheSameAccountOnly) {
  const std::string item =
      R"({"type":"reasoning","summary":[],"encrypted_content":")" + seal_reasoning("acc", "1") + "\"}";
  EXPECT_EQ(refusal_of(with_input(item), "acc"), "taken");
  EXPECT_NE(refusal_of(with_input(item), "other").find("invalid_encrypted_content"), std::string::npos);
  EXPECT_NE(refusal_of(with_input(R"({"type":"reasoning","summary":[],"encrypted_content":"junk"})"))
                .find("invalid_encrypted_content"),
            std::string::npos);
}

TEST(CodexRules, LimitsToolNamesToSixtyFourPlainCharacters) {
  auto tool = [](const std::string& name) {
    return with(R"("tools":[{"type":"function","name":")" + name + R"("}])");
  };
  EXPECT_EQ(refusal_of(tool(std::string(64, 'a'))), "taken");
  EXPECT_NE(refusal_of(tool(std::string(65, 'a'))).find("tools[0].name"), std::string::npos);
  EXPECT_NE(refusal_of(tool("a b")), "taken");
  EXPECT_NE(refusal_of(tool("")), "taken");
}

TEST(CodexRules, RefusesChatStyleToolsAndSearchPreview) {
  EXPECT_NE(refusal_of(with(R"("tools":[{"type":"function","function":{"name":"f"}}])")), "taken");
  EXPECT_NE(refusal_of(with(R"("tools":[{"type":"web_search_preview"}])")), "taken");
}

TEST(CodexRules, WantsAStrictSchemaToBeClosed) {
  EXPECT_EQ(refusal_of(with(R"("text":{"format":{"type":"json_schema","name":"n","strict":true,
      "schema":{"type":"object","properties":{},"required":[],"additionalProperties":false}}})")),
            "taken");
  EXPECT_NE(refusal_of(with(R"("text":{"format":{"type":"json_schema","name":"n","strict":true,
      "schema":{"type":"object","properties":{}}}})"))
                .find("additionalProperties"),
            std::string::npos);
  EXPECT_NE(refusal_of(with(R"("text":{"format":{"type":"json_schema","schema":{}}})")), "taken");
}

TEST(CodexRules, CompactIsUnary) {
  auto verdict = [](const char* body) {
    return check_codex_compact(JsonDocument::parse(body)->root()).has_value();
  };
  EXPECT_FALSE(verdict(R"({"model":"gpt-5.5","input":[]})"));
  EXPECT_TRUE(verdict(R"({"model":"gpt-5.5","input":[],"stream":true})"));
  EXPECT_TRUE(verdict(R"({"model":"gpt-5.5","input":[],"temperature":1})"));
}

}  // namespace
}  // namespace valetkey::emulator
