#include "foundation/base/clock.h"

#include <time.h>

#include <chrono>

namespace valetkey {

using std::chrono::duration_cast;

Millis SystemClock::now() const {
  return duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

Millis steady_millis() {
  return steady_micros() / 1000;
}

Millis coarse_steady_millis() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
  return now.tv_sec * kSecond + now.tv_nsec / 1'000'000;
}

int64_t steady_micros() {
  return duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

}  // namespace valetkey
