// The emulator's clock: the system's, plus what the control API has advanced it by. Thread-safe.
#pragma once

#include <atomic>

#include "foundation/base/clock.h"

namespace valetkey::emulator {

class MovableClock final : public Clock {
 public:
  Millis now() const override;
  void advance(Millis by) { offset_.fetch_add(by, std::memory_order_relaxed); }  // may be negative
  void reset() { offset_.store(0, std::memory_order_relaxed); }
  Millis offset() const { return offset_.load(std::memory_order_relaxed); }

 private:
  SystemClock system_;
  std::atomic<Millis> offset_ = 0;
};

}  // namespace valetkey::emulator
