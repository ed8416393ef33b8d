// Hashing passwords on the bounded pool: checking one, and making what is stored for one. Counts its runs.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>

#include "foundation/base/random.h"
#include "foundation/base/secret.h"
#include "foundation/base/task.h"
#include "foundation/crypto/password_hash.h"
#include "foundation/net/blocking_pool.h"

namespace valetkey::accounts {

// What the store keeps of a password: the hash to check it by, and the vault key under a key derived from it
// with another salt.
struct PasswordRecord {
  std::string hash;
  std::string wrap;  // empty: no vault key yet
};

struct PasswordVerdict {
  bool matches = false;
  bool outdated = false;            // matches, by bcrypt or at another cost
  std::optional<Secret> vault_key;  // matches, and the wrap opened
};

class PasswordWork {
 public:
  PasswordWork(net::BlockingPool& pool, Random& random, crypto::Argon2Cost cost);

  // One run when it does not match, also for an empty hash (a person who does not exist): then against a hash
  // of nothing. A second one opens the wrap. Code::unavailable: too many wait already.
  Task<Result<PasswordVerdict>> check(Secret password, PasswordRecord record, std::string person_id);
  // Two runs.
  Task<Result<PasswordRecord>> make(Secret password, std::string person_id, Secret vault_key);
  uint64_t runs() const { return *runs_; }

 private:
  net::BlockingPool& pool_;
  Random& random_;
  crypto::Argon2Cost cost_;
  std::string hash_of_nothing_;  // of a random password nobody knows, at cost_
  std::shared_ptr<std::atomic<uint64_t>> runs_ = std::make_shared<std::atomic<uint64_t>>(0);
};

}  // namespace valetkey::accounts
