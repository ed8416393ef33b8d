#include "clock.h"

namespace valetkey::emulator {

Millis MovableClock::now() const {
  return system_.now() + offset();
}

}  // namespace valetkey::emulator
