#include "app/rate_limits.h"

namespace valetkey {

static std::unique_ptr<http::RateLimiter> per_minute(unsigned count) {
  if (count == 0) return nullptr;
  return std::make_unique<http::RateLimiter>(http::RateLimit{.requests = count, .window = kMinute});
}

RateLimits::RateLimits(const ServerConfig& config)
    : api_(per_minute(config.rate_limit_per_minute)),
      start_(per_minute(config.sign_in_start_per_minute)),
      poll_(per_minute(config.sign_in_poll_per_minute)),
      oauth_(per_minute(config.oauth_per_minute)),
      registration_(per_minute(config.registration_per_minute)),
      portal_(per_minute(config.portal_per_minute)) {}

http::RateLimiter* RateLimits::limiter_of(http::RateClass rate_class) {
  switch (rate_class) {
    case http::RateClass::none:
      return nullptr;
    case http::RateClass::api:
      return api_.get();
    case http::RateClass::sign_in_start:
      return start_.get();
    case http::RateClass::sign_in_poll:
      return poll_.get();
    case http::RateClass::oauth:
      return oauth_.get();
    case http::RateClass::registration:
      return registration_.get();
    case http::RateClass::portal:
      return portal_.get();
  }
  return nullptr;
}

Millis RateLimits::check(http::RateClass rate_class, const std::string& address, Millis now) {
  auto* limiter = limiter_of(rate_class);
  return limiter == nullptr ? 0 : limiter->check(address, now);
}

}  // namespace valetkey
