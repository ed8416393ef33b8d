// Watches a connection's socket while a handler runs, so that the client's leaving is seen at once. Started
// on the first use of Exchange::cancellation(), so a handler that answers straight away pays nothing.
#pragma once

#include <memory>

#include "foundation/net/deadline.h"

namespace valetkey::http {

class ServerConnection;

class PeerWatch {
 public:
  explicit PeerWatch(ServerConnection& connection);
  ~PeerWatch();

  void start();
  // No callback comes after it, and the socket has no reader: the connection may read again.
  void stop();

 private:
  struct Shared;
  void look();
  void arm();
  void on_readable();
  void poll_for_hangup();

  ServerConnection& connection_;
  std::shared_ptr<Shared> shared_;  // with the pending wait, which may outlive this
  net::Deadline look_;  // the first one: most exchanges end before; others when a next request hides the end
  bool active_ = false;
  bool waiting_ = false;
};

}  // namespace valetkey::http
