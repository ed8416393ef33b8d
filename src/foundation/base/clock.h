// Time as an argument. All times are integer milliseconds since the Unix epoch.
#pragma once

#include <atomic>
#include <cstdint>

namespace valetkey {

using Millis = int64_t;

constexpr Millis kSecond = 1000;
constexpr Millis kMinute = 60 * kSecond;
constexpr Millis kHour = 60 * kMinute;
constexpr Millis kDay = 24 * kHour;

class Clock {
 public:
  virtual ~Clock() = default;
  virtual Millis now() const = 0;
  int64_t now_seconds() const { return now() / kSecond; }
};

// Thread-safe; one instance serves the process.
class SystemClock final : public Clock {
 public:
  Millis now() const override;
};

// For tests: stands still until moved. Thread-safe.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(Millis now) : now_(now) {}
  Millis now() const override { return now_.load(std::memory_order_relaxed); }
  void advance(Millis by) { now_.fetch_add(by, std::memory_order_relaxed); }

 private:
  std::atomic<Millis> now_;
};

// Monotonic milliseconds, for deadlines and durations only.
Millis steady_millis();
// The same as of the kernel's last tick: up to 10 ms late, and a quarter of the price.
Millis coarse_steady_millis();
int64_t steady_micros();

}  // namespace valetkey
