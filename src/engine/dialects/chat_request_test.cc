// Chat Completions requests: what is refused, and what each upstream is sent.
#include <gmock/gmock.h>

#include "engine/dialects/test_answers.h"

namespace valetkey::dialects::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

// A body with these members after model and messages.
std::string with(std::string_view members) {
  return R"({"model":"m","messages":[{"role":"user","content":"hi"}],)" + std::string(members) + "}";
}
std::string saying(std::string_view messages) {
  return R"({"model":"m","messages":[)" + std::string(messages) + "]}";
}

EncodedRequest encode(std::string_view body, UpstreamKind upstream = UpstreamKind::codex) {
  Decoded decoded = decode(Dialect::chat, body);
  EXPECT_TRUE(decoded.request) << body << (decoded.failure ? decoded.failure->message : "");
  return decoded.request ? decoded.request->encode_for(upstream) : EncodedRequest{};
}
std::string sent(std::string_view body, std::string_view member,
                 UpstreamKind upstream = UpstreamKind::codex) {
  EncodedRequest encoded = encode(body, upstream);
  auto document = JsonDocument::parse(encoded.body);
  EXPECT_TRUE(document.ok()) << encoded.body;
  Json value = document->root()[member];
  return value.exists() ? to_json(value) : "absent";
}

TEST(ChatRequest, ModelAndMessagesAreRequired) {
  for (const char* body :
       {"{}", "[]", "7", R"({"model":"m"})", R"({"messages":[]})", R"({"model":"","messages":[]})",
        R"({"model":1,"messages":[]})", R"({"model":"m","messages":"hi"})"}) {
    Decoded decoded = decode(Dialect::chat, body);
    ASSERT_TRUE(decoded.failure) << body;
    EXPECT_EQ(decoded.failure->status, 400);
    EXPECT_EQ(decoded.failure->message, "model and messages are required");
  }
}

TEST(ChatRequest, EveryTypeErrorNamesItsPlace) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {saying("7"), "messages[0]"},
      {saying(R"({"role":"user","content":"a"},{"content":"b"})"), "messages[1].role"},
      {saying(R"({"role":"king","content":"b"})"), "messages[0].role"},
      {saying(R"({"role":"user","content":7})"), "messages[0].content"},
      {saying(R"({"role":"user","content":null})"), "messages[0].content"},
      {saying(R"({"role":"user","content":[{"type":"text","text":1}]})"), "messages[0].content[0].text"},
      {saying(R"({"role":"user","content":[{"type":"image_url","image_url":{"url":5}}]})"),
       "messages[0].content[0].image_url.url"},
      {saying(R"({"role":"user","content":[{"type":"image_url","image_url":{"url":"ftp://x"}}]})"),
       "messages[0].content[0].image_url.url"},
      {saying(R"({"role":"user","content":[{"type":"file","file":{}}]})"), "messages[0].content[0].file"},
      {saying(R"({"role":"user","content":[{"type":"smell"}]})"), "messages[0].content[0].type"},
      {saying(R"({"role":"system","content":[{"type":"image_url","image_url":{"url":"https://x"}}]})"),
       "messages[0].content"},
      {saying(R"({"role":"tool","content":"x"})"), "messages[0].tool_call_id"},
      {saying(R"({"role":"assistant","tool_calls":{}})"), "messages[0].tool_calls"},
      {saying(R"({"role":"assistant","tool_calls":[{"id":"c","function":{}}]})"),
       "messages[0].tool_calls[0].function.name"},
      {with(R"("tools":{})"), "tools"},
      {with(R"("tools":[{"type":"function","function":{"name":1}}])"), "tools[0].function.name"},
      {with(R"("tools":[{"type":"function","function":{"name":"f","parameters":"x"}}])"),
       "tools[0].function.parameters"},
      {with(R"("tools":[{"type":"robot"}])"), "tools[0].type"},
      {with(R"("tool_choice":"maybe")"), "tool_choice"},
      {with(R"("tool_choice":{"type":"function","function":{}})"), "tool_choice.function.name"},
      {with(R"("response_format":{"type":"xml"})"), "response_format.type"},
      {with(R"("response_format":{"type":"json_schema"})"), "response_format.json_schema"},
      {with(R"("response_format":{"type":"json_schema","json_schema":{"schema":{}}})"),
       "response_format.json_schema.name"},
      {with(R"("stream":"yes")"), "stream"},
      {with(R"("stream_options":7)"), "stream_options"},
      {with(R"("stop":7)"), "stop"},
      {with(R"("stop":["a",7])"), "stop[1]"},
      {with(R"("max_tokens":0)"), "max_tokens"},
      {with(R"("max_completion_tokens":1.5)"), "max_completion_tokens"},
      {with(R"("reasoning_effort":3)"), "reasoning_effort"},
  };
  for (const auto& [body, param] : cases) {
    Decoded decoded = decode(Dialect::chat, body);
    ASSERT_TRUE(decoded.failure) << body;
    EXPECT_EQ(decoded.failure->param, param) << body;
    EXPECT_EQ(decoded.failure->kind, Failure::Kind::invalid_request);
  }
}

