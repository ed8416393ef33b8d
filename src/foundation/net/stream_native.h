// What is inside a Stream: the socket and, for TLS, OpenSSL on top of it. For the listener and the HTTP
// client, which need to build streams from accepted sockets and to wait without holding a buffer. Nobody else
// includes this.
#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <tuple>

#include "foundation/base/cancellation.h"
#include "foundation/net/stream.h"

struct ssl_st;  // OpenSSL's SSL

namespace valetkey::net {

// Accept with asio::basic_socket_acceptor<asio::ip::tcp, Executor>: its sockets are of this type.
using TcpSocket = asio::basic_stream_socket<asio::ip::tcp, Executor>;

struct SslFree {
  void operator()(ssl_st* ssl) const;
};

struct Stream::Native {
  explicit Native(TcpSocket connected);  // switches TCP_NODELAY on
  ~Native();
  Native(const Native&) = delete;
  Native& operator=(const Native&) = delete;

  static constexpr size_t kWouldBlock = SIZE_MAX;
  // Without waiting: kWouldBlock, 0 at the orderly end, or the bytes read (as many as are there).
  Result<size_t> try_read(char* data, size_t size);
  // Without waiting: kWouldBlock, or the bytes taken from all pieces together.
  Result<size_t> try_write(const Pieces& pieces);

  // Without waiting or consuming: what a read would find.
  enum class Peek { nothing, bytes, gone };
  Peek peek();

  // Until try_read / try_write is worth calling. Error operation_aborted after close() or socket.cancel();
  // the Stream may be gone then, so check it before touching anything.
  Task<std::tuple<boost::system::error_code>> wait_read();
  Task<std::tuple<boost::system::error_code>> wait_write();

  // The last try_read took less than there may be: read again before waiting.
  bool more_to_read() const { return more_to_read_; }

  TcpSocket socket;
  bool closed = false;
  std::unique_ptr<ssl_st, SslFree> ssl;  // null: plain TCP
  std::shared_ptr<TlsContext> tls;       // keeps the context of `ssl`
  std::string session_key;               // client side: host:port, under which the TLS session is kept

 private:
  friend class Stream;
  Result<size_t> tls_read(char* data, size_t size);
  Result<size_t> tls_write(std::string_view data);
  Peek tls_peek();
  bool tls_send_close_notify();  // best effort; true: call again when the socket can take more
  Error tls_error(int returned, const char* where);
  bool more_to_read_ = false;
  bool read_wants_write_ = false;
  bool write_wants_read_ = false;
  bool tls_failed_ = false;  // after a fatal TLS error no close_notify may be sent
  friend Task<Result<void>> tls_handshake(Native& native);
};

// Server side: a plain stream of an accepted socket, and the TLS handshake on it (before any byte is read).
// Has no deadline of its own: close() the stream to end it. On an error the stream is only good for closing.
Stream stream_from_socket(TcpSocket accepted);
Task<Result<void>> tls_accept(Stream& stream, std::shared_ptr<TlsContext> tls);
// Client side of the same, with SNI, host check and session reuse.
Task<Result<void>> tls_connect(Stream& stream, std::shared_ptr<TlsContext> tls, std::string host,
                               unsigned short port);

// connect() that also ends at once, with Code::cancelled, when `cancellation` is requested. Call on a worker.
Task<Result<Stream>> connect(ConnectTarget target, Millis timeout, Cancellation* cancellation);

}  // namespace valetkey::net
