// The neutral answer: what any upstream says, piece by piece, whatever its dialect. A decoder calls, an
// encoder writes.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "engine/dialects/escaped_text.h"
#include "engine/dialects/failure.h"
#include "engine/dialects/translation.h"

namespace valetkey::dialects {

enum class FinishReason { stop, length, tool_calls, content_filter };
enum class ToolKind { function, custom };

// What belongs to the whole answer. The decoder fills it, the encoder reads it.
struct AnswerFacts {
  Usage usage;
  std::string service_tier;        // empty: not told
  std::string system_fingerprint;  // empty: not told
};

// Calls come in stream order. Tools are numbered from 0 in order of appearance; calls of several may
// interleave.
class EventSink {
 public:
  virtual ~EventSink() = default;
  // The answer has begun, although there may be nothing to show yet. Idempotent.
  virtual void begin() = 0;
  // `logprobs`: JSON array of Chat Completions' token objects, or empty.
  virtual void text(Escaped text, std::string_view logprobs) = 0;
  virtual void refusal(Escaped text) = 0;
  virtual void reasoning(Escaped text) = 0;
  // One annotation as JSON, in the form of the Responses dialect.
  virtual void annotation(std::string_view json) = 0;
  virtual void tool_begin(size_t tool, ToolKind kind, Escaped call_id, Escaped name) = 0;
  virtual void tool_arguments(size_t tool, Escaped text) = 0;
  // The last call. The facts are complete.
  virtual void finish(FinishReason reason) = 0;
};

// Reads one upstream's stream. One per answer.
class StreamDecoder {
 public:
  virtual ~StreamDecoder() = default;
  virtual void on_event(const http::SseEvent& event, EventSink& sink) = 0;
  virtual size_t on_run(std::string_view, EventSink&) { return 0; }  // as AnswerTranslator's
  // The body ended or broke. True when the answer was complete all the same; the decoder has then called
  // finish().
  virtual bool on_end(EventSink& sink) = 0;
  virtual bool complete() const = 0;
  virtual const std::optional<Failure>& failure() const = 0;
};

// Writes one client's answer. Streaming encoders append to the string given to write_to(); aggregating ones
// collect.
class AnswerEncoder : public EventSink {
 public:
  void write_to(std::string* out) { out_ = out; }
  bool begun() const { return begun_; }
  // In-band error; ends the answer.
  virtual void error(const Failure& failure) = 0;
  virtual std::string aggregate() = 0;

 protected:
  std::string& out() { return *out_; }
  bool begun_ = false;

 private:
  std::string* out_ = nullptr;
};

}  // namespace valetkey::dialects
