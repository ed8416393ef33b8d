// For the tests of this folder: runs a stream through a translator and reads what the client got.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/dialects/translation.h"
#include "foundation/http/sse.h"

namespace valetkey::dialects::testing {

// One SSE event of the Responses dialect; `members` follow the type, e.g. R"("delta":"x")".
inline std::string event(std::string_view type, std::string_view members = {}) {
  std::string out = "event: " + std::string(type) + "\ndata: {\"type\":\"" + std::string(type) + "\"";
  if (!members.empty()) out.append(",").append(members);
  return out + "}\n\n";
}
// One chunk of the chat dialect.
inline std::string chunk(std::string_view members) {
  return "data: {\"id\":\"up-1\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\"," +
         std::string(members) + "}\n\n";
}
inline std::string choice(std::string_view delta, std::string_view finish = "null") {
  std::string reason = finish == "null" ? "null" : "\"" + std::string(finish) + "\"";
  return chunk("\"choices\":[{\"index\":0,\"delta\":" + std::string(delta) + ",\"finish_reason\":" + reason +
               "}]");
}
inline const std::string kDone = "data: [DONE]\n\n";

struct Answer {
  std::string out;    // what a streaming client got
  std::string whole;  // what an aggregating client got
  bool committed = false, finished = false;
  std::optional<Failure> failure;
  Usage usage;

