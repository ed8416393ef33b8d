#include "foundation/net/stream.h"

#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "foundation/net/stream_native.h"
#include "foundation/net/turn.h"

namespace valetkey::net {
namespace {

using boost::system::error_code;

constexpr size_t kOneTlsRecord = 16 * 1024;  // RFC 8446 section 5.1: at most 2^14 bytes

Error closed_here(const char* where) {
  return Error{Code::cancelled, "stream closed", where};
}

}  // namespace

size_t Pieces::bytes() const {
  size_t all = 0;
  for (std::string_view piece : *this) all += piece.size();
  return all;
}

void Pieces::drop(size_t bytes) {
  for (std::string_view& piece : *this) {
    size_t here = std::min(bytes, piece.size());
    piece.remove_prefix(here);
    bytes -= here;
  }
}

Stream::Native::Native(TcpSocket connected) : socket(std::move(connected)) {
  error_code ignored;
  socket.set_option(asio::ip::tcp::no_delay(true), ignored);
}

Stream::Native::~Native() = default;

Result<size_t> Stream::Native::try_read(char* data, size_t size) {
  if (closed) return closed_here("read");
  if (ssl) return tls_read(data, size);
  for (;;) {
    ssize_t got = ::recv(socket.native_handle(), data, size, MSG_DONTWAIT);
    if (got >= 0) {
      more_to_read_ = static_cast<size_t>(got) == size;
      return static_cast<size_t>(got);
    }
    if (errno == EINTR) continue;
    more_to_read_ = false;
    if (errno == EAGAIN || errno == EWOULDBLOCK) return kWouldBlock;
    return Error{Code::disconnected, std::strerror(errno), "read"};
  }
}

Result<size_t> Stream::Native::try_write(const Pieces& pieces) {
  if (closed) return closed_here("write");
  iovec parts[std::tuple_size_v<Pieces::array>];
  size_t count = 0;
  for (std::string_view piece : pieces) {
    if (!piece.empty()) parts[count++] = {const_cast<char*>(piece.data()), piece.size()};
  }
  if (count == 0) return size_t{0};
  if (ssl) return tls_write({static_cast<const char*>(parts[0].iov_base), parts[0].iov_len});
  msghdr message{};
  message.msg_iov = parts;
  message.msg_iovlen = count;
  for (;;) {
    constexpr int kFlags = MSG_DONTWAIT | MSG_NOSIGNAL;
    ssize_t sent = count == 1 ? ::send(socket.native_handle(), parts[0].iov_base, parts[0].iov_len, kFlags)
                              : ::sendmsg(socket.native_handle(), &message, kFlags);
    if (sent >= 0) return static_cast<size_t>(sent);
    if (errno == EINTR) continue;
    if (errno == EAGAIN || errno == EWOULDBLOCK) return kWouldBlock;
    return Error{Code::disconnected, std::strerror(errno), "write"};
  }
}

Stream::Native::Peek Stream::Native::peek() {
  if (closed) return Peek::gone;
  if (ssl) return tls_peek();
  char byte = 0;
  ssize_t got = ::recv(socket.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  if (got > 0) return Peek::bytes;
  if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) return Peek::nothing;
  return Peek::gone;
}

Task<std::tuple<error_code>> Stream::Native::wait_read() {
  auto what = read_wants_write_ ? asio::socket_base::wait_write : asio::socket_base::wait_read;
  return socket.async_wait(what, asio::as_tuple(asio::use_awaitable_t<Executor>()));
}

Task<std::tuple<error_code>> Stream::Native::wait_write() {
  auto what = write_wants_read_ ? asio::socket_base::wait_read : asio::socket_base::wait_write;
  return socket.async_wait(what, asio::as_tuple(asio::use_awaitable_t<Executor>()));
}

Stream::Stream(std::unique_ptr<Native> native) : native_(std::move(native)) {}
Stream::~Stream() = default;
Stream::Stream(Stream&&) noexcept = default;
Stream& Stream::operator=(Stream&&) noexcept = default;

Stream stream_from_socket(TcpSocket accepted) {
  return Stream(std::make_unique<Stream::Native>(std::move(accepted)));
}

Task<Result<size_t>> Stream::read_some(char* data, size_t size) {
  Native& native = *native_;
  bool try_first = native.more_to_read();
  for (;;) {
    if (!try_first) {
      auto [failure] = co_await native.wait_read();
      if (failure) co_return closed_here("read");  // native may be gone
    }
    try_first = false;
    auto got = native.try_read(data, size);
    if (!got.ok() || *got != Native::kWouldBlock) co_return got;
  }
}

Task<Result<void>> Stream::write_all(Pieces pieces) {
  Native& native = *native_;
  std::string joined;
  if (native.ssl && pieces.bytes() > pieces.front().size() && pieces.bytes() <= kOneTlsRecord) {
    joined.reserve(pieces.bytes());
    for (std::string_view piece : pieces) joined.append(piece);
    pieces = {{joined}};
  }
  if (in_company(Step::write)) co_await keep_step(Step::write);
  while (pieces.bytes() > 0) {
    CO_TRY(size_t sent, native.try_write(pieces));
    if (sent == Native::kWouldBlock) {
      auto [failure] = co_await native.wait_write();
      if (failure) co_return closed_here("write");  // native may be gone
      continue;
    }
    pieces.drop(sent);
  }
  co_return Result<void>();
}

void Stream::close() {
  if (!native_ || native_->closed) return;
  if (native_->ssl) native_->tls_send_close_notify();
  native_->closed = true;
  error_code ignored;
  native_->socket.close(ignored);
}

void Stream::reset() {
  if (!native_ || native_->closed) return;
  native_->closed = true;
  error_code ignored;
  native_->socket.set_option(asio::socket_base::linger(true, 0), ignored);
  native_->socket.close(ignored);
}

Task<void> Stream::shutdown() {
  Native& native = *native_;
  if (native.closed) co_return;
  while (native.ssl && native.tls_send_close_notify()) {
    auto [failure] = co_await native.wait_write();
    if (failure) co_return;
  }
  error_code ignored;
  native.socket.shutdown(asio::socket_base::shutdown_send, ignored);
}

bool Stream::is_open() const {
  return native_ && !native_->closed;
}

Task<bool> Stream::wait_for_peer_gone() {
  Native& native = *native_;
  using Peek = Native::Peek;
  Peek seen = native.ssl ? native.peek() : Peek::nothing;
  while (seen == Peek::nothing) {
    auto [failure] = co_await native.wait_read();
    if (failure) co_return false;  // close(): native may be gone
    if (native.closed) co_return false;
    seen = native.peek();
  }
  co_return seen == Peek::gone && !native.closed;
}

bool Stream::has_pending_input() {
  return native_->peek() != Native::Peek::nothing;
}

std::string Stream::peer_address() const {
  error_code failure;
  auto endpoint = native_->socket.remote_endpoint(failure);
  if (failure) return "";
  auto address = endpoint.address();
  if (address.is_v6() && address.to_v6().is_v4_mapped()) {
    return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6()).to_string();
  }
  return address.to_string();
}

bool Stream::is_tls() const {
  return native_->ssl != nullptr;
}

}  // namespace valetkey::net