TEST(ChatRequest, CodexGoldenBody) {
  EncodedRequest encoded =
      encode(with(R"("stream":false,"reasoning_effort":"minimal","prompt_cache_key":"k")"));
  EXPECT_EQ(
      encoded.body,
      R"({"model":"m","instructions":"","input":[{"type":"message","role":"user","content":[{"type":"input_text","text":"hi"}]}],)"
      R"("reasoning":{"effort":"low","summary":"auto"},"store":false,"stream":true,"include":["reasoning.encrypted_content"],"prompt_cache_key":"k"})");
  EXPECT_THAT(encoded.dropped, IsEmpty());
}

TEST(ChatRequest, SystemTextBecomesInstructionsAndLaterOnesKeepTheirPlace) {
  const std::string body = saying(
      R"({"role":"system","content":"A"},{"role":"developer","content":[{"type":"text","text":"B"},{"type":"text","text":"C"}]},)"
      R"({"role":"user","content":"hi"},{"role":"system","content":"later"})");
  EXPECT_EQ(sent(body, "instructions"), R"("A\n\nB\nC")");
  EXPECT_EQ(
      sent(body, "input"),
      R"([{"type":"message","role":"user","content":[{"type":"input_text","text":"hi"}]},{"type":"message","role":"developer","content":[{"type":"input_text","text":"later"}]}])");
}

TEST(ChatRequest, ASystemMessageAloneIsSentAsInput) {
  const std::string body = saying(R"({"role":"system","content":"A"})");
  EXPECT_EQ(sent(body, "instructions"), R"("")");
  EXPECT_THAT(sent(body, "input"),
              HasSubstr(R"("role":"developer","content":[{"type":"input_text","text":"A"}])"));
}

TEST(ChatRequest, PartsOfEveryKind) {
  EXPECT_EQ(
      sent(
          saying(
              R"({"role":"user","content":[{"type":"text","text":"see"},{"type":"image_url","image_url":{"url":"https://x/y.png","detail":"low"}},)"
              R"({"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}},{"type":"file","file":{"file_data":"data:x","filename":"a.pdf"}}]})"),
          "input"),
      R"([{"type":"message","role":"user","content":[{"type":"input_text","text":"see"},{"type":"input_image","image_url":"https://x/y.png","detail":"low"},)"
      R"({"type":"input_image","image_url":"data:image/png;base64,AAAA"},{"type":"input_file","filename":"a.pdf","file_data":"data:x"}]}])");
  auto audio = encode(saying(
      R"({"role":"user","content":[{"type":"input_audio","input_audio":{"data":"","format":"wav"}}]})"));
  ASSERT_TRUE(audio.refused);
  EXPECT_EQ(audio.refused->param, "messages[0].content");
}

TEST(ChatRequest, AToolLoop) {
  const std::string body = saying(
      R"({"role":"user","content":"q"},{"role":"assistant","content":"wait","reasoning_content":"hm","tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":"{\"x\":1}"}},)"
      R"({"id":"b","type":"function","function":{"name":"g","arguments":""}}]},{"role":"tool","tool_call_id":"a","content":"1"},)"
      R"({"role":"tool","tool_call_id":"b","content":[{"type":"text","text":"pic"},{"type":"image_url","image_url":{"url":"https://x"}}]})");
  EXPECT_EQ(
      sent(body, "input"),
      R"([{"type":"message","role":"user","content":[{"type":"input_text","text":"q"}]},)"
      R"({"type":"message","role":"assistant","content":[{"type":"output_text","text":"wait"}]},)"
      R"({"type":"function_call","call_id":"a","name":"f","arguments":"{\"x\":1}"},{"type":"function_call","call_id":"b","name":"g","arguments":"{}"},)"
      R"({"type":"function_call_output","call_id":"a","output":"1"},)"
      R"({"type":"function_call_output","call_id":"b","output":[{"type":"input_text","text":"pic"},{"type":"input_image","image_url":"https://x"}]}])");
  Decoded decoded = decode(Dialect::chat, body);
  EXPECT_FALSE(decoded.request->last_turn_is_user());
  EXPECT_TRUE(decoded.request->has_images());
}

