#include "foundation/http/connection_watch.h"

#include <poll.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include "foundation/http/connection.h"
#include "foundation/net/stream_native.h"

namespace valetkey::http {

// A wait that was cancelled too late still completes; its generation tells that nobody waits for it any more.
struct PeerWatch::Shared {
  explicit Shared(PeerWatch* its_watch) : watch(its_watch) {}
  PeerWatch* watch;
  unsigned generation = 0;
  asio::cancellation_signal cancel;
};

PeerWatch::PeerWatch(ServerConnection& connection)
    : connection_(connection),
      shared_(std::make_shared<Shared>(this)),
      look_(connection.shard_.worker.soon(), [this] { look(); }) {}

PeerWatch::~PeerWatch() {
  shared_->watch = nullptr;
  ++shared_->generation;
}

void PeerWatch::start() {
  if (!std::exchange(active_, true)) look_.arm(0);  // at the next sweep
}

void PeerWatch::stop() {
  if (!std::exchange(active_, false)) return;
  look_.disarm();
  if (!std::exchange(waiting_, false)) return;
  ++shared_->generation;
  shared_->cancel.emit(asio::cancellation_type::terminal);
}

void PeerWatch::look() {
  if (!connection_.stream_.is_open()) return;
  // Decrypted bytes may wait above the socket; and what does not fit would end a wait at once, every time.
  if (connection_.stream_.is_tls() || connection_.buffer_.room() == 0) {
    on_readable();
  } else {
    arm();
  }
}

void PeerWatch::arm() {
  waiting_ = true;
  auto on_wake = [shared = shared_, generation = ++shared_->generation](boost::system::error_code failure) {
    if (shared->generation != generation) return;
    shared->watch->waiting_ = false;
    if (!failure) shared->watch->on_readable();
  };
  connection_.stream_.native().socket.async_wait(
      net::TcpSocket::wait_read, asio::bind_cancellation_slot(shared_->cancel.slot(), std::move(on_wake)));
}

// Bytes of a next request are read into the rest of the buffer, never moving what the handler looks at.
void PeerWatch::on_readable() {
  using Native = net::Stream::Native;
  Native& native = connection_.stream_.native();
  ReadBuffer& buffer = connection_.buffer_;
  while (buffer.room() > 0) {
    auto got = native.try_read(buffer.tail(), buffer.room());
    if (!got.ok() || *got == 0) return connection_.client_left();
    if (*got == Native::kWouldBlock) return arm();
    buffer.added(*got);
  }
  poll_for_hangup();
}

void PeerWatch::poll_for_hangup() {
  pollfd entry{connection_.stream_.native().socket.native_handle(), POLLRDHUP, 0};
  if (::poll(&entry, 1, 0) > 0) return connection_.client_left();
  look_.arm(0);
}

}  // namespace valetkey::http
