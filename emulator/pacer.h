// Waiting between two events of a paced stream: one timer per worker, however many streams wait. A waiter is
// woken when its time comes; where many wait, those of one millisecond are woken together, which spares the
// benchmarks a timer for each event. Belongs to one worker.
#pragma once

#include <boost/asio/steady_timer.hpp>

#include <functional>
#include <map>

#include "foundation/base/cancellation.h"
#include "foundation/base/clock.h"
#include "foundation/base/task.h"

namespace valetkey::emulator {

class Pacer {
 public:
  explicit Pacer(asio::io_context& context) : timer_(context.get_executor()) {}

  using Instant = std::chrono::steady_clock::time_point;

  // True when the time has passed, false when cancelled before. The cancellation outlives the wait.
  Task<bool> wait(Millis duration, Cancellation& cancellation);
  Task<bool> wait_until(Instant due, Cancellation& cancellation);

 private:
  using Waiters = std::multimap<Instant, std::function<void(bool)>>;
  void finish(Waiters::iterator waiter, bool passed);
  void schedule();
  void wake_due();

  using Timer = asio::basic_waitable_timer<std::chrono::steady_clock,
                                           asio::wait_traits<std::chrono::steady_clock>, Executor>;
  Timer timer_;
  Waiters waiters_;
  Instant planned_ = Instant::max();  // when the timer goes off
  Instant woken_;                     // when it last did
};

}  // namespace valetkey::emulator
