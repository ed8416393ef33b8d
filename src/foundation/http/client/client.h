// The client for upstreams: HTTP/1.1, pooled per origin, TLS with session reuse, streaming bodies,
// cancellation. One Client per worker. Redirects are not followed. Responses are not decompressed: identity
// is asked for, and a coded answer (gzip, deflate) is decoded only because some servers send one unasked.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "foundation/base/cancellation.h"
#include "foundation/base/clock.h"
#include "foundation/base/result.h"
#include "foundation/base/task.h"
#include "foundation/http/message.h"
#include "foundation/http/url.h"
#include "foundation/net/stream.h"

namespace valetkey::net {
class Worker;
}

namespace valetkey::http {

struct ClientLimits {
  size_t max_idle_per_origin = 512;
  Millis connect_timeout = 10 * kSecond;
  Millis head_timeout = 120 * kSecond;  // from the last byte of the request to the end of the response head
  Millis idle_timeout = 300 * kSecond;  // between two reads of a body
  Millis keep_idle = 50 * kSecond;      // an idle pooled connection older than that is closed
  size_t head_bytes = 64 * 1024;
};

struct ClientRequest {
  std::string method = "GET";
  Url url;
  HeaderList headers;  // Host, Content-Length and Connection are written by the client
  std::string body;
  // A POST on a pooled connection that turns out closed before any response byte is sent again once on a new
  // one (the server cannot have answered it). Set false for requests that must never be sent twice.
  bool resend_on_stale = true;
  Millis head_timeout = 0;  // 0: the client's
};

// Reading it to the end returns the connection to the pool; destroying it earlier closes the connection,
// which is how an upstream is cancelled. At most one read at a time.
class ClientResponse {
 public:
  virtual ~ClientResponse() = default;
  virtual int status() const = 0;
  virtual std::string_view header(std::string_view name) const = 0;
  virtual const Headers& headers() const = 0;
  // The next bytes of the body as they arrived; empty at the end. Valid until the next read. With `patience`
  // > 0 and nothing arriving for so long: Code::timeout, and reading may go on (heartbeats). Passing the
  // client's idle timeout is Code::timeout too, but then the connection is closed (is_open() says no).
  // Code::disconnected: cut before its framing said it was complete.
  virtual Task<Result<std::string_view>> read(Millis patience = 0) = 0;
  virtual bool is_open() const = 0;
  // The upstream has not finished its body: destroying the response now closes the connection.
  virtual bool has_more() const = 0;
  // The whole rest, up to `limit` bytes (then Code::too_large).
  Task<Result<std::string>> read_all(size_t limit);
};

class Client {
 public:
  Client(net::Worker& worker, std::shared_ptr<net::TlsContext> tls, ClientLimits limits = {});
  ~Client();
  // Sends and waits for the response head (1xx are skipped). Cancelling closes the connection at once, also
  // later while the body is read: the cancellation must outlive the response. Code::disconnected (refused,
  // reset, closed), timeout, protocol, cancelled.
  Task<Result<std::unique_ptr<ClientResponse>>> send(ClientRequest request, Cancellation& cancellation);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace valetkey::http
