// Requests per minute and client address, by rate class (0 in the configuration: no limit).
#pragma once

#include <array>
#include <memory>

#include "app/config.h"
#include "foundation/http/rate_limiter.h"
#include "foundation/http/router.h"

namespace valetkey {

class RateLimits {
 public:
  explicit RateLimits(const ServerConfig& config);
  // 0, or the milliseconds to wait. Thread-safe.
  Millis check(http::RateClass rate_class, const std::string& address, Millis now);

 private:
  http::RateLimiter* limiter_of(http::RateClass rate_class);
  std::unique_ptr<http::RateLimiter> api_, start_, poll_, oauth_, registration_, portal_;
};

}  // namespace valetkey
