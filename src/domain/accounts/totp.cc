// One row per person: the secret in use, the one being set up, and how often a wrong code came. Every
// decision about a code is taken under that row's lock, so one code is good once and parallel guesses are all
// counted.
#include <algorithm>
#include <utility>

#include "domain/accounts/base32.h"
#include "domain/accounts/recovery_codes.h"
#include "domain/accounts/second_factors.h"
#include "domain/accounts/totp_code.h"
#include "foundation/crypto/crypto.h"

namespace valetkey::accounts {
namespace {

constexpr Millis kSetupLifetime = kHour;
constexpr size_t kMaxPersonId = 64;

constexpr sql::Statement kIsOn{"SELECT 1 FROM totp WHERE person_id = $1 AND is_on = 1"};
constexpr sql::Statement kPersonExists{"SELECT 1 FROM persons WHERE id = $1"};
constexpr sql::Statement kBegin{
    "INSERT INTO totp (person_id, is_on, sealed, last_step, failures, wait_until, setup_sealed, setup_until)"
    " VALUES ($1, 0, $2, 0, 0, 0, $3, $4) ON CONFLICT (person_id)"
    " DO UPDATE SET setup_sealed = excluded.setup_sealed, setup_until = excluded.setup_until"};
// These two change nothing that matters: they take the row's lock, and look again when it was held.
constexpr sql::Statement kLockSetup{
    "UPDATE totp SET setup_until = setup_until WHERE person_id = $1 AND setup_until > $2 RETURNING "
    "setup_sealed"};
constexpr sql::Statement kCountTry{
    "UPDATE totp SET failures = failures + 1 WHERE person_id = $1 AND is_on = 1 AND wait_until <= $2"
    " RETURNING sealed, last_step, failures"};
constexpr sql::Statement kConfirm{
    "UPDATE totp SET is_on = 1, sealed = setup_sealed, last_step = $1, failures = 0, wait_until = 0,"
    " setup_sealed = $2, setup_until = 0 WHERE person_id = $3"};
constexpr sql::Statement kAccept{
    "UPDATE totp SET last_step = $1, failures = 0, wait_until = 0 WHERE person_id = $2"};
constexpr sql::Statement kReseal{"UPDATE totp SET sealed = $1 WHERE person_id = $2"};
constexpr sql::Statement kWait{"UPDATE totp SET wait_until = $1 WHERE person_id = $2"};
constexpr sql::Statement kWaitUntil{"SELECT wait_until FROM totp WHERE person_id = $1 AND is_on = 1"};
constexpr sql::Statement kDelete{"DELETE FROM totp WHERE person_id = $1"};

enum class Verdict { right, wrong, wait, off };

Millis wait_after(int64_t failures) {
  if (failures < kTotpFailuresBeforeWait) return 0;
  const int64_t doublings = std::min<int64_t>(failures - kTotpFailuresBeforeWait, 20);
  return std::min(kTotpFirstWait << doublings, kTotpMaxWait);
}

Error wrong_code(Code code) {
  return Error{code, "This code is wrong. Wait for the next one and try again.", "totp"};
}

}  // namespace

struct Totp::State {
  sql::Database& database;
  const Clock& clock;
  Random& random;
  const std::vector<Secret> seal_keys;
  const std::string issuer_name;

  std::string seal(const std::string& person_id, const Secret& secret) const {
    const std::string nonce = random.bytes(crypto::kAeadNonceSize);
    return nonce + crypto::aead_seal(seal_keys.front(), nonce, secret.reveal(), place_of(person_id));
  }
  struct Opened {
    Secret secret;
    bool is_outdated = false;  // by another key than the first
  };
  // A row that does not open (a key that is gone, damage) is our own trouble and never a wrong code.
  Result<Opened> open(const std::string& person_id, std::string_view sealed) const {
    const size_t head = std::min(sealed.size(), crypto::kAeadNonceSize);
    for (const Secret& key : seal_keys) {
      auto secret = crypto::aead_open(key, sealed.substr(0, head), sealed.substr(head), place_of(person_id));
      if (secret.ok()) return Opened{std::move(*secret), &key != &seal_keys.front()};
    }
    return Error{Code::store, "a TOTP secret does not open", "totp"};
  }
  Result<Verdict> check(sql::Transaction& transaction, const std::string& person_id,
                        const std::string& code) const;
  Result<bool> confirm(sql::Transaction& transaction, const std::string& person_id, const std::string& code,
                       const std::vector<Secret>& recovery_codes,
                       const std::optional<Secret>& vault_key) const;

