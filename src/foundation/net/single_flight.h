// One piece of work per key at a time, however many ask on however many workers. The work belongs to nobody
// who asked: it runs detached on the worker of the first, and goes on when every asker has left.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/this_coro.hpp>

#include "foundation/base/cancellation.h"
#include "foundation/base/clock.h"
#include "foundation/base/task.h"

namespace valetkey::net {

// Runs the task on this executor's worker, which must be the running one; the task counts as spawned there.
void spawn_detached(const Executor& executor, Task<void> task);

// An event that happens once and that coroutines of any worker wait for. Thread-safe.
class Rendezvous {
 public:
  Rendezvous();
  ~Rendezvous();
  void fire();
  // True when the event has happened, false when `patience` (steady time) passed or `cancellation` came
  // first.
  static Task<bool> wait(std::shared_ptr<Rendezvous> self, Millis patience,
                         Cancellation* cancellation = nullptr);

 private:
  struct Waiter;
  std::mutex mutex_;
  bool fired_ = false;
  // They hold no coroutine: a waiting one dies with its worker, not with this object.
  std::vector<Waiter> waiters_;
};

// Thread-safe; work under way outlives this object. T must be copyable: every asker gets a copy, on its own
// worker.
template <class T>
class SingleFlight {
 public:
  using Work = std::function<Task<T>()>;

  // A flight older than `abandon_after` no longer keeps others from starting anew.
  explicit SingleFlight(Millis abandon_after)
      : board_(std::make_shared<Board>()), abandon_after_(abandon_after) {}
  SingleFlight(const SingleFlight&) = delete;
  SingleFlight& operator=(const SingleFlight&) = delete;

  // Starts the work, or joins the one under way. Nothing when it has not ended `patience` after its start, or
  // when the asker's own `cancellation` (of this worker, outliving the wait) came first; the work goes on.
  Task<std::optional<T>> join(std::string key, Work work, Millis patience,
                              Cancellation* cancellation = nullptr) {
    Executor executor = co_await asio::this_coro::executor;
    auto [flight, is_mine] = find_or_start(key);
    if (is_mine) spawn_detached(executor, fly(board_, std::move(key), flight, std::move(work)));
    Millis left = flight->started + patience - steady_millis();
    if (!co_await Rendezvous::wait(flight->landed, left, cancellation)) co_return std::nullopt;
    co_return flight->value;
  }

 private:
  struct Flight {
    Millis started = steady_millis();
    std::shared_ptr<Rendezvous> landed = std::make_shared<Rendezvous>();
    std::optional<T> value;  // written once, before `landed` fires
  };
  struct Board {
    std::mutex mutex;
    std::map<std::string, std::shared_ptr<Flight>> flights;
  };

  std::pair<std::shared_ptr<Flight>, bool> find_or_start(const std::string& key) {
    std::lock_guard lock(board_->mutex);
    auto& slot = board_->flights[key];
    if (slot && steady_millis() - slot->started < abandon_after_) return {slot, false};
    slot = std::make_shared<Flight>();
    return {slot, true};
  }

  static Task<void> fly(std::shared_ptr<Board> board, std::string key, std::shared_ptr<Flight> flight,
                        Work work) {
    flight->value = co_await work();
    {
      std::lock_guard lock(board->mutex);
      auto found = board->flights.find(key);
      if (found != board->flights.end() && found->second == flight) board->flights.erase(found);
    }
    flight->landed->fire();
  }

  std::shared_ptr<Board> board_;
  Millis abandon_after_;
};

}  // namespace valetkey::net
