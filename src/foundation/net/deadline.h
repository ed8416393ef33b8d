// Deadlines without a timer per operation: a Deadline is an entry in one of its worker's lists; the worker
// sweeps one every 100 ms and one, for the few that cannot wait so long, every 50. So a deadline fires up to
// 10 ms early or a sweep late, and arming one costs a store. Belongs to one worker.
#pragma once

#include <functional>

#include "foundation/base/clock.h"

namespace valetkey::net {

class Deadline;

class DeadlineWheel {
 public:
  static constexpr Millis kTick = 100;
  static constexpr Millis kSoon = 50;
  // Fires every deadline that is due at `steady_now` (base: coarse_steady_millis()).
  void sweep(Millis steady_now);

 private:
  friend class Deadline;
  void fire(Deadline& entry);
  Deadline* first_ = nullptr;
  Deadline* cursor_ = nullptr;  // the next entry of a running sweep
  Deadline* firing_ = nullptr;  // whose callback runs
};

// The callback may arm, disarm or destroy this Deadline and any other.
class Deadline {
 public:
  Deadline(DeadlineWheel& wheel, std::function<void()> on_expire);
  ~Deadline();
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;

  void arm(Millis from_now);  // replaces an earlier arming
  void disarm();
  bool expired() const { return expired_; }  // since the last arm()

 private:
  friend class DeadlineWheel;
  void link();
  void unlink();
  DeadlineWheel* wheel_;
  std::function<void()> on_expire_;
  Millis due_ = 0;  // steady milliseconds; 0 = disarmed
  bool expired_ = false;
  bool linked_ = false;
  Deadline* previous_ = nullptr;
  Deadline* next_ = nullptr;
};

}  // namespace valetkey::net