TEST(ChatRequest, ToolsAndTheirChoice) {
  const std::string tools =
      R"("tools":[{"type":"function","function":{"name":"f","description":"d","parameters":{"type":"object"},"strict":true}},)"
      R"({"type":"function","function":{"name":"g"}},{"type":"custom","custom":{"name":"c","format":{"type":"grammar","grammar":{"syntax":"lark","definition":"x"}}}}])";
  EXPECT_EQ(
      sent(with(tools), "tools"),
      R"([{"type":"function","name":"f","description":"d","parameters":{"type":"object"},"strict":true},)"
      R"({"type":"function","name":"g","parameters":{"type":"object","properties":{}},"strict":false},)"
      R"({"type":"custom","name":"c","format":{"type":"grammar","syntax":"lark","definition":"x"}}])");
  auto choice = [&](std::string_view value) {
    return sent(with(tools + ",\"tool_choice\":" + std::string(value)), "tool_choice");
  };
  EXPECT_EQ(choice(R"("none")"), R"("none")");
  EXPECT_EQ(choice(R"("auto")"), R"("auto")");
  EXPECT_EQ(choice(R"("required")"), R"("required")");
  EXPECT_EQ(choice(R"({"type":"function","function":{"name":"f"}})"), R"({"type":"function","name":"f"})");
  EXPECT_EQ(
      choice(
          R"({"type":"allowed_tools","allowed_tools":{"mode":"required","tools":[{"type":"function","function":{"name":"f"}}]}})"),
      R"({"type":"allowed_tools","mode":"required","tools":[{"type":"function","name":"f"}]})");
  EXPECT_EQ(sent(with(R"("parallel_tool_calls":false)"), "parallel_tool_calls"), "false");
}

TEST(ChatRequest, OutputFormats) {
  EXPECT_EQ(sent(with(R"("response_format":{"type":"json_object"},"verbosity":"low")"), "text"),
            R"({"verbosity":"low","format":{"type":"json_object"}})");
  EXPECT_EQ(
      sent(
          with(
              R"("response_format":{"type":"json_schema","json_schema":{"name":"n","strict":true,"schema":{"type":"object"}}})"),
          "text"),
      R"({"format":{"type":"json_schema","name":"n","strict":true,"schema":{"type":"object"}}})");
  EXPECT_EQ(sent(with(R"("response_format":{"type":"text"})"), "text"), "absent");
}

TEST(ChatRequest, CodexDropsAndNamesWhatChangesNothing) {
  EncodedRequest encoded = encode(with(
      R"("temperature":0.2,"top_p":1,"max_tokens":5,"max_completion_tokens":5,"seed":1,"user":"u","metadata":{"a":"b"},"store":true,)"
      R"("presence_penalty":0.5,"service_tier":"flex","whatever":1)"));
  EXPECT_FALSE(encoded.refused);
  EXPECT_THAT(encoded.dropped, UnorderedElementsAre("temperature", "top_p", "max_tokens",
                                                    "max_completion_tokens", "seed", "user", "metadata",
                                                    "store", "presence_penalty", "service_tier", "whatever"));
  for (const auto& name : encoded.dropped) {
    if (name != "store") EXPECT_THAT(encoded.body, Not(HasSubstr("\"" + name + "\":"))) << name;
  }
}

TEST(ChatRequest, ValuesThatAskForNothingAreNeitherNamedNorRefused) {
  EncodedRequest encoded = encode(with(
      R"("n":1,"logprobs":false,"top_logprobs":null,"logit_bias":{},"store":false,"presence_penalty":0,"modalities":["text"],"service_tier":"auto","temperature":null)"));
  EXPECT_FALSE(encoded.refused);
  EXPECT_THAT(encoded.dropped, IsEmpty());
}

TEST(ChatRequest, RefusesWhatWouldChangeTheAnswer) {
  for (const auto& [members, param] :
       std::vector<std::pair<const char*, const char*>>{{R"("n":2)", "n"},
                                                        {R"("logprobs":true)", "logprobs"},
                                                        {R"("logit_bias":{"1":5})", "logit_bias"},
                                                        {R"("modalities":["text","audio"])", "modalities"},
                                                        {R"("audio":{"voice":"x"})", "audio"}}) {
    EncodedRequest encoded = encode(with(members));
    ASSERT_TRUE(encoded.refused) << members;
    EXPECT_EQ(encoded.refused->param, param);
    EXPECT_EQ(encoded.refused->status, 400);
  }
  EXPECT_EQ(encode(with(R"("n":2)"), UpstreamKind::copilot_chat).refused->param, "n");
  EXPECT_FALSE(encode(with(R"("logprobs":true)"), UpstreamKind::xai_chat).refused);
}

