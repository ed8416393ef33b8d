#include "foundation/http/rate_limiter.h"

#include <algorithm>
#include <functional>
#include <iterator>

namespace valetkey::http {

RateLimiter::RateLimiter(RateLimit limit)
    : limit_(limit), keys_per_shard_(std::max<size_t>(1, limit.max_keys / kShards)) {}

Millis RateLimiter::check(std::string_view key, Millis now) {
  if (limit_.requests == 0) return 0;
  Shard& shard = shards_[std::hash<std::string_view>()(key) % kShards];
  std::lock_guard lock(shard.mutex);
  now = shard.latest = std::max(now, shard.latest);
  Log& log = find_or_make(shard, key);
  while (log.count > 0 && log.times[log.oldest] <= now - limit_.window) {
    log.oldest = (log.oldest + 1) % log.times.size();
    --log.count;
  }
  if (log.count >= limit_.requests) return log.times[log.oldest] + limit_.window - now;
  append(log, now);
  return 0;
}

RateLimiter::Log& RateLimiter::find_or_make(Shard& shard, std::string_view key) {
  if (auto found = shard.by_key.find(key); found != shard.by_key.end()) {
    shard.logs.splice(shard.logs.end(), shard.logs, found->second);
    return *found->second;
  }
  if (shard.logs.size() >= keys_per_shard_) {
    shard.by_key.erase(shard.logs.front().key);
    shard.logs.pop_front();
  }
  Log& log = shard.logs.emplace_back();
  log.key = key;
  shard.by_key.emplace(log.key, std::prev(shard.logs.end()));
  return log;
}

void RateLimiter::append(Log& log, Millis now) {
  if (log.count == log.times.size()) {
    std::rotate(log.times.begin(), log.times.begin() + static_cast<std::ptrdiff_t>(log.oldest),
                log.times.end());
    log.oldest = 0;
    log.times.resize(std::min<size_t>(limit_.requests, std::max<size_t>(4, log.count * 2)));
  }
  log.times[(log.oldest + log.count) % log.times.size()] = now;
  ++log.count;
}

size_t RateLimiter::keys() const {
  size_t total = 0;
  for (const Shard& shard : shards_) {
    std::lock_guard lock(shard.mutex);
    total += shard.logs.size();
  }
  return total;
}

}  // namespace valetkey::http
