// What the connections of a server share. Internal to http/server*, http/connection*.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "foundation/http/server.h"
#include "foundation/http/server_proxies.h"
#include "foundation/net/listener.h"

namespace valetkey::http {

class ServerConnection;

// Randomness in small pieces out of larger draws, so that a request id costs no call into the generator.
class BufferedRandom final : public Random {
 public:
  explicit BufferedRandom(Random* source) : source_(source) {}
  void fill(void* data, size_t size) override;

 private:
  Random* source_;  // null: the kernel's
  std::string drawn_;
  size_t used_ = 0;
};

// One worker's part. Everything but the atomics belongs to that worker.
struct Shard {
  Shard(net::Worker& its_worker, Random* source) : worker(its_worker), random(source) {}

  net::Worker& worker;
  BufferedRandom random;
  net::Listener* listener = nullptr;  // while the accept loop runs
  ServerConnection* first = nullptr;  // all connections of this worker, see next_
  bool draining = false;
  bool reported_drained = false;
  Cancellation drain_over;  // requested when the last connection is gone
  std::atomic<size_t> connections = 0;
  std::atomic<size_t> exchanges = 0;
};

struct ServerCore {
  ServerCore(ServerOptions its_options, const Router& its_router)
      : options(std::move(its_options)), router(its_router), max_body(options.limits.max_body) {}

  ServerOptions options;
  const Router& router;
  const size_t max_body;
  SystemClock clock;
  std::unique_ptr<TrustedProxies> proxies;
  std::vector<std::unique_ptr<Shard>> shards;
  std::atomic<size_t> connections = 0;
  unsigned short port = 0;

  // Stop.
  std::mutex stop_mutex;
  bool stopping = false;
  std::function<void()> drained;
  std::atomic<size_t> shards_running = 0;

  std::shared_ptr<net::TlsContext> current_tls();
  void replace_tls(std::shared_ptr<net::TlsContext> tls);
  // A shard has stopped accepting or lost a connection: calls `drained` when that was the last of all.
  void report_if_drained(Shard& shard);
  Response error_answer(int status, std::string_view path, std::string_view message) const;

 private:
  std::mutex tls_mutex_;
};

// A whole connection, from its acceptance to its end.
Task<void> serve_connection(std::shared_ptr<ServerCore> core, Shard& shard, net::Stream stream);

}  // namespace valetkey::http
