// Responses requests: what is refused, and what each upstream is sent.
#include <gmock/gmock.h>

#include "engine/dialects/test_answers.h"

namespace valetkey::dialects::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

std::string with(std::string_view members) {
  return R"({"model":"m","input":"hi",)" + std::string(members) + "}";
}
std::string saying(std::string_view items) {
  return R"({"model":"m","input":[)" + std::string(items) + "]}";
}

EncodedRequest encode(std::string_view body, UpstreamKind upstream = UpstreamKind::codex) {
  Decoded decoded = decode(Dialect::responses, body);
  EXPECT_TRUE(decoded.request) << body << (decoded.failure ? decoded.failure->message : "");
  return decoded.request ? decoded.request->encode_for(upstream) : EncodedRequest{};
}
std::string sent(std::string_view body, std::string_view member,
                 UpstreamKind upstream = UpstreamKind::codex) {
  EncodedRequest encoded = encode(body, upstream);
  EXPECT_FALSE(encoded.refused) << encoded.refused->message;
  auto document = JsonDocument::parse(encoded.body);
  EXPECT_TRUE(document.ok()) << encoded.body;
  Json value = document->root()[member];
  return value.exists() ? to_json(value) : "absent";
}

TEST(ResponsesRequest, EveryTypeErrorNamesItsPlace) {
  EXPECT_EQ(decode(Dialect::responses, "{}").failure->message, "model and input are required");
  for (const auto& [body, param] : std::vector<std::pair<std::string, std::string>>{
           {R"({"model":"m","input":7})", "input"},
           {R"({"model":"m","input":["x"]})", "input[0]"},
           {with(R"("stream":1)"), "stream"},
           {with(R"("reasoning":"high")"), "reasoning"},
           {with(R"("reasoning":{"effort":1})"), "reasoning.effort"},
           {with(R"("tools":{})"), "tools"},
           {with(R"("text":[])"), "text"},
           {with(R"("max_output_tokens":-1)"), "max_output_tokens"},
       }) {
    Decoded decoded = decode(Dialect::responses, body);
    ASSERT_TRUE(decoded.failure) << body;
    EXPECT_EQ(decoded.failure->param, param);
  }
}

TEST(ResponsesRequest, CodexGoldenBody) {
  EncodedRequest encoded = encode(with(R"("prompt_cache_key":"k")"));
  EXPECT_EQ(
      encoded.body,
      R"({"model":"m","instructions":"","input":[{"type":"message","role":"user","content":[{"type":"input_text","text":"hi"}]}],)"
      R"("store":false,"stream":true,"include":["reasoning.encrypted_content"],"prompt_cache_key":"k"})");
  EXPECT_THAT(encoded.dropped, IsEmpty());
}

TEST(ResponsesRequest, TheVendorsOwnClientPassesUntouched) {
  const std::string tools =
      R"([{"type":"function","name":"shell","strict":false,"parameters":{"type":"object"}},{"type":"custom","name":"apply_patch","format":{"type":"grammar","syntax":"lark","definition":"x"}},)"
      R"({"type":"namespace","name":"n","tools":[{"type":"function","name":"inner"}]},{"type":"tool_search"},{"type":"web_search","external_web_access":false}])";
  const std::string body =
      R"({"model":"gpt-5.5","stream":true,"input":[{"type":"message","role":"developer","id":"msg_1","content":[{"type":"input_text","text":"sys"}]},)"
      R"({"type":"custom_tool_call_output","call_id":"c","output":"o"}],"tools":)" +
      tools +
      R"(,"tool_choice":"auto","parallel_tool_calls":true,"reasoning":{"effort":"medium","context":"auto"},"store":false,"include":["reasoning.encrypted_content"],)"
      R"("prompt_cache_key":"k","text":{"verbosity":"low"},"client_metadata":{"session_id":"s","x-codex-turn-metadata":"{\"a\":1}"}})";
  EXPECT_EQ(sent(body, "tools"), tools);
  EXPECT_EQ(
      sent(body, "input"),
      R"([{"type":"message","role":"developer","content":[{"type":"input_text","text":"sys"}]},{"type":"custom_tool_call_output","call_id":"c","output":"o"}])");
  EXPECT_EQ(sent(body, "client_metadata"), R"({"session_id":"s","x-codex-turn-metadata":"{\"a\":1}"})");
  EXPECT_EQ(sent(body, "reasoning"), R"({"effort":"medium","context":"auto"})");
  EXPECT_EQ(sent(body, "text"), R"({"verbosity":"low"})");
  EXPECT_EQ(sent(body, "instructions"), R"("")");
  EXPECT_THAT(encode(body).dropped, IsEmpty());
}

