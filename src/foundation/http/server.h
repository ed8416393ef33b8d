// The HTTP server: listeners on every worker (SO_REUSEPORT), connections, the fixed pipeline of
// docs/life-of-a-request.md: request id, CORS, rate limit, router, body limit, deadline, catch-all,
// access record.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "foundation/base/clock.h"
#include "foundation/base/random.h"
#include "foundation/http/h1.h"
#include "foundation/http/router.h"
#include "foundation/net/stream.h"
#include "foundation/net/worker.h"

namespace valetkey::http {

struct ServerLimits {
  HeadLimits head;
  size_t max_body = 32u << 20;          // the ceiling; a route's own limit may be lower
  size_t max_connections = 100'000;     // per process; over it: 503 and close
  Millis head_timeout = 10 * kSecond;   // from the first byte of a head; 408
  Millis body_timeout = 60 * kSecond;   // for the whole body; 408
  Millis idle_timeout = 75 * kSecond;   // between requests; silent close
  Millis write_timeout = 60 * kSecond;  // a client that takes nothing for so long is gone
  Millis total_timeout = 30 * kMinute;  // one exchange
  Millis drain_timeout = 20 * kSecond;  // after stop(): what still runs is cancelled
};

// One line per request; called on the worker after the answer. No credential is in it.
struct AccessRecord {
  std::string_view request_id, method, route, client_address, note;  // `route` is the pattern, not the path
  int status = 0;
  int64_t micros = 0;
  uint64_t bytes_in = 0, bytes_out = 0;
  bool client_left = false;
};

struct ServerOptions {
  std::string address = "127.0.0.1";  // numeric; "::" takes IPv4, too
  unsigned short port = 0;            // 0: any free port, see Server::port()
  ServerLimits limits;
  std::shared_ptr<net::TlsContext> tls;  // null = plain; see Server::replace_tls
  // Addresses or CIDR blocks whose Forwarded / X-Forwarded-For is believed.
  std::vector<std::string> trusted_proxies;
  std::function<void(const AccessRecord&)> on_access;
  // Per rate class and client address: 0, or the milliseconds until it may try again (answered 429 +
  // Retry-After).
  std::function<Millis(RateClass, const std::string& address)> rate_limit;
  // Errors that the pipeline itself answers (404 405 408 413 414 429 431 503 ...), in the wire form of that
  // path.
  std::function<Response(int status, std::string_view path, std::string_view message)> error_response;
  Random* random = nullptr;
};

class Server {
 public:
  Server(ServerOptions options, const Router& router);
  ~Server();
  // Binds and accepts on every worker. Call before the workers run.
  Result<void> start(const std::vector<net::Worker*>& workers);
  unsigned short port() const;
  // New handshakes use it. Thread-safe (SIGHUP).
  void replace_tls(std::shared_ptr<net::TlsContext> tls);
  // Stops accepting and idle connections at once; running exchanges go on up to the drain limit, then are
  // cancelled. `drained` is called once when none is left. Thread-safe.
  void stop(std::function<void()> drained);
  size_t connections() const;
  size_t exchanges() const;  // running now

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace valetkey::http
