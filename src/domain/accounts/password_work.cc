#include "domain/accounts/password_work.h"

#include <utility>

#include "domain/accounts/vault_key.h"

namespace valetkey::accounts {
namespace {

// What every wrong password costs.
struct WholeWork {
  crypto::Argon2Cost argon2id;
  const std::string& hash_of_nothing;  // at that cost
  const std::vector<int>& bcrypt_costs;
};

// Decided by what was computed and not by how the hash looks, so that an unreadable one costs the same too.
void do_the_rest(const Secret& password, const crypto::PasswordCheck& done, const WholeWork& whole,
                 HashingCounter& counter) {
  if (!done.ran_argon2id) {
    counter.add(crypto::check_password(password, whole.hash_of_nothing, whole.argon2id));
  }
  for (int bcrypt_cost : whole.bcrypt_costs) {
    if (done.bcrypt_cost == bcrypt_cost) continue;
    counter.add(crypto::check_password(password, crypto::bcrypt_of_nobody(bcrypt_cost)));
  }
}

}  // namespace

PasswordWork::PasswordWork(net::BlockingPool& pool, Random& random, crypto::Argon2Cost cost)
    : pool_(pool),
      random_(random),
      cost_(cost),
      hash_of_nothing_(crypto::hash_password(Secret(random.bytes(32)), random, cost)) {}

// A job outlives a task that is given up: it owns all it uses but the random generator.
Task<Result<PasswordVerdict>> PasswordWork::check(Secret password, PasswordRecord record,
                                                  std::string person_id, std::vector<int> bcrypt_costs) {
  auto job = [=, counter = counter_, cost = cost_,
              hash_of_nothing = hash_of_nothing_]() -> Result<PasswordVerdict> {
    PasswordVerdict verdict;
    const crypto::PasswordCheck checked = crypto::check_password(password, record.hash, cost);
    counter->add(checked);
    verdict.matches = checked.matches;
    if (!verdict.matches) {
      do_the_rest(password, checked, {cost, hash_of_nothing, bcrypt_costs}, *counter);
      return verdict;
    }
    verdict.outdated = checked.outdated;
    if (record.wrap.empty()) return verdict;
    counter->add_argon2id(1);
    auto vault_key = unwrap_under_password(password, person_id, record.wrap);
    if (vault_key.ok()) verdict.vault_key = std::move(*vault_key);
    return verdict;
  };
  co_return co_await net::run_on(pool_, std::move(job));
}

Task<Result<PasswordRecord>> PasswordWork::make(Secret password, std::string person_id, Secret vault_key) {
  auto job = [=, counter = counter_, cost = cost_, random = &random_]() -> Result<PasswordRecord> {
    counter->add_argon2id(2);
    return PasswordRecord{crypto::hash_password(password, *random, cost),
                          wrap_under_password(password, person_id, vault_key, cost, *random)};
  };
  co_return co_await net::run_on(pool_, std::move(job));
}

}  // namespace valetkey::accounts