  static std::string place_of(const std::string& person_id) { return "valetkey totp 1:" + person_id; }
};

Totp::Totp(sql::Database& database, const Clock& clock, Random& random, std::vector<Secret> seal_keys,
           std::string issuer_name)
    : state_(std::make_shared<State>(
          State{database, clock, random, std::move(seal_keys), std::move(issuer_name)})) {}

Task<Result<bool>> Totp::is_on(std::string person_id) {
  auto state = state_;
  std::function<Result<bool>(sql::Transaction&)> work = [&](sql::Transaction& transaction) -> Result<bool> {
    VK_TRY(sql::Rows rows, transaction.run(kIsOn, {person_id}));
    return !rows.empty();
  };
  co_return co_await state->database.read_value(std::move(work));
}

Task<Result<TotpSetup>> Totp::begin(Person person) {
  auto state = state_;
  const Secret secret(state->random.bytes(kTotpSecretSize));
  const std::string sealed = state->seal(person.id, secret);
  const Millis until = state->clock.now() + kSetupLifetime;
  sql::Database::Work work = [&](sql::Transaction& transaction) -> Result<void> {
    VK_TRY(sql::Rows found, transaction.run(kPersonExists, {person.id}));
    if (found.empty()) return Error{Code::not_found, "no such person", "totp"};
    VK_CHECK(transaction.run(kBegin, {person.id, sql::Blob{}, sql::Blob{sealed}, until}));
    return {};
  };
  CO_CHECK(co_await state->database.write(std::move(work)));
  TotpSetup setup;
  setup.secret = Secret(base32_encode(secret.reveal()));
  setup.otpauth_uri = otpauth_uri(setup.secret, state->issuer_name, person.email);
  co_return setup;
}

Result<bool> Totp::State::confirm(sql::Transaction& transaction, const std::string& person_id,
                                  const std::string& code, const std::vector<Secret>& recovery_codes,
                                  const std::optional<Secret>& vault_key) const {
  const Millis now = clock.now();
  VK_TRY(sql::Rows rows, transaction.run(kLockSetup, {person_id, now}));
  if (rows.empty()) return false;
  VK_TRY(Opened setup, open(person_id, rows.front().blob(0)));
  const std::optional<int64_t> step = find_totp_step(setup.secret, code, now, 0);
  if (!step) return false;
  VK_CHECK(transaction.run(kConfirm, {*step, sql::Blob{}, person_id}));
  VK_CHECK(replace_recovery_codes(transaction, person_id, recovery_codes, vault_key, now, random));
  return true;
}

Task<Result<std::vector<Secret>>> Totp::confirm(std::string person_id, std::string code,
                                                std::optional<Secret> vault_key) {
  auto state = state_;
  std::vector<Secret> codes = make_recovery_codes(state->random);
  std::function<Result<bool>(sql::Transaction&)> work = [&](sql::Transaction& transaction) {
    return state->confirm(transaction, person_id, code, codes, vault_key);
  };
  CO_TRY(bool is_right, co_await state->database.write_value(std::move(work)));
  if (!is_right) co_return wrong_code(Code::invalid_argument);
  co_return codes;
}

Result<Verdict> Totp::State::check(sql::Transaction& transaction, const std::string& person_id,
                                   const std::string& code) const {
  const Millis now = clock.now();
  VK_TRY(sql::Rows rows, transaction.run(kCountTry, {person_id, now}));
  if (rows.empty()) {
    VK_TRY(sql::Rows waiting, transaction.run(kWaitUntil, {person_id}));
    return waiting.empty() ? Verdict::off : Verdict::wait;
  }
  VK_TRY(Opened opened, open(person_id, rows.front().blob(0)));
  if (const auto step = find_totp_step(opened.secret, code, now, rows.front().integer(1))) {
    VK_CHECK(transaction.run(kAccept, {*step, person_id}));
    if (opened.is_outdated) {
      VK_CHECK(transaction.run(kReseal, {sql::Blob{seal(person_id, opened.secret)}, person_id}));
    }
    return Verdict::right;
  }
  if (const Millis wait = wait_after(rows.front().integer(2)); wait > 0) {
    VK_CHECK(transaction.run(kWait, {now + wait, person_id}));
  }
  return Verdict::wrong;
}

Task<Result<void>> Totp::check(std::string person_id, std::string code) {
  auto state = state_;
  if (person_id.size() > kMaxPersonId) co_return wrong_code(Code::unauthorized);
  // A wrong code is a success of the transaction: that it came must be stored.
  std::function<Result<Verdict>(sql::Transaction&)> work = [&](sql::Transaction& transaction) {
    return state->check(transaction, person_id, code);
  };
  CO_TRY(Verdict verdict, co_await state->database.write_value(std::move(work)));
  switch (verdict) {
    case Verdict::right:
      co_return Result<void>();
    case Verdict::wait:
      co_return Error{Code::rate_limited, "Too many wrong codes. Wait a moment, or use a recovery code.",
                      "totp"};
    case Verdict::wrong:
    case Verdict::off:
      break;
  }
  co_return wrong_code(Code::unauthorized);
}

Task<Result<std::optional<Secret>>> Totp::use_recovery_code(std::string person_id, Secret code) {
  auto state = state_;
  std::function<Result<std::optional<Secret>>(sql::Transaction&)> work = [&](sql::Transaction& transaction) {
    return spend_recovery_code(transaction, person_id, code);
  };
  co_return co_await state->database.write_value(std::move(work));
}

Task<Result<std::vector<Secret>>> Totp::new_recovery_codes(std::string person_id,
                                                           std::optional<Secret> vault_key) {
  auto state = state_;
  std::vector<Secret> codes = make_recovery_codes(state->random);
  const Millis now = state->clock.now();
  sql::Database::Work work = [&](sql::Transaction& transaction) -> Result<void> {
    VK_TRY(sql::Rows found, transaction.run(kPersonExists, {person_id}));
    if (found.empty()) return Error{Code::not_found, "no such person", "totp"};
    return replace_recovery_codes(transaction, person_id, codes, vault_key, now, state->random);
  };
  CO_CHECK(co_await state->database.write(std::move(work)));
  co_return codes;
}

Task<Result<int64_t>> Totp::recovery_codes_left(std::string person_id) {
  auto state = state_;
  std::function<Result<int64_t>(sql::Transaction&)> work = [&](sql::Transaction& transaction) {
    return count_recovery_codes(transaction, person_id);
  };
  co_return co_await state->database.read_value(std::move(work));
}

Task<Result<void>> Totp::turn_off(std::string person_id) {
  auto state = state_;
  sql::Database::Work work = [&](sql::Transaction& transaction) -> Result<void> {
    VK_CHECK(transaction.run(kDelete, {person_id}));
    return delete_recovery_codes(transaction, person_id);
  };
  co_return co_await state->database.write(std::move(work));
}

}  // namespace valetkey::accounts