TEST(ChatRequest, ServiceTierPrioritySurvives) {
  EXPECT_EQ(sent(with(R"("service_tier":"priority")"), "service_tier"), R"("priority")");
  EXPECT_EQ(sent(with(R"("service_tier":"fast")"), "service_tier"), R"("priority")");
}

TEST(ChatRequest, WebSearchOptionsBecomeATool) {
  EXPECT_EQ(
      sent(
          with(
              R"("web_search_options":{"search_context_size":"low","user_location":{"type":"approximate","approximate":{"city":"Rome"}}})"),
          "tools"),
      R"([{"type":"web_search","search_context_size":"low","user_location":{"type":"approximate","city":"Rome"}}])");
}

TEST(ChatRequest, LegacyFunctionsBecomeTools) {
  const std::string body =
      R"({"model":"m","functions":[{"name":"f"}],"function_call":{"name":"f"},"messages":[{"role":"user","content":"q"},)"
      R"({"role":"assistant","content":null,"function_call":{"name":"f","arguments":"{}"}},{"role":"function","name":"f","content":"r"}]})";
  EXPECT_EQ(sent(body, "tool_choice"), R"({"type":"function","name":"f"})");
  EXPECT_EQ(sent(body, "parallel_tool_calls"), "false");
  EXPECT_THAT(
      sent(body, "input"),
      HasSubstr(
          R"({"type":"function_call","call_id":"call_legacy_1","name":"f","arguments":"{}"},{"type":"function_call_output","call_id":"call_legacy_1","output":"r"})"));
  EXPECT_EQ(sent(body, "tools", UpstreamKind::xai_chat), R"([{"type":"function","function":{"name":"f"}}])");
  EXPECT_EQ(sent(body, "functions", UpstreamKind::xai_chat), "absent");
}

TEST(ChatRequest, ChatUpstreamsGetTheClientsOwnBody) {
  const std::string body =
      R"({"model":"m","messages":[{"role":"user","content":"hi","name":"bob"}],"temperature":0.5,"n":1,"foo":{"bar":[1,2]},"stream":false,"store":true})";
  EncodedRequest encoded = encode(body, UpstreamKind::copilot_chat);
  EXPECT_EQ(
      encoded.body,
      R"({"model":"m","messages":[{"role":"user","content":"hi","name":"bob"}],"stream":true,"stream_options":{"include_usage":true},"temperature":0.5,"foo":{"bar":[1,2]}})");
  EXPECT_THAT(encoded.dropped, ElementsAre("store"));
}

TEST(ChatRequest, LimitsHaveTheUpstreamsName) {
  EXPECT_EQ(sent(with(R"("max_tokens":7)"), "max_output_tokens", UpstreamKind::xai_responses), "7");
  EXPECT_EQ(sent(with(R"("max_completion_tokens":7)"), "max_output_tokens", UpstreamKind::copilot_responses),
            "7");
  EXPECT_EQ(sent(with(R"("max_completion_tokens":7)"), "max_completion_tokens", UpstreamKind::copilot_chat),
            "7");
}

TEST(ChatRequest, TheConversationKeyIsStableAndFitForAHeader) {
  auto key = [](std::string_view body) { return decode(Dialect::chat, body).request->conversation_key(); };
  const std::string first = saying(R"({"role":"system","content":"s"},{"role":"user","content":"q"})");
  const std::string later = saying(
      R"({"role":"system","content":"s"},{"role":"user","content":"q"},{"role":"assistant","content":"a"},{"role":"user","content":"q2"})");
  EXPECT_EQ(key(first), key(later));
  EXPECT_NE(key(first), key(saying(R"({"role":"user","content":"other"})")));
  EXPECT_EQ(key(first).size(), 36u);
  EXPECT_EQ(key(with(R"("prompt_cache_key":"mine")")), "mine");
  EXPECT_EQ(key(with(R"("prompt_cache_key":"a\r\nb")")).find('\n'), std::string::npos);
}

TEST(ChatRequest, WhoSpokeLast) {
  auto user = [](std::string_view messages) {
    return decode(Dialect::chat, saying(messages)).request->last_turn_is_user();
  };
  EXPECT_TRUE(user(R"({"role":"user","content":"q"})"));
  EXPECT_FALSE(user(R"({"role":"user","content":"q"},{"role":"assistant","content":"a"})"));
  EXPECT_FALSE(user(R"({"role":"tool","tool_call_id":"a","content":"a"})"));
}

}  // namespace
}  // namespace valetkey::dialects::testing