TEST(ResponsesRequest, ItemsAreMadeFitForABackendThatStoresNothing) {
  EXPECT_EQ(
      sent(
          saying(
              R"({"role":"system","content":"s"},{"role":"assistant","content":"a","id":"msg_9"},)"
              R"({"type":"reasoning","id":"rs_1","summary":[],"encrypted_content":"E"},{"type":"reasoning","id":"rs_2","summary":[]},)"
              R"({"type":"function_call","id":"fc_1","call_id":"c","name":"f","arguments":"{}"})"),
          "input"),
      R"([{"type":"message","role":"developer","content":[{"type":"input_text","text":"s"}]},{"type":"message","role":"assistant","content":[{"type":"output_text","text":"a"}]},)"
      R"({"type":"reasoning","summary":[],"encrypted_content":"E"},{"type":"function_call","call_id":"c","name":"f","arguments":"{}"}])");
  auto reference = encode(saying(R"({"role":"user","content":"x"},{"type":"item_reference","id":"i"})"));
  ASSERT_TRUE(reference.refused);
  EXPECT_EQ(reference.refused->param, "input[1]");
}

TEST(ResponsesRequest, ForcedAndMappedMembers) {
  EXPECT_EQ(sent(with(R"("store":true)"), "store"), "false");
  EXPECT_EQ(sent(with(R"("stream":false)"), "stream"), "true");
  EXPECT_EQ(sent(with(R"("reasoning":{"effort":"minimal"})"), "reasoning"), R"({"effort":"low"})");
  EXPECT_EQ(sent(with(R"("tools":[{"type":"web_search_preview","search_context_size":"low"}])"), "tools"),
            R"([{"type":"web_search","search_context_size":"low"}])");
  EXPECT_EQ(sent(with(R"("include":["web_search_call.action.sources"])"), "include"),
            R"(["reasoning.encrypted_content","web_search_call.action.sources"])");
  EXPECT_EQ(sent(with(R"("service_tier":"priority")"), "service_tier"), R"("priority")");
  EXPECT_EQ(sent(with(R"("stream_options":{"include_obfuscation":false})"), "stream_options"), "absent");
  EXPECT_EQ(sent(with(R"("tool_choice":{"type":"function","name":"f"})"), "tool_choice"),
            R"({"type":"function","name":"f"})");
}

TEST(ResponsesRequest, CodexDropsAndNames) {
  EncodedRequest encoded = encode(with(
      R"("max_output_tokens":9,"temperature":1,"top_p":1,"user":"u","metadata":{"a":"b"},"truncation":"auto","store":true,"service_tier":"flex","x":1)"));
  EXPECT_FALSE(encoded.refused);
  EXPECT_THAT(encoded.dropped, UnorderedElementsAre("max_output_tokens", "temperature", "top_p", "user",
                                                    "metadata", "truncation", "store", "service_tier", "x"));
}

TEST(ResponsesRequest, RefusesWhatNeedsAStore) {
  for (const char* name : {"previous_response_id", "conversation", "prompt"}) {
    auto encoded = encode(with("\"" + std::string(name) + "\":\"x\""));
    ASSERT_TRUE(encoded.refused) << name;
    EXPECT_EQ(encoded.refused->param, name);
  }
  EXPECT_EQ(encode(with(R"("background":true)")).refused->param, "background");
  EXPECT_FALSE(encode(with(R"("background":false,"previous_response_id":null)")).refused);
}

TEST(ResponsesRequest, GrokKeepsItsSamplingParameters) {
  EXPECT_EQ(sent(with(R"("temperature":0.5)"), "temperature", UpstreamKind::xai_responses), "0.5");
  EXPECT_EQ(sent(with(R"("max_output_tokens":5)"), "max_output_tokens", UpstreamKind::xai_responses), "5");
  EXPECT_THAT(encode(with(R"("temperature":0.5)"), UpstreamKind::copilot_responses).dropped,
              UnorderedElementsAre("temperature"));
}

