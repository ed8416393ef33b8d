// One client connection: reads requests, runs the pipeline and the handler, writes answers. It is its own
// Exchange, one request after the other. Lives in the frame of serve_connection(); belongs to its worker.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "foundation/base/cancellation.h"
#include "foundation/http/connection_buffers.h"
#include "foundation/http/exchange.h"
#include "foundation/http/h1.h"
#include "foundation/http/router.h"
#include "foundation/http/server_core.h"
#include "foundation/net/deadline.h"
#include "foundation/net/stream.h"

namespace valetkey::http {

class PeerWatch;

class ServerConnection final : public Exchange {
 public:
  // `core` and `shard` outlive it.
  ServerConnection(ServerCore& core, Shard& shard, net::Stream stream);
  ~ServerConnection() override;

  // Until the connection has ended.
  Task<void> run();
  // For a connection over the limit: 503 and the end.
  Task<void> refuse_for_overload();

  // The server stops: ends an idle connection now, any other after its exchange.
  void drain();
  // The drain limit has passed: cancels the exchange that runs, ends a connection that runs none.
  void cancel_for_drain();
  void close();
  ServerConnection* next() const { return next_; }

  // Exchange.
  const Request& request() const override { return request_; }
  std::string_view parameter(std::string_view name) const override;
  const std::string& request_id() const override { return request_id_; }
  const std::string& client_address() const override { return client_address_; }
  net::Worker& worker() override { return shard_.worker; }
  Cancellation& cancellation() override;
  Task<void> send(Response response) override;
  void begin(int status, HeaderList headers) override;
  Task<Result<void>> write(std::string_view first, std::string_view second) override;
  Task<Result<void>> end(std::string_view first, std::string_view second) override;
  bool answered() const override { return answer_ != Answer::none; }
  bool draining() const override { return shard_.draining; }
  void note(std::string_view key, std::string_view value) override;
  Task<Result<void>> write_raw(std::string_view bytes) override;
  void close_connection(bool with_reset) override;

 private:
  friend class PeerWatch;

  // What the connection waits for; its deadline acts accordingly.
  enum class Phase { handshake, idle, head, body, exchange, cancelled, lingering };
  enum class Fill { bytes, ended, timed_out };
  // How far the answer is. `begun`: its head is kept back for the first write.
  enum class Answer { none, begun, streaming, done, raw };
  enum class HeadOutcome { complete, refused, over };
  using Stage = std::optional<Response> (ServerConnection::*)();
  static const std::array<Stage, 6> kStages;

  // connection.cc: reading.
  void enter(Phase phase, Millis limit);
  void on_deadline();
  Task<bool> shake_hands();
  Task<Fill> fill();
  Task<Fill> fill_from_tls();
  Task<HeadOutcome> read_head();
  bool may_hold_head(size_t parsed) const;
  Task<void> linger();

  // connection_body.cc
  Task<std::optional<HeadError>> read_body(size_t max_bytes);
  Task<std::optional<HeadError>> read_sized_body();
  Task<std::optional<HeadError>> read_chunked_body(size_t max_bytes);
  Task<std::optional<HeadError>> fill_for_body();
  void bind_request();
  bool small_body_follows() const;

  // connection_pipeline.cc: one exchange.
  Task<void> serve_exchange();
  Task<void> run_handler();
  Task<void> finish_answer();
  Task<void> refuse(HeadError error);
  std::optional<Response> identify();
  std::optional<Response> find_route();
  std::optional<Response> answer_preflight();
  std::optional<Response> limit_rate();
  std::optional<Response> refuse_unknown_route();
  std::optional<Response> limit_body();
  size_t body_limit() const;
  void start_exchange();
  void end_exchange();
  void record_access();

  // connection_answer.cc: writing.
  void append_head(std::string& out, int status, const HeaderList& headers, std::optional<uint64_t> length);
  bool sends_body() const;
  Task<Result<void>> flush(net::Pieces pieces);
  Task<Result<void>> write_chunks(std::string_view first, std::string_view second, bool last);
  Error write_failed();
  void on_write_deadline();
  void client_left();

  ServerCore& core_;
  Shard& shard_;
  net::Stream stream_;
  ServerConnection* previous_ = nullptr;
  ServerConnection* next_ = nullptr;

  // The connection.
  ReadBuffer buffer_;
  Phase phase_ = Phase::idle;
  net::Deadline deadline_;
  net::Deadline write_deadline_;
  std::string peer_;
  bool keep_alive_ = true;  // after this exchange
  bool unread_ = false;     // the client may still be sending: linger before closing
  bool left_ = false;       // the client is gone
  std::unique_ptr<PeerWatch> watch_;

  // The request.
  HeadParse<RequestHead> parse_;
  const char* parsed_at_ = nullptr;  // where the buffer was then
  Framing framing_;
  Request request_;
  size_t request_bytes_ = 0;  // of buffer_: head and body, after decoding
  uint64_t bytes_in_ = 0;
  RouteMatch match_;
  std::string request_id_;
  std::string client_address_;
  std::optional<Cancellation> cancellation_;
  int64_t started_micros_ = 0;
  std::string note_;

  // The answer.
  Answer answer_ = Answer::none;
  int status_ = 0;
  HeaderList headers_;  // of begin(), until the head is sent
  bool cors_ = true;
  bool plain_body_ = false;  // of a streamed answer: not chunked
  bool write_deadline_armed_ = false;
  uint64_t bytes_out_ = 0;
};

}  // namespace valetkey::http
