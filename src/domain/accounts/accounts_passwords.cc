// Forgotten and changed passwords.
#include "domain/accounts/accounts_state.h"
#include "domain/accounts/awaited_factors.h"
#include "domain/accounts/email_address.h"
#include "domain/accounts/password_rules.h"
#include "domain/accounts/password_stamp.h"
#include "domain/accounts/vault_key.h"

namespace valetkey::accounts {
namespace {

constexpr sql::Statement kEndSessions{"DELETE FROM browser_sessions WHERE person_id = $1 AND id <> $2"};

struct Asked {
  Millis wait = 0;
  std::optional<Person> person;
  bool may_mail = false;
};

struct NewPassword {
  std::string person_id;
  PasswordRecord record;
  std::string vault_id;
  std::optional<std::string> old_hash;  // must still be this one
  std::string keep_session;
};

// With the password goes all that rests on the old one: sessions, links, sign-ins that wait for a code.
Result<bool> replace_password(sql::Transaction& transaction, const NewPassword& password, Millis now) {
  VK_TRY(bool is_stored, store_password(transaction, password.person_id, password.record, password.vault_id,
                                        password.old_hash, now));
  if (!is_stored) return false;
  VK_CHECK(transaction.run(kEndSessions, {password.person_id, password.keep_session}));
  VK_CHECK(delete_links_of_person(transaction, password.person_id));
  VK_CHECK(delete_awaited_of(transaction, password.person_id));
  return true;
}

// Exactly one of parallel uses of a link gets here with a row.
Result<bool> reset_by_link(sql::Transaction& transaction, const std::string& hash,
                           const NewPassword& password, const std::string& email, Millis now) {
  VK_TRY(std::optional<LinkRow> link, take_link(transaction, hash, now));
  if (!link || link->kind != "reset") return false;
  VK_TRY(bool is_stored, replace_password(transaction, password, now));
  VK_CHECK(clear_throttle(transaction, account_throttle_key(email)));
  return is_stored;
}

}  // namespace

Task<AccountResult<Unit>> Accounts::forgot_password(std::string email, std::string client_address) {
  auto state = state_;
  const std::optional<std::string> address = canonical_email(email);
  if (!address) co_return refused<Unit>(email_invalid());
  const Secret token = make_link_token(state->random);
  LinkRow link;
  link.token_hash = link_hash(token);
  link.email = *address;
  link.expires_at = state->clock.now() + state->options.link_lifetime;
  std::function<Result<Asked>(sql::Transaction&)> store =
      [=](sql::Transaction& transaction) -> Result<Asked> {
    Asked asked;
    VK_TRY(asked.wait, state->mails_wait(transaction, client_address));
    if (asked.wait > 0) return asked;
    VK_TRY(asked.may_mail, state->may_mail(transaction, link.email));
    VK_TRY(std::optional<PersonRow> row, find_person_by_email(transaction, link.email));
    if (row) asked.person = row->person;
    LinkRow stored = link;
    stored.kind = asked.person && asked.may_mail ? "reset" : "nothing";
    stored.person_id = asked.person ? asked.person->id : "";
    VK_CHECK(insert_link(transaction, stored));
    return asked;
  };
  CO_TRY(Asked asked, co_await state->database.write_value(std::move(store)));
  if (asked.wait > 0) co_return refused<Unit>(too_many_attempts(asked.wait));
  // A mail that cannot be sent must not show who has an account.
  if (asked.person && asked.may_mail) state->mail_or_log(reset_mail(state->sender, *address, token));
  co_return granted(Unit{});
}

Task<AccountResult<PasswordSignIn>> Accounts::reset_password(Secret token, Secret new_password,
                                                             std::optional<Secret> recovery_code) {
  auto state = state_;
  const std::string hash = link_hash(token);
  const Millis now = state->clock.now();
  std::function<Result<std::optional<PersonRow>>(sql::Transaction&)> look =
      [=](sql::Transaction& transaction) -> Result<std::optional<PersonRow>> {
    VK_TRY(std::optional<LinkRow> link, find_link(transaction, hash, now));
    if (!link || link->kind != "reset") return std::optional<PersonRow>();
    return find_person(transaction, link->person_id);
  };
  CO_TRY(std::optional<PersonRow> row, co_await state->database.read_value(std::move(look)));
  if (!row) co_return refused<PasswordSignIn>(link_expired());
  if (auto problem = refuse_password(new_password, row->person.email)) {
    co_return refused<PasswordSignIn>(std::move(*problem));
  }
  PasswordSignIn result;
  result.person = row->person;
  if (recovery_code && !recovery_code->empty()) {
    auto opened = co_await state->totp.use_recovery_code(row->person.id, std::move(*recovery_code));
    if (!opened.ok() && opened.error().code == Code::unauthorized) {
      co_return refused<PasswordSignIn>(
          {"wrong_code", "This recovery code is not right or was used already."});
    }
    if (!opened.ok()) co_return std::move(opened).error();
    if (*opened && vault_key_id(**opened) == row->vault_id) result.vault_key = std::move(*opened);
  } else {
    CO_TRY(result.second_factor_needed, co_await state->totp.is_on(row->person.id));
  }
  result.vault_is_new = !result.vault_key;
  if (result.vault_is_new) result.vault_key = make_vault_key(state->random);

  NewPassword password{row->person.id, {}, vault_key_id(*result.vault_key), std::nullopt, ""};
  CO_TRY(password.record,
         co_await state->passwords.make(std::move(new_password), row->person.id, *result.vault_key));
  std::function<Result<bool>(sql::Transaction&)> reset =
      [=, email = row->person.email](sql::Transaction& transaction) {
        return reset_by_link(transaction, hash, password, email, now);
      };
  CO_TRY(bool is_reset, co_await state->database.write_value(std::move(reset)));
  if (!is_reset) co_return refused<PasswordSignIn>(link_expired());
  result.password_stamp = password_stamp(password.record.hash);
  state->mail_or_log(password_changed_mail(state->sender, row->person.email));
  co_return granted(std::move(result));
}

Task<AccountResult<Unit>> Accounts::change_password(std::string person_id, Secret current,
                                                    Secret new_password, std::optional<Secret> vault_key,
                                                    std::string client_address, std::string keep_session) {
  auto state = state_;
  CO_TRY(auto result, co_await State::check_person(state, person_id, std::move(current), client_address));
  if (auto* problem = std::get_if<AccountProblem>(&result)) co_return refused<Unit>(std::move(*problem));
  CheckedPassword& checked = std::get<CheckedPassword>(result);
  const Person& person = checked.sign_in.person;
  if (auto problem = refuse_password(new_password, person.email))
    co_return refused<Unit>(std::move(*problem));
  Secret kept;
  if (checked.sign_in.vault_key) {
    kept = std::move(*checked.sign_in.vault_key);
  } else {  // the wrap does not open; the session may still hold the key
    CO_TRY(std::optional<PersonRow> row, co_await state->read_person(person_id));
    const bool fits = row && vault_key && vault_key_id(*vault_key) == row->vault_id;
    kept = fits ? std::move(*vault_key) : make_vault_key(state->random);
  }
  NewPassword password{person_id, {}, vault_key_id(kept), checked.hash, std::move(keep_session)};
  CO_TRY(password.record, co_await state->passwords.make(std::move(new_password), person_id, kept));
  std::function<Result<bool>(sql::Transaction&)> store =
      [password, now = state->clock.now()](sql::Transaction& transaction) {
        return replace_password(transaction, password, now);
      };
  CO_TRY(bool is_stored, co_await state->database.write_value(std::move(store)));
  if (!is_stored) co_return refused<Unit>(wrong_credentials());  // changed elsewhere meanwhile
  state->mail_or_log(password_changed_mail(state->sender, person.email));
  co_return granted(Unit{});
}

}  // namespace valetkey::accounts
