#include "engine/dialects/stop_sequences.h"

#include <gmock/gmock.h>

#include "engine/dialects/test_answers.h"

namespace valetkey::dialects::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string body(std::string_view stop, bool stream = true) {
  return std::string(R"({"model":"m","messages":[{"role":"user","content":"x"}],"stop":)") +
         std::string(stop) + (stream ? R"(,"stream":true})" : "}");
}

Answer said(const std::vector<std::string>& deltas, std::string_view stop, bool stream = true) {
  std::string events;
  for (const auto& delta : deltas) events += text_delta(delta);
  return run(Dialect::chat, body(stop, stream), UpstreamKind::codex, events + completed());
}

TEST(StopSequences, CutTheTextWhereverTheDeltasAreSplit) {
  const std::string text = "one two END three";
  for (size_t a = 0; a <= text.size(); ++a) {
    for (size_t b = a; b <= text.size(); ++b) {
      Answer answer = said({text.substr(0, a), text.substr(a, b - a), text.substr(b)}, R"("END")");
      ASSERT_EQ(answer.joined("content"), "one two ") << a << " " << b;
      ASSERT_THAT(answer.finish_reasons(), ElementsAre("stop"));
      ASSERT_EQ(answer.data().back(), "[DONE]");
    }
  }
}

TEST(StopSequences, FinishTheAnswerAtOnceSoThatTheUpstreamCanBeCancelled) {
  Decoded decoded = decode(Dialect::chat, body(R"(["###"])"));
  auto translator = decoded.request->translate_answer(UpstreamKind::codex, identity());
  std::string text;
  AnswerBytes out(text);
  translator->on_event({"", R"({"type":"response.output_text.delta","delta":"a##"})"}, out);
  EXPECT_FALSE(translator->finished());
  translator->on_event({"", R"({"type":"response.output_text.delta","delta":"#b"})"}, out);
  EXPECT_TRUE(translator->finished());
  EXPECT_FALSE(translator->failure());
  size_t length = out.size();
  translator->on_event({"", R"({"type":"response.output_text.delta","delta":"c"})"}, out);
  translator->on_end(out);
  EXPECT_EQ(out.size(), length);
}

TEST(StopSequences, TheOneThatIsCompleteFirstWins) {
  EXPECT_EQ(said({"xabcd"}, R"(["abcd","c"])").joined("content"), "xab");
  EXPECT_EQ(said({"x", "a", "b", "c", "d"}, R"(["abcd","c"])").joined("content"), "xab");
  EXPECT_EQ(said({"xab"}, R"(["b","ab"])").joined("content"), "x");
}

TEST(StopSequences, TextThatOnlyBeganLikeOneIsNotLost) {
  EXPECT_EQ(said({"a EN", "C b E"}, R"("END")").joined("content"), "a ENC b E");
  EXPECT_EQ(said({"a EN"}, R"("END")", false).whole.find(R"("content":"a EN")") != std::string::npos, true);
}

TEST(StopSequences, WorkOnTextAndNotOnItsEscapes) {
  EXPECT_EQ(said({R"(a\nb)"}, R"("\n")").joined("content"), "a");
  EXPECT_EQ(said({R"(a\u00e9)", "b"}, R"("éb")").joined("content"), "a");
  EXPECT_EQ(said({"anb"}, R"("\\n")").joined("content"), "anb");
  EXPECT_EQ(said({R"(emoji \ud83d\ude00 x)"}, R"("x")").joined("content"), "emoji 😀 ");
}

TEST(StopSequences, EmptyOnesAreIgnored) {
  EXPECT_EQ(said({"abc"}, R"(["",""])").joined("content"), "abc");
}

TEST(StopSequences, HeldTextComesBeforeAToolCall) {
  Answer answer = run(Dialect::chat, body(R"("END")"), UpstreamKind::codex,
                      text_delta("a EN") + call_added(1, "c", "f") + completed());
  EXPECT_EQ(answer.joined("content"), "a EN");
  EXPECT_LT(answer.out.find("EN\""), answer.out.find("tool_calls"));
}

TEST(StopSequences, HeldTextComesBeforeAnError) {
  Answer answer = run(Dialect::chat, body(R"("END")"), UpstreamKind::codex, text_delta("a EN"));
  EXPECT_EQ(answer.joined("content"), "a EN");
  EXPECT_THAT(answer.data().back(), HasSubstr("\"error\""));
}

TEST(StopSequences, GoToAnUpstreamThatKnowsThem) {
  Decoded decoded = decode(Dialect::chat, body(R"(["END"])"));
  EXPECT_THAT(decoded.request->encode_for(UpstreamKind::copilot_chat).body, HasSubstr(R"("stop":["END"])"));
  auto grok = decoded.request->encode_for(UpstreamKind::xai_chat);
  EXPECT_EQ(grok.body.find("END"), std::string::npos);
  EXPECT_TRUE(grok.dropped.empty());
}

}  // namespace
}  // namespace valetkey::dialects::testing
