#include "domain/accounts/password_work.h"

#include <utility>

#include "domain/accounts/vault_key.h"

namespace valetkey::accounts {

PasswordWork::PasswordWork(net::BlockingPool& pool, Random& random, crypto::Argon2Cost cost)
    : pool_(pool),
      random_(random),
      cost_(cost),
      hash_of_nothing_(crypto::hash_password(Secret(random.bytes(32)), random, cost)) {}

// A job outlives a task that is given up: it owns all it uses but the random generator.
Task<Result<PasswordVerdict>> PasswordWork::check(Secret password, PasswordRecord record,
                                                  std::string person_id) {
  const bool is_known = !record.hash.empty();
  if (!is_known) record.hash = hash_of_nothing_;
  auto job = [=, runs = runs_, cost = cost_]() -> Result<PasswordVerdict> {
    PasswordVerdict verdict;
    ++*runs;
    const crypto::PasswordCheck checked = crypto::check_password(password, record.hash, cost);
    verdict.matches = is_known && checked.matches;
    if (!verdict.matches) return verdict;
    verdict.outdated = checked.outdated;
    if (record.wrap.empty()) return verdict;
    ++*runs;
    auto vault_key = unwrap_under_password(password, person_id, record.wrap);
    if (vault_key.ok()) verdict.vault_key = std::move(*vault_key);
    return verdict;
  };
  co_return co_await net::run_on(pool_, std::move(job));
}

Task<Result<PasswordRecord>> PasswordWork::make(Secret password, std::string person_id, Secret vault_key) {
  auto job = [=, runs = runs_, cost = cost_, random = &random_]() -> Result<PasswordRecord> {
    *runs += 2;
    return PasswordRecord{crypto::hash_password(password, *random, cost),
                          wrap_under_password(password, person_id, vault_key, cost, *random)};
  };
  co_return co_await net::run_on(pool_, std::move(job));
}

}  // namespace valetkey::accounts
