#include "world.h"

namespace valetkey::emulator {

void World::count_initiator(std::string_view value) {
  std::lock_guard lock(mutex_);
  if (value == "user") {
    ++initiators_.user;
  } else if (value == "agent") {
    ++initiators_.agent;
  } else {
    ++initiators_.missing;
  }
}

InitiatorCounts World::initiators() const {
  std::lock_guard lock(mutex_);
  return initiators_;
}

void World::reset() {
  faults.clear();
  tokens.clear();
  device_sign_ins.clear();
  device_sign_ins.set_interval(options.device_interval);
  recorder.clear();
  clock.reset();
  // The id sequence goes on: a token of before must never be issued a second time to somebody else.
  std::lock_guard lock(mutex_);
  initiators_ = {};
}

}  // namespace valetkey::emulator
