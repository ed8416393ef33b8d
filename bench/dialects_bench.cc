// CPU time per stream of reading and translating alone, for a reply like that of the benchmarks.
#include <cstdio>
#include <ctime>
#include <string>

#include "engine/dialects/translation.h"
#include "foundation/http/sse.h"

namespace {

using namespace valetkey;            // NOLINT
using namespace valetkey::dialects;  // NOLINT

std::string event(const std::string& type, const std::string& members) {
  return "event: " + type + "\ndata: {\"type\":\"" + type + "\"," + members + "}\n\n";
}

std::string reply() {
  const std::string place =
      R"("item_id":"msg_0a1b2c3d4e5f60718293a4b5c6d7e8f9","output_index":0,"content_index":0,)";
  std::string out = event(
      "response.created",
      R"("sequence_number":0,"response":{"id":"resp_1","object":"response","status":"in_progress","output":[],"usage":null})");
  out += event("response.in_progress",
               R"("sequence_number":1,"response":{"id":"resp_1","status":"in_progress"})");
  out += event(
      "response.output_item.added",
      R"("output_index":0,"item":{"id":"msg_1","type":"message","role":"assistant","status":"in_progress","content":[]})");
  out += event("response.content_part.added",
               place + R"("part":{"type":"output_text","text":"","annotations":[]})");
  std::string text;
  for (int i = 0; i < 32; ++i) {
    text += " lorem ipsum";
    out += event("response.output_text.delta", "\"sequence_number\":" + std::to_string(i + 4) + "," + place +
                                                   R"("delta":" lorem ipsum","logprobs":[])");
  }
  out += event("response.output_text.done", place + "\"text\":\"" + text + "\"");
  out += event(
      "response.completed",
      R"("response":{"id":"resp_1","status":"completed","output":[{"id":"msg_1","type":"message","content":[{"type":"output_text","text":")" +
          text +
          R"("}]}],"usage":{"input_tokens":10,"input_tokens_details":{"cached_tokens":0},"output_tokens":64,"output_tokens_details":{"reasoning_tokens":0},"total_tokens":74}})");
  return out;
}

std::string only;  // a part of the names to run; empty: all

void measure(const char* name, bool chat, const std::string& body, UpstreamKind upstream) {
  if (std::string(name).find(only) == std::string::npos) return;
  const std::string stream = reply();
  auto document = JsonDocument::parse(body);
  auto outcome = chat ? decode_chat_request(document->root()) : decode_responses_request(document->root());
  const ClientRequest& request = *std::get<0>(outcome);
  constexpr int kRounds = 20000;
  size_t bytes = 0;
  std::string text;
  std::clock_t begin = std::clock();
  for (int i = 0; i < kRounds; ++i) {
    auto translator =
        request.translate_answer(upstream, {"chatcmpl-0123456789abcdef", 1700000000, "gpt-5.5"});
    text.clear();
    AnswerBytes out(text);
    http::SseReader reader;
    (void)translate(reader, stream, *translator, out);
    bytes += request.stream() ? out.size() : translator->aggregate().size();
  }
  double micros = static_cast<double>(std::clock() - begin) * 1e6 / CLOCKS_PER_SEC;
  std::printf("%-34s %6.2f us/stream  (%zu bytes in, %zu out)\n", name, micros / kRounds, stream.size(),
              bytes / kRounds);
}

}  // namespace

int main(int count, char** arguments) {
  if (count > 1) only = arguments[1];
  measure("codex -> chat, streamed", true, R"({"model":"m","stream":true,"messages":[]})",
          UpstreamKind::codex);
  measure("codex -> chat, aggregated", true, R"({"model":"m","messages":[]})", UpstreamKind::codex);
  measure("codex -> chat, stop sequence", true, R"({"model":"m","stream":true,"stop":"###","messages":[]})",
          UpstreamKind::codex);
  measure("codex -> responses, streamed", false, R"({"model":"m","stream":true,"input":"x"})",
          UpstreamKind::codex);
  measure("codex -> responses, aggregated", false, R"({"model":"m","input":"x"})", UpstreamKind::codex);
  measure("copilot -> responses, streamed", false, R"({"model":"m","stream":true,"input":"x"})",
          UpstreamKind::copilot_responses);
}
