// Hashing passwords on the bounded pool: checking one, and making what is stored for one. Counts its runs.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "domain/accounts/hashings.h"
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

// Counted where it was computed.
class HashingCounter {
 public:
  void add(const crypto::PasswordCheck& checked) {
    argon2id_ += checked.ran_argon2id ? 1 : 0;
    bcrypt_ += checked.bcrypt_cost ? 1 : 0;
    bcrypt_rounds_ += checked.bcrypt_cost ? uint64_t{1} << *checked.bcrypt_cost : 0;
  }
  void add_argon2id(uint64_t runs) { argon2id_ += runs; }
  Hashings read() const { return {argon2id_, bcrypt_, bcrypt_rounds_}; }

 private:
  std::atomic<uint64_t> argon2id_ = 0, bcrypt_ = 0, bcrypt_rounds_ = 0;
};

class PasswordWork {
 public:
  PasswordWork(net::BlockingPool& pool, Random& random, crypto::Argon2Cost cost);

  // A password that does not match costs the same for every person, and for none (an empty hash): one
  // Argon2id and one bcrypt of each of `bcrypt_costs`, the costs of all bcrypt hashes in the store. What the
  // person's own hash does not ask for is done against a hash of nobody. One that matches costs its own hash,
  // and an Argon2id to open the wrap. Code::unavailable: too many wait already.
  Task<Result<PasswordVerdict>> check(Secret password, PasswordRecord record, std::string person_id,
                                      std::vector<int> bcrypt_costs = {});
  // Two Argon2id.
  Task<Result<PasswordRecord>> make(Secret password, std::string person_id, Secret vault_key);
  Hashings count() const { return counter_->read(); }

 private:
  net::BlockingPool& pool_;
  Random& random_;
  crypto::Argon2Cost cost_;
  std::string hash_of_nothing_;  // of a random password nobody knows, at cost_
  std::shared_ptr<HashingCounter> counter_ = std::make_shared<HashingCounter>();
};

}  // namespace valetkey::accounts
