// Waiting between two events of a paced stream: one wheel of 1 ms slots and one timer per worker, however
// many streams wait. Belongs to one worker.
#pragma once

#include <boost/asio/steady_timer.hpp>

#include <array>
#include <functional>

#include "foundation/base/cancellation.h"
#include "foundation/base/clock.h"
#include "foundation/base/task.h"

namespace valetkey::emulator {

class Pacer {
 public:
  explicit Pacer(asio::io_context& context);

  // True when the time has passed, false when cancelled before. The cancellation outlives the wait.
  Task<bool> wait(Millis duration, Cancellation& cancellation);

 private:
  static constexpr size_t kSlots = 1024;
  struct Waiter {
    ~Waiter() { unlink(); }
    void unlink();
    void finish(bool passed);
    Millis due = 0;
    std::function<void(bool)> done;
    Waiter* previous = nullptr;
    Waiter* next = nullptr;
    Waiter** head = nullptr;
    size_t* waiting = nullptr;
  };
  void link(Waiter& waiter);
  void schedule();
  void tick();

  using Timer = asio::basic_waitable_timer<std::chrono::steady_clock,
                                           asio::wait_traits<std::chrono::steady_clock>, Executor>;
  Timer timer_;
  std::array<Waiter*, kSlots> slots_{};
  size_t waiting_ = 0;
  Millis swept_ = 0;  // steady milliseconds up to which the slots are done
  bool scheduled_ = false;
};

}  // namespace valetkey::emulator
