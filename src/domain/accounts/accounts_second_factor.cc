// Between a right password and a session: the second factor.
#include "domain/accounts/accounts_state.h"
#include "domain/accounts/awaited_factors.h"
#include "domain/accounts/password_stamp.h"
#include "domain/accounts/vault_key.h"

namespace valetkey::accounts {
namespace {

constexpr size_t kDigits = 6;
constexpr size_t kMaxCode = 64;
constexpr Millis kTotpRetry = kMinute;  // told when Totp does not say how long

Secret without_spaces(const Secret& code) {
  std::string text(code.reveal());
  std::erase(text, ' ');
  return Secret(std::move(text));
}

bool is_six_digits(std::string_view text) {
  return text.size() == kDigits && text.find_first_not_of("0123456789") == std::string_view::npos;
}

}  // namespace

Task<Result<void>> Accounts::await_second_factor(Secret browser, std::string person_id,
                                                 std::optional<Secret> vault_key,
                                                 std::string password_stamp) {
  auto state = state_;
  AwaitedFactor awaited{person_id, ""};
  if (vault_key) {
    awaited.vault_wrap = wrap_vault_key(browser, awaited_place(person_id), *vault_key, state->random);
  }
  sql::Database::Work work = [=, hash = awaited_hash(browser),
                              now = state->clock.now()](sql::Transaction& transaction) -> Result<void> {
    VK_CHECK(lock_person(transaction, awaited.person_id, password_stamp));
    return store_awaited(transaction, hash, awaited, now);
  };
  co_return co_await state->database.write(std::move(work));
}

Task<Result<bool>> Accounts::is_second_factor_awaited(Secret browser) {
  auto state = state_;
  std::function<Result<bool>(sql::Transaction&)> work =
      [hash = awaited_hash(browser), now = state->clock.now()](sql::Transaction& transaction) {
        return is_awaited(transaction, hash, now);
      };
  co_return co_await state->database.read_value(std::move(work));
}

Task<AccountResult<PasswordSignIn>> Accounts::check_second_factor(Secret browser, Secret code,
                                                                  std::string client_address) {
  auto state = state_;
  const std::string hash = awaited_hash(browser);
  const Millis now = state->clock.now();
  std::function<Result<std::optional<AwaitedFactor>>(sql::Transaction&)> take =
      [hash, now](sql::Transaction& transaction) { return take_try(transaction, hash, now); };
  CO_TRY(std::optional<AwaitedFactor> awaited, co_await state->database.write_value(std::move(take)));
  if (!awaited) co_return refused<PasswordSignIn>(sign_in_again());

  auto checked = co_await State::check_code(state, awaited->person_id, std::move(code), client_address);
  const auto* problem = checked.ok() ? std::get_if<AccountProblem>(&*checked) : nullptr;
  if (!checked.ok() || (problem && problem->code == "too_many_attempts")) {
    sql::Database::Work give_back = [hash](sql::Transaction& transaction) {
      return give_try_back(transaction, hash);
    };
    (void)co_await state->database.write(std::move(give_back));
  }
  if (!checked.ok()) co_return std::move(checked).error();
  if (problem) co_return refused<PasswordSignIn>(*problem);

  std::function<Result<std::optional<PersonRow>>(sql::Transaction&)> finish =
      [hash, id = awaited->person_id](sql::Transaction& transaction) -> Result<std::optional<PersonRow>> {
    VK_TRY(bool is_ours, finish_awaited(transaction, hash, id));
    if (!is_ours) return std::optional<PersonRow>();
    return find_person(transaction, id);
  };
  CO_TRY(std::optional<PersonRow> row, co_await state->database.write_value(std::move(finish)));
  if (!row) co_return refused<PasswordSignIn>(sign_in_again());
  PasswordSignIn result;
  result.person = row->person;
  result.password_stamp = password_stamp(row->password.hash);
  auto vault_key = unwrap_vault_key(browser, awaited_place(awaited->person_id), awaited->vault_wrap);
  result.vault_key = vault_key.ok() ? std::optional(std::move(*vault_key))
                                    : std::move(std::get<std::optional<Secret>>(*checked));
  co_return granted(std::move(result));
}

Task<AccountResult<std::optional<Secret>>> Accounts::check_code(std::string person_id, Secret code,
                                                                std::string client_address) {
  auto state = state_;
  co_return co_await State::check_code(state, std::move(person_id), std::move(code),
                                       std::move(client_address));
}

// Totp itself slows down guesses of six digits. A recovery code has 80 random bits, so no guesser finds one,
// and an owner whose password is known to a guesser still gets in by it.
Task<AccountResult<std::optional<Secret>>> Accounts::State::check_code(std::shared_ptr<State> self,
                                                                       std::string person_id, Secret code,
                                                                       std::string client_address) {
  using Opened = std::optional<Secret>;
  code = without_spaces(code);
  if (code.size() > kMaxCode) co_return refused<Opened>(wrong_code());
  CO_TRY(Attempt attempt, co_await self->let_in(self->address_key(client_address)));
  if (attempt.wait > 0) co_return refused<Opened>(too_many_attempts(attempt.wait));
  Opened vault_key;
  Result<void> good;
  if (is_six_digits(code.reveal())) {
    good = co_await self->totp.check(person_id, std::string(code.reveal()));
  } else {
    auto opened = co_await self->totp.use_recovery_code(person_id, std::move(code));
    if (opened.ok()) {
      vault_key = std::move(*opened);
    } else {
      good = opened.error();
    }
  }
  if (!good.ok() && good.error().code == Code::unauthorized) co_return refused<Opened>(wrong_code());
  CO_CHECK(co_await self->excuse(std::move(attempt), ""));
  if (!good.ok() && good.error().code == Code::rate_limited) {
    co_return refused<Opened>({"too_many_attempts", good.error().detail, kTotpRetry});
  }
  if (!good.ok()) co_return std::move(good).error();
  co_return granted(std::move(vault_key));
}

}  // namespace valetkey::accounts
