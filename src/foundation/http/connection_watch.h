// Watches a connection's socket while a handler runs, so that the client's leaving is seen at once. Started
// on the first use of Exchange::cancellation(), so a handler that answers straight away pays nothing.
#pragma once

#include <memory>

#include "foundation/base/task.h"
#include "foundation/net/deadline.h"

namespace valetkey::http {

class ServerConnection;
class PeerWatch;
struct ServerCore;

// The watches of one worker that were asked for since its last tick.
class PendingWatches {
 public:
  static constexpr Millis kTick = 20;

 private:
  friend class PeerWatch;
  Task<void> tick(std::shared_ptr<ServerCore> core);  // runs until none is pending; `core` holds this
  PeerWatch* first_ = nullptr;
  bool ticking_ = false;
};

class PeerWatch {
 public:
  explicit PeerWatch(ServerConnection& connection);
  ~PeerWatch();

  void start();
  // No callback comes after it, and the socket has no reader: the connection may read again.
  void stop();

 private:
  friend class PendingWatches;
  struct Shared;
  void enqueue();
  void leave_queue();
  void look();
  void arm();
  void on_readable();
  void poll_for_hangup();

  ServerConnection& connection_;
  std::shared_ptr<Shared> shared_;  // with the pending wait, which may outlive this
  net::Deadline poll_again_;        // when bytes of a next request hide the end behind them
  PeerWatch* previous_ = nullptr;   // among the pending
  PeerWatch* next_ = nullptr;
  bool queued_ = false;
  bool active_ = false;
  bool waiting_ = false;
};

}  // namespace valetkey::http
