// Shared by the stream targets: an upstream's bytes through every translation of one upstream dialect.
// Whatever comes in, each translated event must be JSON, and the answer must not depend on how the bytes were
// split.
#pragma once

#include <cstdlib>
#include <initializer_list>
#include <string>

#include "engine/dialects/translation.h"
#include "foundation/http/sse.h"

namespace valetkey::fuzzing {

inline void must_be_json(std::string_view text) {
  if (!JsonDocument::parse(text).ok()) std::abort();
}

inline void must_be_events(std::string_view out) {
  http::SseReader reader;
  http::SseEvent event;
  reader.feed(out);
  while (reader.next(event).value()) {
    if (event.data != "[DONE]") must_be_json(event.data);
  }
}

// What a client of `body` gets when `stream` arrives in pieces of `step` bytes.
inline std::string answer(const dialects::ClientRequest& request, dialects::UpstreamKind upstream,
                          std::string_view stream, size_t step) {
  auto translator = request.translate_answer(upstream, {"chatcmpl-1", 1, "m"});
  std::string out;
  http::SseReader reader(1 << 20);
  for (size_t at = 0; at < stream.size(); at += step) {
    std::string piece(stream.substr(at, step)), text;  // gone after its read, as the relay's is
    dialects::AnswerBytes bytes(text);
    bool read = dialects::translate(reader, piece, *translator, bytes).ok();
    bytes.append_to(out);
    if (!read) return out;
  }
  std::string text;
  dialects::AnswerBytes last(text);
  dialects::translate_end(reader, *translator, last);
  last.append_to(out);
  if (!translator->finished()) std::abort();
  if (!translator->failure() && !request.stream()) out = translator->aggregate();
  return out;
}

inline void check(std::string_view body, bool chat_client,
                  std::initializer_list<dialects::UpstreamKind> upstreams, std::string_view stream,
                  bool verbatim) {
  auto document = JsonDocument::parse(body);
  auto outcome = chat_client ? dialects::decode_chat_request(document->root())
                             : dialects::decode_responses_request(document->root());
  const dialects::ClientRequest& request = *std::get<0>(outcome);
  for (auto upstream : upstreams) {
    std::string whole = answer(request, upstream, stream, stream.size() + 1);
    if (whole != answer(request, upstream, stream, 7)) std::abort();
    if (request.stream()) {
      if (!verbatim) must_be_events(whole);
    } else if (!whole.empty()) {
      must_be_json(whole);
    }
  }
}

constexpr std::string_view kChatStream =
    R"({"model":"m","stream":true,"stream_options":{"include_usage":true},"stop":["END","\n\n"],"messages":[]})";
constexpr std::string_view kChatWhole = R"({"model":"m","messages":[],"functions":[{"name":"f"}]})";
constexpr std::string_view kResponsesStream = R"({"model":"m","stream":true,"input":"x"})";
constexpr std::string_view kResponsesWhole = R"({"model":"m","input":"x"})";

}  // namespace valetkey::fuzzing
