#include "foundation/base/clock.h"

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

int64_t steady_micros() {
  return duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

}  // namespace valetkey
