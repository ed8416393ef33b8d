// The keys of clients that authenticate with private_key_jwt. Private to the module.
#pragma once

#include <memory>
#include <string>

#include "domain/apps/clients.h"

namespace valetkey::apps {

constexpr Millis kMinKeySetLife = 5 * kMinute;
constexpr Millis kMaxKeySetLife = 24 * kHour;
constexpr Millis kFirstRefetchPause = 30 * kSecond;  // after an unknown kid; doubles while it does not help
constexpr Millis kMaxRefetchPause = 15 * kMinute;
constexpr size_t kMaxKeptKeySets = 1000;

// Thread-safe. One fetch per jwks_uri at a time.
class ClientKeys {
 public:
  ClientKeys(const Clock& clock, FetchDocument fetch);
  // Code::not_found: no such key. Code::upstream: the set could not be fetched, or is none.
  Task<Result<jose::VerifyingKey>> find(std::string jwks, std::string jwks_uri, std::string key_id,
                                        jose::Algorithm algorithm);

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace valetkey::apps
