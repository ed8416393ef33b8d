#include "foundation/http/client/pool.h"

#include <algorithm>
#include <utility>

#include "foundation/net/stream_native.h"

namespace valetkey::http {

Pool::Pool(net::Worker& worker, std::shared_ptr<net::TlsContext> tls, ClientLimits limits)
    : worker_(worker),
      tls_(std::move(tls)),
      limits_(limits),
      sweep_(worker.deadlines(), [this] { drop_dead(); }) {}

std::unique_ptr<Connection> Pool::take_idle(const Url& url) {
  auto found = idle_.find(OriginLess::Key{url.host, url.port, url.scheme == "https"});
  if (found == idle_.end()) return nullptr;
  Millis oldest = coarse_steady_millis() - limits_.keep_idle;
  auto& idle = found->second;
  while (!idle.empty()) {
    std::unique_ptr<Connection> connection = std::move(idle.back());
    idle.pop_back();
    if (connection->idle_since >= oldest && !connection->stream().has_pending_input()) return connection;
  }
  return nullptr;
}

Task<Result<std::unique_ptr<Connection>>> Pool::connect(Url url, Cancellation& cancellation) {
  Origin origin{url.host, url.port, url.scheme == "https"};
  if (origin.tls && !tls_)
    co_return Error{Code::invalid_argument, "https without a TLS context", "http_client"};
  net::ConnectTarget target{origin.host, origin.port, origin.tls ? tls_ : nullptr};
  CO_TRY(net::Stream stream,
         co_await net::connect(std::move(target), limits_.connect_timeout, &cancellation));
  co_return std::make_unique<Connection>(worker_, std::move(stream), std::move(origin));
}

void Pool::give_back(std::unique_ptr<Connection> connection) {
  if (closed_ || !connection->stream().is_open() || limits_.max_idle_per_origin == 0) return;
  connection->idle_since = coarse_steady_millis();
  auto found = idle_.find(connection->origin());
  if (found == idle_.end()) found = idle_.try_emplace(connection->origin()).first;
  auto& idle = found->second;
  if (idle.size() >= limits_.max_idle_per_origin) idle.erase(idle.begin());
  idle.push_back(std::move(connection));
  schedule_sweep();
}

void Pool::schedule_sweep() {
  if (sweep_armed_) return;
  sweep_armed_ = true;
  sweep_.arm(std::clamp<Millis>(limits_.keep_idle / 4, net::DeadlineWheel::kTick, 5 * kSecond));
}

// What the peer closed is closed here too, and not only when somebody wants to use it.
void Pool::drop_dead() {
  sweep_armed_ = false;
  Millis oldest = coarse_steady_millis() - limits_.keep_idle;
  for (auto& [origin, idle] : idle_) {
    std::erase_if(idle, [oldest](const std::unique_ptr<Connection>& connection) {
      return connection->idle_since < oldest || connection->stream().has_pending_input();
    });
  }
  std::erase_if(idle_, [](const auto& entry) { return entry.second.empty(); });
  if (!idle_.empty()) schedule_sweep();
}

void Pool::close() {
  closed_ = true;
  idle_.clear();
  sweep_.disarm();
}

}  // namespace valetkey::http
