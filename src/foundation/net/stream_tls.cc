// TLS over the stream's own socket: OpenSSL reads and writes the descriptor itself through a small BIO, so no
// bytes are copied through a second pair of buffers, and a connection that waits holds none.
#include "foundation/net/stream_tls.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>

#include "foundation/net/stream_native.h"

namespace valetkey::net {
namespace {

int bio_read(BIO* bio, char* data, int size) {
  auto* native = static_cast<Stream::Native*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  ssize_t got = 0;
  do {
    got = ::recv(native->socket.native_handle(), data, static_cast<size_t>(size), MSG_DONTWAIT);
  } while (got < 0 && errno == EINTR);
  if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) BIO_set_retry_read(bio);
  if (got == 0) BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
  return static_cast<int>(got);
}

int bio_write(BIO* bio, const char* data, int size) {
  auto* native = static_cast<Stream::Native*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  ssize_t sent = 0;
  do {
    sent =
        ::send(native->socket.native_handle(), data, static_cast<size_t>(size), MSG_DONTWAIT | MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) BIO_set_retry_write(bio);
  return static_cast<int>(sent);
}

long bio_control(BIO* bio, int command, long, void*) {
  if (command == BIO_CTRL_FLUSH) return 1;
  if (command == BIO_CTRL_EOF) return BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0 ? 1 : 0;
  return 0;
}

// Made once, kept for the life of the process.
BIO_METHOD* socket_bio() {
  static BIO_METHOD* const method = [] {
    BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "valetkey socket");
    BIO_meth_set_read(made, bio_read);
    BIO_meth_set_write(made, bio_write);
    BIO_meth_set_ctrl(made, bio_control);
    return made;
  }();
  return method;
}

Result<void> attach(Stream::Native& native, std::shared_ptr<TlsContext> tls) {
  ERR_clear_error();
  native.tls = std::move(tls);
  native.ssl.reset(SSL_new(native.tls->native().context));
  BIO* bio = native.ssl ? BIO_new(socket_bio()) : nullptr;
  if (bio == nullptr) return Error{Code::internal, take_openssl_error(), "tls"};
  BIO_set_data(bio, &native);
  BIO_set_init(bio, 1);
  SSL_set_bio(native.ssl.get(), bio, bio);
  SSL_set_app_data(native.ssl.get(), &native);
  return {};
}

// RFC 6125: the certificate must name the host we asked for; an address is compared as an address and sends
// no SNI.
bool expect_host(SSL* ssl, const std::string& host) {
  unsigned char address[sizeof(in6_addr)];
  bool numeric =
      inet_pton(AF_INET, host.c_str(), address) == 1 || inet_pton(AF_INET6, host.c_str(), address) == 1;
  if (numeric) return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host.c_str()) == 1;
  SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  return SSL_set1_host(ssl, host.c_str()) == 1 && SSL_set_tlsext_host_name(ssl, host.c_str()) == 1;
}

}  // namespace

