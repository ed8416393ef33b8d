// A byte stream: plain TCP or TLS over TCP, server or client side. TCP_NODELAY is always on. Belongs to one
// worker.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <string_view>

#include "foundation/base/clock.h"
#include "foundation/base/result.h"
#include "foundation/base/task.h"

namespace valetkey::net {

// Certificates and verification; shared by many streams, safe to share between workers once built.
class TlsContext {
 public:
  // PEM files; the chain file starts with the leaf. Session resumption on.
  static Result<std::shared_ptr<TlsContext>> server(const std::string& chain_file,
                                                    const std::string& key_file);
  // Verifies against the system's roots, or `ca_file` when not empty. Host name is checked per connection.
  static Result<std::shared_ptr<TlsContext>> client(const std::string& ca_file = "");
  ~TlsContext();
  struct Native;
  Native& native() { return *native_; }

 private:
  explicit TlsContext(std::unique_ptr<Native> native);
  std::unique_ptr<Native> native_;
};

// Bytes to be written, in order; any piece may be empty.
struct Pieces : std::array<std::string_view, 4> {
  size_t bytes() const;
  void drop(size_t bytes);  // off the front, at most what is there
};

class Stream {
 public:
  ~Stream();
  Stream(Stream&&) noexcept;
  Stream& operator=(Stream&&) noexcept;

  // At least one byte, or 0 at the peer's orderly end. Code::disconnected on a reset (TLS: also an end
  // without close_notify), Code::cancelled after close().
  Task<Result<size_t>> read_some(char* data, size_t size);
  // Everything or an error. All pieces go out in one system call on plain TCP (and one TLS record when
  // small).
  Task<Result<void>> write_all(Pieces pieces);
  Task<Result<void>> write_all(std::string_view bytes) { return write_all(Pieces{{bytes}}); }

  // Ends every pending operation with Code::cancelled and closes the socket. Idempotent.
  void close();
  // The same with a TCP reset.
  void reset();
  // Half-close after the last byte (TLS: close_notify first, best effort).
  Task<void> shutdown();
  bool is_open() const;

  // Suspends until the peer has sent something, closed, or reset, without consuming: true = it is gone, false
  // = bytes wait to be read or close() was called. Only one reader at a time.
  Task<bool> wait_for_peer_gone();
  // Without waiting: the socket is readable or gone (an idle pooled connection in that state must not be
  // used).
  bool has_pending_input();

  std::string peer_address() const;  // numeric, no port
  bool is_tls() const;

  struct Native;
  explicit Stream(std::unique_ptr<Native> native);
  Native& native() { return *native_; }

 private:
  std::unique_ptr<Native> native_;
};

// Client side. Resolves (cached 60 s), tries every address, TLS handshake with SNI and host check when `tls`
// is set. Code::disconnected when refused or unreachable, Code::timeout, Code::protocol for a TLS failure.
struct ConnectTarget {
  std::string host;
  unsigned short port = 0;
  std::shared_ptr<TlsContext> tls;  // null = plain
};
Task<Result<Stream>> connect(ConnectTarget target, Millis timeout);

}  // namespace valetkey::net
