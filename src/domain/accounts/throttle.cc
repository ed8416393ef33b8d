#include "domain/accounts/throttle.h"

#include <algorithm>

#include "foundation/base/strings.h"
#include "foundation/crypto/crypto.h"

namespace valetkey::accounts {
namespace {

constexpr int64_t kMaxDoublings = 20;
constexpr Millis kKeep = 2 * kDay;  // longer than any rule takes to forgive all that it counts

// Takes the row's lock, so that what is read here stands until the transaction ends.
constexpr sql::Statement kLock{
    "INSERT INTO account_throttles (key, failures, wait_until, counted_at) VALUES ($1, 0, 0, $2)"
    " ON CONFLICT (key) DO UPDATE SET key = excluded.key"
    " RETURNING failures, wait_until, counted_at"};
constexpr sql::Statement kStore{
    "UPDATE account_throttles SET failures = $1, wait_until = $2, counted_at = $3 WHERE key = $4"};
constexpr sql::Statement kTakeBack{
    "UPDATE account_throttles SET failures = failures - 1,"
    " wait_until = CASE WHEN wait_until = $1 THEN 0 ELSE wait_until END WHERE key = $2 AND failures > 0"};
constexpr sql::Statement kClear{"DELETE FROM account_throttles WHERE key = $1"};
constexpr sql::Statement kDeleteOld{"DELETE FROM account_throttles WHERE counted_at <= $1"};

}  // namespace

ThrottleCount count_failure(ThrottleCount before, const ThrottleRule& rule, Millis now) {
  const int64_t forgiven = std::max<int64_t>(0, now - before.counted_at) / rule.forgive_one;
  ThrottleCount after;
  after.failures = std::max<int64_t>(0, before.failures - forgiven);
  after.counted_at = after.failures == 0 ? now : before.counted_at + forgiven * rule.forgive_one;
  const int64_t limit = rule.failures_before_wait;
  after.failures = std::min(after.failures + 1, limit + kMaxDoublings);
  if (after.failures >= limit) {
    const int64_t doublings = after.failures - limit;
    after.wait_until = now + std::min(rule.max_wait, rule.first_wait << doublings);
  }
  return after;
}

std::string throttle_key(std::string_view what, std::string_view of_whom) {
  return to_hex(crypto::sha256(std::string(what) + ":" + std::string(of_whom)));
}

Result<Attempt> begin_attempt(sql::Transaction& transaction, const std::vector<ThrottleKey>& keys,
                              Millis now) {
  Attempt attempt;
  std::vector<ThrottleCount> counts;
  for (const ThrottleKey& key : keys) {
    VK_TRY(sql::Rows rows, transaction.run(kLock, {key.key, now}));
    const sql::Row& row = rows.at(0);
    counts.push_back({row.integer(0), row.integer(1), row.integer(2)});
    attempt.wait = std::max(attempt.wait, row.integer(1) - now);
  }
  if (attempt.wait > 0) return attempt;
  for (size_t i = 0; i < keys.size(); ++i) {
    const ThrottleCount after = count_failure(counts[i], keys[i].rule, now);
    VK_CHECK(transaction.run(kStore, {after.failures, after.wait_until, after.counted_at, keys[i].key}));
    attempt.counted.push_back({keys[i].key, after.wait_until});
  }
  return attempt;
}

Result<void> take_back(sql::Transaction& transaction, const Attempt::Counted& counted) {
  VK_CHECK(transaction.run(kTakeBack, {counted.wait_until, counted.key}));
  return {};
}

Result<void> clear_throttle(sql::Transaction& transaction, const std::string& key) {
  VK_CHECK(transaction.run(kClear, {key}));
  return {};
}

Result<int64_t> delete_old_throttles(sql::Transaction& transaction, Millis now) {
  VK_CHECK(transaction.run(kDeleteOld, {now - kKeep}));
  return transaction.changed();
}

}  // namespace valetkey::accounts