void SslFree::operator()(ssl_st* ssl) const {
  // Says that both sides are done, or OpenSSL would mark the session as not resumable.
  SSL_set_shutdown(ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
  SSL_free(ssl);
}

Error Stream::Native::tls_error(int returned, const char* where) {
  int kind = SSL_get_error(ssl.get(), returned);
  int cause = errno;
  more_to_read_ = false;
  tls_failed_ = true;
  if (closed) return Error{Code::cancelled, "stream closed", where};
  if (kind == SSL_ERROR_SYSCALL) {
    ERR_clear_error();
    return Error{Code::disconnected, cause == 0 ? "end without close_notify" : std::strerror(cause), where};
  }
  bool cut = ERR_GET_REASON(ERR_peek_last_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING;
  std::string detail = take_openssl_error();
  long verified = SSL_get_verify_result(ssl.get());
  if (verified != X509_V_OK) detail.append("; ").append(X509_verify_cert_error_string(verified));
  return Error{cut ? Code::disconnected : Code::protocol, std::move(detail), where};
}

Result<size_t> Stream::Native::tls_read(char* data, size_t size) {
  size_t total = 0;
  while (total < size) {
    ERR_clear_error();
    int got = SSL_read(ssl.get(), data + total, static_cast<int>(std::min<size_t>(size - total, INT_MAX)));
    if (got > 0) {
      total += static_cast<size_t>(got);
      continue;
    }
    int why = SSL_get_error(ssl.get(), got);
    bool wait = why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE;
    read_wants_write_ = why == SSL_ERROR_WANT_WRITE;
    more_to_read_ = total > 0 && !wait;  // the end or the error comes back at the next call
    if (total > 0) return total;
    if (wait) return kWouldBlock;
    if (why == SSL_ERROR_ZERO_RETURN) return size_t{0};
    return tls_error(got, "tls_read");
  }
  more_to_read_ = true;
  return total;
}

Result<size_t> Stream::Native::tls_write(std::string_view data) {
  if (data.empty()) return size_t{0};
  ERR_clear_error();
  int sent = SSL_write(ssl.get(), data.data(), static_cast<int>(std::min<size_t>(data.size(), INT_MAX)));
  if (sent > 0) return static_cast<size_t>(sent);
  int why = SSL_get_error(ssl.get(), sent);
  write_wants_read_ = why == SSL_ERROR_WANT_READ;
  if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE) return kWouldBlock;
  return tls_error(sent, "tls_write");
}

Stream::Native::Peek Stream::Native::tls_peek() {
  char byte = 0;
  ERR_clear_error();
  int got = SSL_peek(ssl.get(), &byte, 1);
  if (got > 0) {
    more_to_read_ = true;
    return Peek::bytes;
  }
  int why = SSL_get_error(ssl.get(), got);
  ERR_clear_error();
  read_wants_write_ = why == SSL_ERROR_WANT_WRITE;
  return why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE ? Peek::nothing : Peek::gone;
}

bool Stream::Native::tls_send_close_notify() {
  if (closed || tls_failed_ || SSL_is_init_finished(ssl.get()) == 0) return false;
  ERR_clear_error();
  int sent = SSL_shutdown(ssl.get());
  bool again = sent < 0 && SSL_get_error(ssl.get(), sent) == SSL_ERROR_WANT_WRITE;
  write_wants_read_ = false;
  ERR_clear_error();
  return again;
}

// Until the handshake that attach() prepared is done.
Task<Result<void>> tls_handshake(Stream::Native& native) {
  for (;;) {
    ERR_clear_error();
    int done = SSL_do_handshake(native.ssl.get());
    if (done == 1) break;
    int why = SSL_get_error(native.ssl.get(), done);
    if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE)
      co_return native.tls_error(done, "tls_handshake");
    auto what = why == SSL_ERROR_WANT_READ ? asio::socket_base::wait_read : asio::socket_base::wait_write;
    auto [failure] =
        co_await native.socket.async_wait(what, asio::as_tuple(asio::use_awaitable_t<Executor>()));
    if (failure) co_return Error{Code::cancelled, "stream closed", "tls_handshake"};  // native may be gone
    if (native.closed) co_return Error{Code::cancelled, "stream closed", "tls_handshake"};
  }
  native.more_to_read_ = true;  // bytes after the handshake may have been read with it
  co_return Result<void>();
}

Task<Result<void>> tls_accept(Stream& stream, std::shared_ptr<TlsContext> tls) {
  CO_CHECK(attach(stream.native(), std::move(tls)));
  SSL_set_accept_state(stream.native().ssl.get());
  co_return co_await tls_handshake(stream.native());
}

Task<Result<void>> tls_connect(Stream& stream, std::shared_ptr<TlsContext> tls, std::string host,
                               unsigned short port) {
  Stream::Native& native = stream.native();
  CO_CHECK(attach(native, tls));
  native.session_key = host + ":" + std::to_string(port);
  SSL* ssl = native.ssl.get();
  SSL_set_connect_state(ssl);
  if (!expect_host(ssl, host))
    co_return Error{Code::protocol, "host cannot be checked: " + host, "tls_connect"};
  tls->native().offer_session(native.session_key, ssl);
  std::string key = native.session_key;
  auto done = co_await tls_handshake(native);
  if (!done.ok()) tls->native().forget_session(key);
  co_return done;
}

}  // namespace valetkey::net