TEST(ResponsesToChatRequest, GoldenBody) {
  const std::string body =
      R"({"model":"m","instructions":"I","input":[{"role":"developer","content":"D"},{"role":"user","content":[{"type":"input_text","text":"see"},{"type":"input_image","image_url":"https://x","detail":"high"}]},)"
      R"({"type":"reasoning","summary":[]},{"role":"assistant","content":[{"type":"output_text","text":"T"}]},{"type":"function_call","call_id":"a","name":"f","arguments":"{}"},)"
      R"({"type":"function_call","call_id":"b","name":"g","arguments":"{}"},{"type":"function_call_output","call_id":"a","output":"1"}],)"
      R"("tools":[{"type":"function","name":"f","parameters":{"type":"object"},"strict":true}],"tool_choice":{"type":"function","name":"f"},)"
      R"("text":{"format":{"type":"json_schema","name":"n","strict":true,"schema":{"type":"object"}}},"reasoning":{"effort":"high"},"max_output_tokens":9})";
  EXPECT_EQ(
      encode(body, UpstreamKind::xai_chat).body,
      R"({"model":"m","messages":[{"role":"system","content":"I"},{"role":"system","content":"D"},)"
      R"({"role":"user","content":[{"type":"text","text":"see"},{"type":"image_url","image_url":{"url":"https://x","detail":"high"}}]},)"
      R"({"role":"assistant","content":"T","tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":"{}"}},{"id":"b","type":"function","function":{"name":"g","arguments":"{}"}}]},)"
      R"({"role":"tool","tool_call_id":"a","content":"1"}],"tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object"},"strict":true}}],)"
      R"("tool_choice":{"type":"function","function":{"name":"f"}},"response_format":{"type":"json_schema","json_schema":{"name":"n","strict":true,"schema":{"type":"object"}}},)"
      R"("reasoning_effort":"high","stream":true,"stream_options":{"include_usage":true},"max_completion_tokens":9})");
  EXPECT_EQ(sent(with(R"("max_output_tokens":9)"), "max_tokens", UpstreamKind::copilot_chat), "9");
}

TEST(ResponsesToChatRequest, RefusesWhatChatCannotSay) {
  for (const auto& [body, param] : std::vector<std::pair<std::string, std::string>>{
           {with(R"("tools":[{"type":"web_search"}])"), "tools"},
           {with(R"("tools":[{"type":"custom","name":"x"}])"), "tools"},
           {saying(R"({"type":"computer_call"})"), "input[0].type"},
           {saying(R"({"type":"item_reference","id":"x"})"), "input[0].type"},
           {saying(R"({"role":"user","content":[{"type":"input_image","file_id":"f"}]})"),
            "input[0].content[0].file_id"},
           {with(R"("previous_response_id":"r")"), "previous_response_id"},
       }) {
    auto encoded = encode(body, UpstreamKind::copilot_chat);
    ASSERT_TRUE(encoded.refused) << body;
    EXPECT_EQ(encoded.refused->param, param);
  }
}

TEST(ResponsesRequest, FactsForTheRelay) {
  EXPECT_TRUE(decode(Dialect::responses, with(R"("x":1)")).request->last_turn_is_user());
  EXPECT_FALSE(
      decode(Dialect::responses, saying(R"({"type":"function_call_output","call_id":"a","output":"x"})"))
          .request->last_turn_is_user());
  EXPECT_TRUE(decode(Dialect::responses,
                     saying(R"({"role":"user","content":[{"type":"input_image","image_url":"x"}]})"))
                  .request->has_images());
  EXPECT_FALSE(decode(Dialect::responses, with(R"("x":1)")).request->has_images());
  EXPECT_EQ(
      decode(Dialect::responses, saying(R"({"role":"user","content":"q"})")).request->conversation_key(),
      decode(Dialect::responses,
             saying(R"({"role":"user","content":"q"},{"role":"assistant","content":"a"})"))
          .request->conversation_key());
}

}  // namespace
}  // namespace valetkey::dialects::testing
