#include "engine/providers/held_grants.h"

#include "foundation/crypto/crypto.h"

namespace valetkey::providers {

void HeldGrants::hold(const Secret& device_code, Secret grant, Millis now) {
  held_.put(crypto::sha256(device_code.reveal()), Held{std::move(grant), now + kLife});
}

std::optional<Secret> HeldGrants::find(const Secret& device_code, Millis now) {
  auto held = held_.get(crypto::sha256(device_code.reveal()));
  if (!held || held->until <= now) return std::nullopt;
  return std::move(held->grant);
}

void HeldGrants::drop(const Secret& device_code) {
  held_.erase(crypto::sha256(device_code.reveal()));
}

}  // namespace valetkey::providers
