#include "domain/authorization/verified_tokens.h"

#include <utility>

namespace valetkey::authorization {

std::shared_ptr<const VerifiedToken> VerifiedTokens::find(const std::string& hash) const {
  const Shard& shard = shards_[shard_of(hash)];
  std::lock_guard lock(shard.mutex);
  for (const Generation* generation : {&shard.young, &shard.old}) {
    if (auto found = generation->find(hash); found != generation->end()) return found->second;
  }
  return nullptr;
}

void VerifiedTokens::remember(const std::string& hash, std::shared_ptr<const VerifiedToken> token) {
  Shard& shard = shards_[shard_of(hash)];
  Generation dropped;  // freed after the lock
  std::lock_guard lock(shard.mutex);
  if (shard.young.size() >= kGeneration) {
    dropped = std::exchange(shard.old, std::exchange(shard.young, {}));
  }
  shard.young.insert_or_assign(hash, std::move(token));
}

size_t VerifiedTokens::size() const {
  size_t total = 0;
  for (const Shard& shard : shards_) {
    std::lock_guard lock(shard.mutex);
    total += shard.young.size() + shard.old.size();
  }
  return total;
}

}  // namespace valetkey::authorization
