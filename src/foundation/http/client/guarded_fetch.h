// Fetching what a stranger named: client metadata documents and JWK Sets. Resolves once, connects to a
// checked public address only, follows no redirect, bounds size and time, reuses no connection and no proxy.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "foundation/base/clock.h"
#include "foundation/base/result.h"
#include "foundation/base/task.h"
#include "foundation/net/stream.h"

namespace valetkey::http {

struct FetchRules {
  Millis total_timeout = 8 * kSecond;  // resolving, connecting, TLS, head and body together
  bool allow_loopback = false;  // tests and ./dev up: 127.0.0.0/8 and ::1 count as public, and http will do
  unsigned per_host_per_minute = 60;  // fetches of one host, and
  unsigned per_minute = 600;          // of all
};

struct Fetched {
  std::string content_type;  // lower case, without parameters
  std::string body;          // content coding removed
  Millis fresh_for = 0;      // Cache-Control max-age / Expires; 0: not said, or no-store
};

// Numeric addresses of a host name; Code::disconnected when it has none. The system's resolver, or a test's.
using LookUp = std::function<Task<Result<std::vector<std::string>>>(std::string host, Millis patience)>;

// One instance serves the process: fetch() may be called on any worker and runs there.
class GuardedFetcher {
 public:
  // `tls` verifies the hosts; null: https cannot be fetched.
  GuardedFetcher(std::shared_ptr<net::TlsContext> tls, FetchRules rules, LookUp look_up = {});
  ~GuardedFetcher();

  // GET, only status 200, at most `max_bytes` of body after decoding. Code::invalid_argument: not an https
  // URL with a plain host; Code::forbidden: the host is not public; Code::rate_limited; Code::too_large;
  // Code::timeout; Code::upstream: any other status; Code::disconnected, Code::protocol.
  Task<Result<Fetched>> fetch(std::string url, size_t max_bytes);

 private:
  struct State;
  std::shared_ptr<State> state_;
};

// Cache-Control (max-age less Age, no-store, no-cache) before Expires less Date, RFC 9111 section 4.2. 0: not
// said, or not to be kept. Pure.
Millis freshness_of(std::string_view cache_control, std::string_view age, std::string_view expires,
                    std::string_view date);

}  // namespace valetkey::http
