#include "foundation/http/server.h"

#include "foundation/base/log.h"
#include "foundation/http/connection.h"
#include "foundation/http/server_core.h"

namespace valetkey::http {

struct Server::State : ServerCore {
  using ServerCore::ServerCore;
};

namespace {

constexpr Millis kAcceptPause = 100;          // when the process is out of descriptors
constexpr Millis kAfterCancel = 6 * kSecond;  // after the drain limit: for cancelled exchanges to end

Task<void> accept_connections(std::shared_ptr<ServerCore> core, Shard& shard, net::Listener listener) {
  shard.listener = &listener;
  while (!shard.draining) {
    Result<net::Stream> accepted = co_await listener.accept();
    if (accepted.ok()) {
      shard.worker.spawn(serve_connection(core, shard, std::move(*accepted)));
    } else if (accepted.error().code == Code::unavailable) {
      log::warn("accept_failed", {{"why", accepted.error().detail}});
      co_await net::sleep_for(kAcceptPause, &shard.drain_over);
    } else {
      break;
    }
  }
  listener.close();
  shard.listener = nullptr;
  core->report_if_drained(shard);
}

template <class F>
void for_each_connection(Shard& shard, F&& act) {
  for (ServerConnection* connection = shard.first; connection != nullptr; connection = connection->next())
    act(*connection);
}

// From the stop to the last connection's end, whichever way that comes.
Task<void> drain_shard(std::shared_ptr<ServerCore> core, Shard& shard) {
  shard.draining = true;
  if (shard.listener != nullptr) shard.listener->close();
  for_each_connection(shard, [](ServerConnection& connection) { connection.drain(); });
  core->report_if_drained(shard);
  if (!co_await net::sleep_for(core->options.limits.drain_timeout, &shard.drain_over)) co_return;
  for_each_connection(shard, [](ServerConnection& connection) { connection.cancel_for_drain(); });
  if (!co_await net::sleep_for(kAfterCancel, &shard.drain_over)) co_return;
  for_each_connection(shard, [](ServerConnection& connection) { connection.close(); });
}

Result<std::vector<net::Listener>> bind_all(const ServerOptions& options,
                                            const std::vector<net::Worker*>& workers) {
  bool shared = workers.size() > 1;
  if (shared && options.port != 0) {
    // SO_REUSEPORT would share the port with a second process, too: ask once without it.
    VK_TRY(net::Listener probe, net::Listener::bind(*workers.front(), options.address, options.port, false));
    probe.close();
  }
  std::vector<net::Listener> listeners;
  unsigned short port = options.port;
  for (net::Worker* worker : workers) {
    VK_TRY(net::Listener listener, net::Listener::bind(*worker, options.address, port, shared));
    port = listener.port();
    listeners.push_back(std::move(listener));
  }
  return listeners;
}

}  // namespace

Server::Server(ServerOptions options, const Router& router)
    : state_(std::make_shared<State>(std::move(options), router)) {}

Server::~Server() = default;

Result<void> Server::start(const std::vector<net::Worker*>& workers) {
  if (workers.empty()) return Error{Code::invalid_argument, "no worker", "server"};
  VK_TRY(state_->proxies, TrustedProxies::parse(state_->options.trusted_proxies));
  VK_TRY(std::vector<net::Listener> listeners, bind_all(state_->options, workers));
  state_->port = listeners.front().port();
  state_->shards_running = workers.size();
  for (size_t i = 0; i < workers.size(); ++i) {
    state_->shards.push_back(std::make_unique<Shard>(*workers[i], state_->options.random));
    Shard& shard = *state_->shards.back();
    workers[i]->spawn(accept_connections(state_, shard, std::move(listeners[i])));
  }
  return {};
}

unsigned short Server::port() const {
  return state_->port;
}

void Server::replace_tls(std::shared_ptr<net::TlsContext> tls) {
  state_->replace_tls(std::move(tls));
}

void Server::stop(std::function<void()> drained) {
  {
    std::lock_guard lock(state_->stop_mutex);
    if (std::exchange(state_->stopping, true)) return;
    state_->drained = std::move(drained);
  }
  for (const auto& shard : state_->shards) {
    shard->worker.post([core = state_, part = shard.get()] { part->worker.spawn(drain_shard(core, *part)); });
  }
}

size_t Server::connections() const {
  return state_->connections.load(std::memory_order_relaxed);
}

size_t Server::exchanges() const {
  size_t running = 0;
  for (const auto& shard : state_->shards) running += shard->exchanges.load(std::memory_order_relaxed);
  return running;
}

}  // namespace valetkey::http
