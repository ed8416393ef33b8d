// A worker: one thread, one io_context, one deadline wheel. Everything a connection touches lives on its
// worker.
#pragma once

#include <atomic>
#include <functional>
#include <memory>

#include "foundation/base/cancellation.h"
#include "foundation/base/task.h"
#include "foundation/net/deadline.h"
#include "foundation/net/turn.h"

namespace valetkey::net {

class Worker {
 public:
  explicit Worker(unsigned index);
  ~Worker();

  unsigned index() const { return index_; }
  asio::io_context& context() { return context_; }
  Executor executor() { return context_.get_executor(); }
  DeadlineWheel& deadlines() { return deadlines_; }  // swept every DeadlineWheel::kTick
  DeadlineWheel& soon() { return soon_; }            // every DeadlineWheel::kSoon: keep it short
  Turn& turn() { return turn_; }

  // The worker of the running thread, or null outside one.
  static Worker* current();

  // Runs a task detached. An exception that escapes it ends the process. Call from this worker's thread, or
  // before run().
  void spawn(Task<void> task);
  // Runs a function on this worker. Thread-safe.
  void post(std::function<void()> function);
  // Tasks spawned and not finished.
  size_t running() const { return running_.load(std::memory_order_relaxed); }

  void run();   // until stop(); the calling thread becomes the worker's
  void stop();  // thread-safe; unfinished tasks are destroyed with the worker

 private:
  Task<void> tick();
  unsigned index_;
  DeadlineWheel deadlines_;  // both outlive the tasks that context_ and turn_ still hold when destroyed
  DeadlineWheel soon_;
  std::atomic<size_t> running_ = 0;
  asio::io_context context_;
  Turn turn_{context_};
};

// Waits; ends early (true = the time passed, false = cancelled).
Task<bool> sleep_for(Millis duration, Cancellation* cancellation = nullptr);

}  // namespace valetkey::net
