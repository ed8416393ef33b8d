// The idle connections of one worker's client, by origin. Newest first, because the oldest is the likeliest
// to be closed by the peer; one that has input or is too old is never handed out.
#pragma once

#include <map>
#include <memory>
#include <string_view>
#include <tuple>
#include <vector>

#include "foundation/http/client/client.h"
#include "foundation/http/client/connection.h"
#include "foundation/net/deadline.h"

namespace valetkey::http {

class Pool {
 public:
  Pool(net::Worker& worker, std::shared_ptr<net::TlsContext> tls, ClientLimits limits);

  std::unique_ptr<Connection> take_idle(const Url& url);
  Task<Result<std::unique_ptr<Connection>>> connect(Url url, Cancellation& cancellation);
  // Closes it when the pool is full or closed.
  void give_back(std::unique_ptr<Connection> connection);
  void close();

  const ClientLimits& limits() const { return limits_; }

 private:
  struct OriginLess {
    using is_transparent = void;
    using Key = std::tuple<std::string_view, unsigned short, bool>;
    static Key key(const Origin& origin) { return {origin.host, origin.port, origin.tls}; }
    static Key key(const Key& key) { return key; }
    bool operator()(const auto& a, const auto& b) const { return key(a) < key(b); }
  };

  void drop_dead();
  void schedule_sweep();

  net::Worker& worker_;
  std::shared_ptr<net::TlsContext> tls_;
  ClientLimits limits_;
  std::map<Origin, std::vector<std::unique_ptr<Connection>>, OriginLess> idle_;  // oldest first
  net::Deadline sweep_;
  bool sweep_armed_ = false;
  bool closed_ = false;
};

}  // namespace valetkey::http
