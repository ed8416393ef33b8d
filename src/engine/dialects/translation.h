// One call's translation: a client's request in its dialect, the upstream's request in its own, and the
// upstream's event stream back into what the client asked for. Pure: no I/O, no clock, no randomness of its
// own.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "engine/dialects/answer_bytes.h"
#include "engine/dialects/failure.h"
#include "foundation/base/json.h"
#include "foundation/http/sse.h"

namespace valetkey::dialects {

enum class Dialect { chat, responses };

// Which upstream speaks, as far as its rules differ. One table in upstream_rules.cc says what each refuses or
// lacks.
enum class UpstreamKind {
  codex,              // ChatGPT's backend, responses dialect (upstreams.md section 2)
  copilot_chat,       // section 3, /chat/completions
  copilot_responses,  // section 3.6: rotating item ids, ciphertext argument deltas
  xai_chat,           // section 4
  xai_responses,
};
Dialect dialect_of(UpstreamKind kind);

struct Usage {
  int64_t input_tokens = 0, cached_tokens = 0, output_tokens = 0, reasoning_tokens = 0, total_tokens = 0;
  bool known = false;
};

struct EncodedRequest {
  std::string body;                  // for the upstream; always asks for a stream, and for usage in it
  std::vector<std::string> dropped;  // parameters left out because the answer means the same without them
  std::optional<Failure> refused;    // set: 400 with `param`; do not send
};

struct StreamIdentity {
  std::string id;       // "chatcmpl-..." for chat; used for responses only when the upstream gives none
  int64_t created = 0;  // unix seconds
  std::string model;    // as the client named it
};

// Turns the upstream's events into the client's answer. Feed every event; what comes out goes to the client.
class AnswerTranslator {
 public:
  virtual ~AnswerTranslator() = default;

  // Appends to `out` the bytes a streaming client must get for this event (nothing in aggregate mode).
  virtual void on_event(const http::SseEvent& event, AnswerBytes& out) = 0;
  // A run of deltas, read faster than event by event: takes whole events off the start of `stream` while they
  // repeat the last one but for their text, and says how many bytes those were. 0 is always right.
  virtual size_t on_run(std::string_view stream, AnswerBytes& out) = 0;
  // The read's bytes are about to go: what is held back of them, in `out`, is copied and taken out of it.
  virtual void on_read_over(AnswerBytes&) {}
  // The upstream's body ended. Without a terminal event before it this is a failure (in-band once committed).
  virtual void on_end(AnswerBytes& out) = 0;
  // Something outside the stream broke it (cut, timeout, shutdown): the in-band error of the dialect.
  virtual void on_failure(const Failure& failure, AnswerBytes& out) = 0;

  // The client has been sent a 200 already (a heartbeat): from now on every failure of a stream goes in-band.
  virtual void status_sent() = 0;

  // The first event that means something was seen. Until then nothing need reach the client: a failure can
  // still become an HTTP status, and the relay may try again.
  virtual bool committed() const = 0;
  // The answer is complete (or failed): nothing more will come out. Also true when a stop sequence cut the
  // text, in which case the upstream is to be cancelled.
  virtual bool finished() const = 0;
  virtual const std::optional<Failure>& failure() const = 0;
  virtual const Usage& usage() const = 0;
  // Aggregate mode, after finished() without failure: the one JSON answer.
  virtual std::string aggregate() = 0;
};

// Runs what `bytes` completes through the translator, until that is finished. Code::too_large for an event
// over the reader's limit.
Result<void> translate(http::SseReader& reader, std::string_view bytes, AnswerTranslator& translator,
                       AnswerBytes& out);
// The body is over: a last event without its blank line, and then the end.
void translate_end(http::SseReader& reader, AnswerTranslator& translator, AnswerBytes& out);

// A decoded request of either dialect. Holds views into the body's JsonDocument, which must outlive it.
class ClientRequest {
 public:
  virtual ~ClientRequest() = default;
  virtual Dialect dialect() const = 0;
  virtual const std::string& model() const = 0;
  virtual bool stream() const = 0;
  virtual bool has_images() const = 0;
  // The last message is the person's own, not a tool result or an assistant turn (Copilot's X-Initiator).
  virtual bool last_turn_is_user() const = 0;
  // Stable for one conversation (prompt_cache_key, or a hash of the first turns): for cache and routing.
  virtual const std::string& conversation_key() const = 0;

  virtual EncodedRequest encode_for(UpstreamKind upstream) const = 0;
  virtual std::unique_ptr<AnswerTranslator> translate_answer(UpstreamKind upstream,
                                                             StreamIdentity identity) const = 0;
};

// What is wrong with the body is a Failure of kind invalid_request with `param` where one can be named.
using DecodeOutcome = std::variant<std::unique_ptr<ClientRequest>, Failure>;
DecodeOutcome decode_chat_request(const Json& body);
DecodeOutcome decode_responses_request(const Json& body);

}  // namespace valetkey::dialects
