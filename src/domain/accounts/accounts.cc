#include "domain/accounts/accounts.h"

#include "domain/accounts/accounts_state.h"
#include "domain/accounts/awaited_factors.h"
#include "domain/accounts/email_address.h"
#include "domain/accounts/password_stamp.h"
#include "domain/accounts/vault_key.h"
#include "foundation/base/log.h"

namespace valetkey::accounts {
namespace {

constexpr size_t kMaxPasswordBytes = 4 * kMaxPassword;

AccountResult<PasswordSignIn> without_hash(AccountResult<CheckedPassword> checked) {
  if (!checked.ok()) return std::move(checked).error();
  if (auto* problem = std::get_if<AccountProblem>(&*checked))
    return refused<PasswordSignIn>(std::move(*problem));
  return granted(std::move(std::get<CheckedPassword>(*checked).sign_in));
}

}  // namespace

Accounts::Accounts(sql::Database& database, const Clock& clock, Random& random, net::BlockingPool& hashing,
                   mail::Mailer& mailer, Totp& totp, AccountOptions options)
    : state_(std::make_shared<State>(database, clock, random, hashing, mailer, totp, std::move(options))) {}

Accounts::~Accounts() = default;

Hashings Accounts::hashings() const {
  return state_->passwords.count();
}

Task<AccountResult<PasswordSignIn>> Accounts::sign_in(std::string email, Secret password,
                                                      std::string client_address) {
  auto state = state_;
  const std::optional<std::string> canonical = canonical_email(email);
  // Nobody has the empty address.
  CO_TRY(Candidate candidate, co_await state->read_candidate(find_person_by_email, canonical.value_or("")));
  auto checked = co_await State::check(state, canonical.value_or(email), std::move(candidate),
                                       std::move(password), std::move(client_address));
  co_return without_hash(std::move(checked));
}

Task<AccountResult<PasswordSignIn>> Accounts::check_password(std::string person_id, Secret password,
                                                             std::string client_address) {
  auto checked = co_await State::check_person(state_, std::move(person_id), std::move(password),
                                              std::move(client_address));
  co_return without_hash(std::move(checked));
}

Task<AccountResult<CheckedPassword>> Accounts::State::check_person(std::shared_ptr<State> self,
                                                                   std::string person_id, Secret password,
                                                                   std::string client_address) {
  CO_TRY(Candidate candidate, co_await self->read_candidate(find_person, std::move(person_id)));
  if (!candidate.row) co_return Error{Code::not_found, "no such person", "accounts"};
  const std::string account = candidate.row->person.email;
  co_return co_await check(self, account, std::move(candidate), std::move(password),
                           std::move(client_address));
}

Task<AccountResult<CheckedPassword>> Accounts::State::check(std::shared_ptr<State> self, std::string account,
                                                            Candidate candidate, Secret password,
                                                            std::string client_address) {
  if (password.size() > kMaxPasswordBytes) password = Secret();  // no account has either
  CO_TRY(Attempt attempt, co_await self->let_in(self->password_keys(account, client_address)));
  if (attempt.wait > 0) co_return refused<CheckedPassword>(too_many_attempts(attempt.wait));
  std::optional<PersonRow>& row = candidate.row;
  const PasswordRecord record = row ? row->password : PasswordRecord{};
  const std::string person_id = row ? row->person.id : "";
  auto verdict =
      co_await self->passwords.check(password, record, person_id, std::move(candidate.bcrypt_costs));
  if (!verdict.ok()) {
    (void)co_await self->excuse(std::move(attempt), "");
    co_return std::move(verdict).error();
  }
  if (!verdict->matches) co_return refused<CheckedPassword>(wrong_credentials());
  CO_CHECK(co_await self->excuse(std::move(attempt), account_throttle_key(account)));
  CheckedPassword checked;
  checked.sign_in.person = row->person;
  CO_TRY(UpToDate current,
         co_await bring_up_to_date(self, std::move(*row), std::move(password), std::move(*verdict)));
  checked.sign_in.vault_key = std::move(current.vault_key);
  checked.hash = std::move(current.hash);
  checked.sign_in.password_stamp = password_stamp(checked.hash);
  CO_TRY(checked.sign_in.second_factor_needed, co_await self->totp.is_on(person_id));
  co_return granted(std::move(checked));
}

Task<Result<Accounts::State::UpToDate>> Accounts::State::bring_up_to_date(std::shared_ptr<State> self,
                                                                          PersonRow row, Secret password,
                                                                          PasswordVerdict verdict) {
  const bool lacks_vault = row.vault_id.empty();
  if (!lacks_vault && !(verdict.outdated && verdict.vault_key)) {
    co_return UpToDate{std::move(verdict.vault_key), row.password.hash};
  }
  const Secret vault_key = lacks_vault ? make_vault_key(self->random) : *verdict.vault_key;
  auto record = co_await self->passwords.make(password, row.person.id, vault_key);
  if (!record.ok()) {
    log::warn("password_not_renewed", {{"detail", record.error().detail}});
    co_return UpToDate{std::move(verdict.vault_key), row.password.hash};
  }
  std::function<Result<bool>(sql::Transaction&)> store =
      [record = *record, id = row.person.id, vault_id = vault_key_id(vault_key), old_hash = row.password.hash,
       now = self->clock.now()](sql::Transaction& transaction) {
        return store_password(transaction, id, record, vault_id, old_hash, now);
      };
  CO_TRY(bool is_stored, co_await self->database.write_value(std::move(store)));
  if (is_stored) co_return UpToDate{vault_key, record->hash};
  // Another sign-in was quicker: its vault key is the person's.
  CO_TRY(std::optional<PersonRow> present, co_await self->read_person(row.person.id));
  if (!present) co_return Error{Code::not_found, "no such person", "accounts"};
  CO_TRY(PasswordVerdict again,
         co_await self->passwords.check(std::move(password), present->password, present->person.id));
  co_return UpToDate{std::move(again.vault_key), again.matches ? present->password.hash : row.password.hash};
}

Task<Result<Person>> Accounts::find(std::string person_id) {
  auto state = state_;
  CO_TRY(std::optional<PersonRow> row, co_await state->read_person(std::move(person_id)));
  if (!row) co_return Error{Code::not_found, "no such person", "accounts"};
  co_return row->person;
}

Task<Result<std::optional<std::string>>> Accounts::find_by_email(std::string email) {
  auto state = state_;
  std::optional<std::string> found;
  auto address = canonical_email(email);
  auto look_up = [&](sql::Transaction& transaction) -> Result<void> {
    VK_TRY(auto row, find_person_by_email(transaction, *address));
    if (row) found = row->person.id;
    return {};
  };
  if (address) CO_CHECK(co_await state->database.read(std::ref(look_up)));
  co_return found;
}

Task<Result<int64_t>> Accounts::delete_expired() {
  auto state = state_;
  std::function<Result<int64_t>(sql::Transaction&)> work =
      [now = state->clock.now()](sql::Transaction& transaction) -> Result<int64_t> {
    VK_TRY(int64_t throttles, delete_old_throttles(transaction, now));
    VK_TRY(int64_t links, delete_old_links(transaction, now));
    VK_TRY(int64_t awaited, delete_old_awaited(transaction, now));
    return throttles + links + awaited;
  };
  co_return co_await state->database.write_value(std::move(work));
}

}  // namespace valetkey::accounts