  std::vector<std::string> data() const {
    std::vector<std::string> lines;
    http::SseReader reader;
    reader.feed(out);
    http::SseEvent one;
    while (reader.next(one).value()) lines.emplace_back(one.data);
    return lines;
  }
  // Concatenation of one member over all chat deltas, e.g. "content".
  std::string joined(std::string_view member) const {
    std::string text;
    for (const std::string& line : data()) {
      auto doc = JsonDocument::parse(line);
      if (doc.ok()) text.append(doc->root()["choices"].at(0)["delta"][member].string_or(""));
    }
    return text;
  }
  std::string arguments(int64_t tool) const {
    std::string text;
    for (const std::string& line : data()) {
      auto doc = JsonDocument::parse(line);
      if (!doc.ok()) continue;
      doc->root()["choices"].at(0)["delta"]["tool_calls"].each_element([&](const Json& call) {
        if (call["index"].integer() == tool) text.append(call["function"]["arguments"].string_or(""));
      });
    }
    return text;
  }
  std::vector<std::string> finish_reasons() const {
    std::vector<std::string> reasons;
    for (const std::string& line : data()) {
      auto doc = JsonDocument::parse(line);
      if (!doc.ok()) continue;
      if (auto reason = doc->root()["choices"].at(0)["finish_reason"].string()) reasons.emplace_back(*reason);
    }
    return reasons;
  }
};

// A request decoded from text; owns its document.
struct Decoded {
  JsonDocument document;
  std::unique_ptr<ClientRequest> request;
  std::optional<Failure> failure;
};

inline Decoded decode(Dialect dialect, std::string_view body) {
  auto parsed = JsonDocument::parse(body);
  EXPECT_TRUE(parsed.ok()) << body;
  Decoded out{std::move(parsed).value(), nullptr, std::nullopt};
  auto outcome = dialect == Dialect::chat ? decode_chat_request(out.document.root())
                                          : decode_responses_request(out.document.root());
  if (auto* failure = std::get_if<Failure>(&outcome)) {
    out.failure = *failure;
  } else {
    out.request = std::move(std::get<std::unique_ptr<ClientRequest>>(outcome));
  }
  return out;
}

inline StreamIdentity identity() {
  return {"chatcmpl-1", 1700000000, "model-x"};
}

// Feeds `stream` in pieces of `step` bytes (0: at once) and ends it.
inline Answer run(Dialect client, std::string_view body, UpstreamKind upstream, std::string_view stream,
                  size_t step = 0) {
  Decoded decoded = decode(client, body);
  EXPECT_TRUE(decoded.request) << (decoded.failure ? decoded.failure->message : "");
  auto translator = decoded.request->translate_answer(upstream, identity());
  Answer answer;
  http::SseReader reader;
  for (size_t at = 0; at < stream.size();) {
    std::string piece(stream.substr(at, step == 0 ? stream.size() : step)), text;
    at += piece.size();
    AnswerBytes out(text);
    EXPECT_TRUE(translate(reader, piece, *translator, out).ok());
    out.append_to(answer.out);
  }
  std::string text;
  AnswerBytes last(text);
  translate_end(reader, *translator, last);
  last.append_to(answer.out);
  answer.committed = translator->committed();
  answer.finished = translator->finished();
  answer.failure = translator->failure();
  answer.usage = translator->usage();
  if (answer.finished && !answer.failure) answer.whole = translator->aggregate();
  return answer;
}

inline const std::string kChatStream =
    R"({"model":"model-x","stream":true,"messages":[{"role":"user","content":"hi"}]})";
inline const std::string kChatUsage =
    R"({"model":"model-x","stream":true,"stream_options":{"include_usage":true},"messages":[{"role":"user","content":"hi"}]})";
inline const std::string kChatWhole = R"({"model":"model-x","messages":[{"role":"user","content":"hi"}]})";
inline const std::string kResponsesStream = R"({"model":"model-x","stream":true,"input":"hi"})";
inline const std::string kResponsesWhole = R"({"model":"model-x","input":"hi"})";

inline const std::string kUsage =
    R"("usage":{"input_tokens":11,"input_tokens_details":{"cached_tokens":4},"output_tokens":7,"output_tokens_details":{"reasoning_tokens":3},"total_tokens":18})";

// created, one message in two deltas, everything repeated as the real backend does.
inline std::string hello_stream(std::string_view output = "[]") {
  return event("response.created",
               R"("sequence_number":0,"response":{"id":"resp_up","status":"in_progress","output":[]})") +
         event("response.in_progress", R"("response":{"id":"resp_up"})") +
         event(
             "response.output_item.added",
             R"("output_index":0,"item":{"id":"msg_1","type":"message","role":"assistant","status":"in_progress","content":[]})") +
         event(
             "response.content_part.added",
             R"("item_id":"msg_1","output_index":0,"content_index":0,"part":{"type":"output_text","text":""})") +
         event("response.output_text.delta",
               R"("item_id":"msg_1","output_index":0,"content_index":0,"delta":"Hel","logprobs":[])") +
         event(
             "response.output_text.delta",
             R"("item_id":"msg_1","output_index":0,"content_index":0,"delta":"lo \u00e9\n","logprobs":[],"obfuscation":"xx")") +
         event("response.output_text.done",
               R"("item_id":"msg_1","output_index":0,"content_index":0,"text":"Hello é\n")") +
         event(
             "response.content_part.done",
             R"("item_id":"msg_1","output_index":0,"content_index":0,"part":{"type":"output_text","text":"Hello é\n"})") +
         event(
             "response.output_item.done",
             R"("output_index":0,"item":{"id":"msg_1","type":"message","role":"assistant","status":"completed","content":[{"type":"output_text","text":"Hello é\n","annotations":[]}]})") +
         event("response.completed", R"("response":{"id":"resp_up","status":"completed","output":)" +
                                         std::string(output) + "," + kUsage + "}");
}

inline std::string call_added(int index, std::string_view id, std::string_view name) {
  std::string at = std::to_string(index);
  return event("response.output_item.added", "\"output_index\":" + at + ",\"item\":{\"id\":\"fc_" + at +
                                                 "\",\"type\":\"function_call\",\"call_id\":\"" +
                                                 std::string(id) + "\",\"name\":\"" + std::string(name) +
                                                 "\",\"arguments\":\"\"}");
}
inline std::string call_delta(int index, std::string_view escaped, std::string_view more = {}) {
  return event("response.function_call_arguments.delta", "\"output_index\":" + std::to_string(index) +
                                                             ",\"delta\":\"" + std::string(escaped) + "\"" +
                                                             std::string(more));
}
inline std::string call_done(int index, std::string_view escaped) {
  return event(
      "response.function_call_arguments.done",
      "\"output_index\":" + std::to_string(index) + ",\"arguments\":\"" + std::string(escaped) + "\"");
}
inline std::string call_item_done(int index, std::string_view id, std::string_view name,
                                  std::string_view escaped) {
  return event("response.output_item.done",
               "\"output_index\":" + std::to_string(index) +
                   ",\"item\":{\"id\":\"fc_x\",\"type\":\"function_call\",\"call_id\":\"" + std::string(id) +
                   "\",\"name\":\"" + std::string(name) + "\",\"arguments\":\"" + std::string(escaped) +
                   "\"}");
}
inline std::string completed(std::string_view output = "[]") {
  return event("response.completed", "\"response\":{\"id\":\"resp_up\",\"status\":\"completed\",\"output\":" +
                                         std::string(output) + "," + kUsage + "}");
}
inline std::string text_delta(std::string_view escaped) {
  return event("response.output_text.delta",
               "\"output_index\":0,\"content_index\":0,\"delta\":\"" + std::string(escaped) + "\"");
}

}  // namespace valetkey::dialects::testing
