#include "engine/providers/token_life.h"

#include <algorithm>

#include "engine/providers/fetch.h"
#include "foundation/jose/jose.h"

namespace valetkey::providers {
namespace {

// `seconds` may be anything a peer can write; the product stays in range.
Millis millis_of(double seconds, Millis most) {
  return static_cast<Millis>(std::min(seconds * 1000.0, static_cast<double>(most)));
}

}  // namespace

std::optional<Millis> jwt_expiry(std::string_view token, Millis now) {
  auto payload = jose::read_unverified(token);
  if (!payload) return std::nullopt;
  auto seconds = payload->root()["exp"].number();
  if (!seconds || !(*seconds > 0)) return std::nullopt;
  return millis_of(*seconds, now + kLongestTokenLife);
}

std::optional<Millis> expiry_after(const Json& expires_in, Millis now) {
  auto seconds = seconds_in(expires_in);
  if (!seconds || !(*seconds > 0)) return std::nullopt;
  return now + millis_of(*seconds, kLongestTokenLife);
}

}  // namespace valetkey::providers
