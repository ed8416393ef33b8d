#include "foundation/http/connection.h"

#include <boost/asio/buffer.hpp>

#include "foundation/http/connection_watch.h"
#include "foundation/net/stream_native.h"

namespace valetkey::http {
namespace {

constexpr Millis kCancelGrace = 5 * kSecond;  // for a cancelled exchange to end by itself
constexpr Millis kLinger = 2 * kSecond;
constexpr size_t kParseStep = 1024;  // an unfinished head is parsed again after so many bytes at the latest

}  // namespace

ServerConnection::ServerConnection(ServerCore& core, Shard& shard, net::Stream stream)
    : core_(core),
      shard_(shard),
      stream_(std::move(stream)),
      deadline_(shard.worker.deadlines(), [this] { on_deadline(); }),
      write_deadline_(shard.worker.deadlines(), [this] { on_write_deadline(); }) {
  next_ = shard.first;
  if (next_ != nullptr) next_->previous_ = this;
  shard.first = this;
}

ServerConnection::~ServerConnection() {
  if (next_ != nullptr) next_->previous_ = previous_;
  (previous_ != nullptr ? previous_->next_ : shard_.first) = next_;
}

Task<void> ServerConnection::run() {
  peer_ = stream_.peer_address();
  if (!co_await shake_hands()) co_return stream_.close();
  do {
    HeadOutcome outcome = co_await read_head();
    if (outcome == HeadOutcome::over) break;
    start_exchange();
    if (outcome == HeadOutcome::refused) {
      co_await refuse(*parse_.error);
    } else {
      co_await serve_exchange();
    }
    end_exchange();
  } while (keep_alive_ && stream_.is_open());
  if (unread_ && stream_.is_open()) co_await linger();
  stream_.close();
}

Task<void> ServerConnection::refuse_for_overload() {
  peer_ = stream_.peer_address();
  if (!core_.current_tls()) {  // a handshake is what an overloaded server cannot afford
    start_exchange();
    co_await refuse({503, "too many connections"});
    end_exchange();
    co_await linger();
  }
  stream_.close();
}

void ServerConnection::enter(Phase phase, Millis limit) {
  phase_ = phase;
  deadline_.arm(limit);
}

void ServerConnection::on_deadline() {
  switch (phase_) {
    case Phase::idle:
    case Phase::head:
    case Phase::body:
    case Phase::lingering: {
      boost::system::error_code ignored;
      stream_.native().socket.cancel(ignored);  // the wait ends; the stream can still carry a 408
      return;
    }
    case Phase::exchange:
      enter(Phase::cancelled, kCancelGrace);
      cancellation_->request();
      return;
    case Phase::handshake:
    case Phase::cancelled:
      stream_.reset();
      return client_left();
  }
}

Task<bool> ServerConnection::shake_hands() {
  std::shared_ptr<net::TlsContext> tls = core_.current_tls();
  if (!tls) co_return true;
  enter(Phase::handshake, core_.options.limits.head_timeout);
  Result<void> shaken = co_await net::tls_accept(stream_, std::move(tls));
  co_return shaken.ok();
}

// What comes next, behind what is there. There must be room.
Task<ServerConnection::Fill> ServerConnection::fill() {
  if (stream_.is_tls()) co_return co_await fill_from_tls();
  // Asio's own read tries once before it waits. That attempt costs less than arming the poller for a bare
  // wait.
  auto [failure, got] = co_await stream_.native().socket.async_read_some(
      asio::buffer(buffer_.tail(), buffer_.room()), asio::as_tuple(asio::use_awaitable_t<Executor>()));
  if (deadline_.expired()) co_return Fill::timed_out;
  if (failure || got == 0) co_return Fill::ended;
  buffer_.added(got);
  co_return Fill::bytes;
}

Task<ServerConnection::Fill> ServerConnection::fill_from_tls() {
  using Native = net::Stream::Native;
  Native& native = stream_.native();
  for (;;) {
    auto got = native.try_read(buffer_.tail(), buffer_.room());  // decrypted bytes may wait above the socket
    if (!got.ok() || *got == 0) co_return Fill::ended;
    if (*got != Native::kWouldBlock) {
      buffer_.added(*got);
      co_return Fill::bytes;
    }
    auto [failure] = co_await native.wait_read();
    if (deadline_.expired()) co_return Fill::timed_out;
    if (failure) co_return Fill::ended;
  }
}

// Spares parsing a head anew for every byte that a slow client sends: only when its end may have come.
bool ServerConnection::may_hold_head(size_t parsed) const {
  if (parsed == 0 || buffer_.size() >= parsed + kParseStep) return true;
  std::string_view fresh = buffer_.view().substr(parsed < 2 ? 0 : parsed - 2);
  return fresh.find("\n\r\n") != std::string_view::npos || fresh.find("\n\n") != std::string_view::npos;
}

Task<ServerConnection::HeadOutcome> ServerConnection::read_head() {
  const ServerLimits& limits = core_.options.limits;
  enter(Phase::idle, limits.idle_timeout);
  size_t parsed = 0;  // bytes that were not a whole head yet
  for (;;) {
    if (buffer_.size() > parsed && may_hold_head(parsed)) {
      parsed = buffer_.size();
      parse_request_head(buffer_.view(), limits.head, parse_);
      parsed_at_ = buffer_.data();
      if (!parse_.error && parse_.consumed > 0) parse_.error = request_framing(parse_.head, framing_);
      if (parse_.error) co_return HeadOutcome::refused;
      if (parse_.consumed > 0) co_return HeadOutcome::complete;
    }
    if (buffer_.size() > 0 && phase_ == Phase::idle) enter(Phase::head, limits.head_timeout);
    if (buffer_.size() == 0 && shard_.draining) co_return HeadOutcome::over;
    buffer_.make_room();
    Fill outcome = co_await fill();
    if (outcome == Fill::bytes) continue;
    if (outcome == Fill::ended || phase_ == Phase::idle) co_return HeadOutcome::over;
    parse_.error = HeadError{408, "the request head took too long"};
    co_return HeadOutcome::refused;
  }
}

// Half-closes and reads on for a moment. Closing a socket with unread bytes resets it, and the reset may
// overtake the answer.
Task<void> ServerConnection::linger() {
  enter(Phase::lingering, kLinger);
  co_await stream_.shutdown();
  Fill outcome = Fill::bytes;
  while (outcome == Fill::bytes && !deadline_.expired()) {
    buffer_.consume(buffer_.size());
    buffer_.make_room();
    outcome = co_await fill();
  }
}

void ServerConnection::drain() {
  bool waits_for_nothing = phase_ == Phase::handshake || (phase_ == Phase::idle && buffer_.size() == 0);
  if (waits_for_nothing) stream_.close();
}

void ServerConnection::cancel_for_drain() {
  if (phase_ == Phase::exchange) {
    enter(Phase::cancelled, kCancelGrace);
    cancellation_->request();
  } else if (phase_ != Phase::cancelled) {
    stream_.close();
  }
}

void ServerConnection::close() {
  stream_.close();
}

Task<void> serve_connection(std::shared_ptr<ServerCore> core, Shard& shard, net::Stream stream) {
  size_t limit = core->options.limits.max_connections;
  constexpr size_t kRefusedAtOnce = 1024;  // beyond it not even a 503
  size_t now = core->connections.fetch_add(1, std::memory_order_relaxed) + 1;
  shard.connections.fetch_add(1, std::memory_order_relaxed);
  if (now <= limit + kRefusedAtOnce) {
    ServerConnection connection(*core, shard, std::move(stream));
    if (now <= limit) {
      co_await connection.run();
    } else {
      co_await connection.refuse_for_overload();
    }
  }
  shard.connections.fetch_sub(1, std::memory_order_relaxed);
  core->connections.fetch_sub(1, std::memory_order_relaxed);
  core->report_if_drained(shard);
}

}  // namespace valetkey::http
