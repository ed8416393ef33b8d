// Slowing guessers down, over all instances: failures per key in the store. An attempt counts as a failure
// before it is tried, so parallel guesses cannot slip through; a success takes that back. Nobody is locked
// out for good: failures are forgiven with time, and a wait never exceeds max_wait.
#pragma once

#include <string>
#include <vector>

#include "foundation/base/clock.h"
#include "foundation/sql/database.h"

namespace valetkey::accounts {

struct ThrottleRule {
  unsigned failures_before_wait = 5;
  Millis first_wait = 2 * kSecond;  // doubles with each failure more
  Millis max_wait = 15 * kMinute;
  Millis forgive_one = kHour;  // a failure is forgotten after so long
};

struct ThrottleCount {
  int64_t failures = 0;
  Millis wait_until = 0;
  Millis counted_at = 0;
};

// What stands in the store after one failure more. Pure.
ThrottleCount count_failure(ThrottleCount before, const ThrottleRule& rule, Millis now);

struct ThrottleKey {
  std::string key;  // a hash: see throttle_key
  ThrottleRule rule;
};
// `what` names the kind ("account", "address", ...), so that kinds do not meet.
std::string throttle_key(std::string_view what, std::string_view of_whom);

// One attempt that was let in.
struct Attempt {
  Millis wait = 0;  // above 0: refused, and not counted; come back later
  struct Counted {
    std::string key;
    Millis wait_until = 0;  // set by this attempt
  };
  std::vector<Counted> counted;
};

// Counts under every key, or under none when one of them still waits. Always name the keys in the same order
// of kinds (rows are locked in that order).
Result<Attempt> begin_attempt(sql::Transaction& transaction, const std::vector<ThrottleKey>& keys,
                              Millis now);
// The attempt was no failure: as if it had not been.
Result<void> take_back(sql::Transaction& transaction, const Attempt::Counted& counted);
Result<void> clear_throttle(sql::Transaction& transaction, const std::string& key);
Result<int64_t> delete_old_throttles(sql::Transaction& transaction, Millis now);

}  // namespace valetkey::accounts
