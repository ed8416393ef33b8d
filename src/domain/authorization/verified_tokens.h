// Access tokens whose signature was checked before: ES256 costs 42 us to verify, a look here one. Only tokens
// that verified come in, so nobody fills it with rubbish; revocation is not its business. Holds no token,
// only hashes and claims. Any thread.
#pragma once

#include <array>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "domain/authorization/access_tokens.h"

namespace valetkey::authorization {

struct VerifiedToken {
  AccessToken token;      // without `ai`
  std::string sealed_ai;  // claim `k` as it was sent
  std::string key_id;     // forgotten with this key
};

class VerifiedTokens {
 public:
  static constexpr size_t kShards = 16;
  static constexpr size_t kGeneration = 512;  // tokens; each shard holds two, the elder is dropped whole

  // Null: not known. The caller judges time and key.
  std::shared_ptr<const VerifiedToken> find(const std::string& hash) const;
  void remember(const std::string& hash, std::shared_ptr<const VerifiedToken> token);
  size_t size() const;

 private:
  using Generation = std::unordered_map<std::string, std::shared_ptr<const VerifiedToken>>;
  struct Shard {
    mutable std::mutex mutex;
    Generation young, old;
  };
  static size_t shard_of(const std::string& hash) {
    return static_cast<unsigned char>(hash.front()) % kShards;
  }
  std::array<Shard, kShards> shards_;
};

}  // namespace valetkey::authorization
