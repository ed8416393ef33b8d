#include "foundation/http/client/connection.h"

#include <memory>
#include <utility>

#include "foundation/net/stream_native.h"

namespace valetkey::http {
namespace {

using boost::system::error_code;

void stop_waiting(net::Stream& stream) {
  error_code ignored;
  stream.native().socket.cancel(ignored);
}

Error late() {
  return Error{Code::timeout, "took too long", "http_client"};
}

}  // namespace

// Looks for bytes or an end from the peer while a long request is being written.
struct Connection::AnswerWatch {
  net::Stream* stream = nullptr;  // null once the writing is over
  bool answered = false;

  static void start(std::shared_ptr<AnswerWatch> watch) {
    auto& socket = watch->stream->native().socket;
    socket.async_wait(asio::socket_base::wait_read, [watch](error_code failure) {
      if (failure || watch->stream == nullptr) return;
      if (watch->stream->has_pending_input()) {
        watch->answered = true;
        stop_waiting(*watch->stream);
      } else {
        start(watch);  // TLS housekeeping
      }
    });
  }
};

Connection::Connection(net::Worker& worker, net::Stream stream, Origin origin)
    : stream_(std::move(stream)),
      origin_(std::move(origin)),
      deadline_(worker.deadlines(), [this] { stop_waiting(stream_); }) {}

Task<Result<void>> Connection::write(net::Pieces pieces, Millis patience, bool stop_at_answer) {
  std::shared_ptr<AnswerWatch> watch;
  if (stop_at_answer) {
    watch = std::make_shared<AnswerWatch>();
    watch->stream = &stream_;
    AnswerWatch::start(watch);
  }
  deadline_.arm(patience);
  auto written = co_await stream_.write_all(pieces);
  deadline_.disarm();
  if (watch) {
    watch->stream = nullptr;
    if (stream_.is_open()) stop_waiting(stream_);
  }
  if (written.ok() || !stream_.is_open()) co_return written;
  if (watch && watch->answered)
    co_return Error{Code::disconnected, "answered before the request was sent", "write"};
  if (deadline_.expired()) co_return late();
  co_return written;
}

Task<Result<size_t>> Connection::fill(Block& block, size_t used, Millis until) {
  net::Stream::Native& native = stream_.native();
  bool try_first = native.more_to_read();
  for (;;) {
    if (!try_first) {
      Millis left = until - coarse_steady_millis();
      if (left <= 0) co_return late();
      deadline_.arm(left);
      auto [failure] = co_await native.wait_read();
      deadline_.disarm();
      if (failure && deadline_.expired() && stream_.is_open()) co_return late();
      if (failure) co_return Error{Code::cancelled, "connection closed", "read"};
    }
    try_first = false;
    if (!block) block = Block(Block::kUsual);
    auto got = native.try_read(block.data() + used, block.capacity() - used);
    bool waits = got.ok() && *got == net::Stream::Native::kWouldBlock;
    if (got.ok() && !waits) block.used_to(used + *got);
    if (!waits) co_return got;
    if (used == 0) block.release();
  }
}

}  // namespace valetkey::http
