// What a provider hands out once and never again (an authorization code, a GitHub token), kept while the step
// after it fails for a moment, so that the next poll goes on from there. In memory only: after a restart one
// signs in again.
#pragma once

#include <optional>
#include <string>

#include "engine/providers/bounded_cache.h"
#include "foundation/base/clock.h"
#include "foundation/base/secret.h"

namespace valetkey::providers {

// Thread-safe.
class HeldGrants {
 public:
  static constexpr size_t kMost = 4096;
  static constexpr Millis kLife = 10 * kMinute;

  // `device_code` names it; only its hash is kept.
  void hold(const Secret& device_code, Secret grant, Millis now);
  std::optional<Secret> find(const Secret& device_code, Millis now);
  void drop(const Secret& device_code);

 private:
  struct Held {
    Secret grant;
    Millis until = 0;
  };
  BoundedCache<Held> held_{kMost};
};

}  // namespace valetkey::providers
