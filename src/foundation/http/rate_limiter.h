// At most so many requests per key in any stretch of time as long as the window: a log of times per key, so
// there is no boundary at which twice as many get through. Thread-safe. Memory is bounded: with more keys
// than allowed the one that was quiet for longest is forgotten.
#pragma once

#include <array>
#include <cstdint>
#include <list>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "foundation/base/clock.h"

namespace valetkey::http {

struct RateLimit {
  uint32_t requests = 0;  // 0: no limit at all
  Millis window = kMinute;
  size_t max_keys = 100'000;
};

class RateLimiter {
 public:
  explicit RateLimiter(RateLimit limit);

  // 0: let it through (and it counts). Else the milliseconds until it would be let through; a refused request
  // does not count. `now` comes from one clock; a step back is taken as standing still.
  Millis check(std::string_view key, Millis now);
  size_t keys() const;

 private:
  static constexpr size_t kShards = 16;

  // The times of a key's requests within the window: a ring that grows up to `requests` places.
  struct Log {
    std::string key;
    std::vector<Millis> times;
    size_t oldest = 0;
    size_t count = 0;
  };
  struct alignas(64) Shard {
    mutable std::mutex mutex;
    std::list<Log> logs;  // the longest quiet first
    std::unordered_map<std::string_view, std::list<Log>::iterator> by_key;
    Millis latest = 0;
  };

  Log& find_or_make(Shard& shard, std::string_view key);
  void append(Log& log, Millis now);

  const RateLimit limit_;
  const size_t keys_per_shard_;
  std::array<Shard, kShards> shards_;
};

}  // namespace valetkey::http
