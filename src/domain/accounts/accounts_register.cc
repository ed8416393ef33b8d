// Registration and the links that confirm an address.
#include "domain/accounts/accounts_state.h"
#include "domain/accounts/email_address.h"
#include "domain/accounts/password_rules.h"
#include "domain/accounts/vault_key.h"
#include "foundation/base/ids.h"

namespace valetkey::accounts {
namespace {

// What a transaction found, for the mail after it.
struct Registered {
  Millis wait = 0;
  bool is_known = false;
  bool may_mail = false;
};

struct Verified {
  std::optional<PersonRow> row;  // nothing: the link is no longer good
  std::string link_wrap;
};

struct Moved {
  std::optional<Person> person;  // with the new address
  std::string old_email;
};

// The address is free only as long as nobody opened another link to it.
Result<Verified> complete_registration(sql::Transaction& transaction, const std::string& hash, Millis now) {
  VK_TRY(std::optional<LinkRow> link, take_link(transaction, hash, now));
  if (!link || link->kind != "registration") return Verified{};
  PersonRow row{{link->person_id, link->email, true, link->name, now}, link->password, link->vault_id};
  VK_TRY(bool is_new, insert_person(transaction, row, now));
  VK_CHECK(delete_links_to(transaction, link->email));
  if (!is_new) return Verified{};
  return Verified{std::move(row), link->link_wrap};
}

Result<Moved> complete_change(sql::Transaction& transaction, const std::string& hash, Millis now) {
  VK_TRY(std::optional<LinkRow> link, take_link(transaction, hash, now));
  if (!link || link->kind != "email") return Moved{};
  VK_TRY(std::optional<PersonRow> row, find_person(transaction, link->person_id));
  if (!row) return Moved{};
  Moved moved{row->person, row->person.email};
  moved.person->email = link->email;
  VK_CHECK(store_email(transaction, link->person_id, link->email, now));
  VK_CHECK(delete_links_of_person(transaction, link->person_id));  // those sent to the old address too
  VK_CHECK(delete_links_to(transaction, link->email));
  return moved;
}

}  // namespace

Task<AccountResult<Unit>> Accounts::register_person(std::string email, Secret password, std::string name,
                                                    std::string client_address) {
  auto state = state_;
  const std::optional<std::string> address = canonical_email(email);
  const std::optional<std::string> checked_name = check_name(name);
  if (!address) co_return refused<Unit>(email_invalid());
  if (!checked_name) co_return refused<Unit>(name_invalid());
  if (auto problem = refuse_password(password, *address)) co_return refused<Unit>(std::move(*problem));

  const Secret token = make_link_token(state->random), vault_key = make_vault_key(state->random);
  LinkRow link;
  link.token_hash = link_hash(token);
  link.person_id = make_uuid(state->random);
  link.email = *address;
  link.name = *checked_name;
  CO_TRY(link.password, co_await state->passwords.make(std::move(password), link.person_id, vault_key));
  link.vault_id = vault_key_id(vault_key);
  link.link_wrap = wrap_vault_key(token, link_place(link.person_id), vault_key, state->random);
  link.expires_at = state->clock.now() + state->options.link_lifetime;

  std::function<Result<Registered>(sql::Transaction&)> store =
      [state, link, client_address](sql::Transaction& transaction) -> Result<Registered> {
    Registered done;
    VK_TRY(done.wait, state->mails_wait(transaction, client_address));
    if (done.wait > 0) return done;
    VK_TRY(done.may_mail, state->may_mail(transaction, link.email));
    VK_TRY(std::optional<PersonRow> owner, find_person_by_email(transaction, link.email));
    done.is_known = owner.has_value();
    LinkRow stored = link;
    stored.kind = done.is_known || !done.may_mail ? "nothing" : "registration";
    VK_CHECK(insert_link(transaction, stored));
    return done;
  };
  CO_TRY(Registered done, co_await state->database.write_value(std::move(store)));
  if (done.wait > 0) co_return refused<Unit>(too_many_attempts(done.wait));
  if (done.may_mail) {
    CO_CHECK(state->mailer.send(done.is_known ? known_address_mail(state->sender, *address)
                                              : verification_mail(state->sender, *address, token)));
  }
  co_return granted(Unit{});
}

Task<AccountResult<PasswordSignIn>> Accounts::verify_email(Secret token, std::string signed_in_as) {
  auto state = state_;
  const std::string hash = link_hash(token);
  const Millis now = state->clock.now();
  std::function<Result<std::optional<LinkRow>>(sql::Transaction&)> look = [=](sql::Transaction& transaction) {
    return find_link(transaction, hash, now);
  };
  CO_TRY(std::optional<LinkRow> link, co_await state->database.read_value(std::move(look)));
  const bool confirms = link && (link->kind == "registration" || link->kind == "email");
  if (!confirms) co_return refused<PasswordSignIn>(link_expired());
  PasswordSignIn result;
  if (link->kind == "email") {
    if (link->person_id != signed_in_as) {
      co_return refused<PasswordSignIn>(
          {"sign_in_required", "Sign in to your account in this browser, then open the link again."});
    }
    std::function<Result<Moved>(sql::Transaction&)> change = [=](sql::Transaction& transaction) {
      return complete_change(transaction, hash, now);
    };
    auto moved = co_await state->database.write_value(std::move(change));
    const bool is_taken = !moved.ok() && moved.error().code == Code::conflict;
    if (is_taken || (moved.ok() && !moved->person)) co_return refused<PasswordSignIn>(link_expired());
    if (!moved.ok()) co_return std::move(moved).error();
    state->mail_or_log(address_changed_mail(state->sender, moved->old_email, moved->person->email));
    result.person = std::move(*moved->person);
    co_return granted(std::move(result));
  }
  std::function<Result<Verified>(sql::Transaction&)> complete = [=](sql::Transaction& transaction) {
    return complete_registration(transaction, hash, now);
  };
  CO_TRY(Verified verified, co_await state->database.write_value(std::move(complete)));
  if (!verified.row) co_return refused<PasswordSignIn>(link_expired());
  result.person = std::move(verified.row->person);
  auto vault_key = unwrap_vault_key(token, link_place(result.person.id), verified.link_wrap);
  if (vault_key.ok()) result.vault_key = std::move(*vault_key);
  co_return granted(std::move(result));
}

Task<AccountResult<Unit>> Accounts::change_email(std::string person_id, std::string email) {
  auto state = state_;
  const std::optional<std::string> address = canonical_email(email);
  if (!address) co_return refused<Unit>(email_invalid());
  CO_TRY(Person person, co_await find(person_id));
  if (person.email == *address) {
    co_return refused<Unit>({"email_invalid", "This is your e-mail address already."});
  }
  const Secret token = make_link_token(state->random);
  LinkRow link;
  link.token_hash = link_hash(token);
  link.person_id = person_id;
  link.email = *address;
  link.expires_at = state->clock.now() + state->options.link_lifetime;
  std::function<Result<Registered>(sql::Transaction&)> store =
      [state, link](sql::Transaction& transaction) -> Result<Registered> {
    Registered done;
    VK_TRY(done.may_mail, state->may_mail(transaction, link.email));
    VK_TRY(std::optional<PersonRow> owner, find_person_by_email(transaction, link.email));
    done.is_known = owner.has_value();
    LinkRow stored = link;
    stored.kind = done.is_known || !done.may_mail ? "nothing" : "email";
    VK_CHECK(insert_link(transaction, stored));
    return done;
  };
  CO_TRY(Registered done, co_await state->database.write_value(std::move(store)));
  if (done.may_mail) {
    CO_CHECK(state->mailer.send(done.is_known ? taken_address_mail(state->sender, *address)
                                              : new_address_mail(state->sender, *address, token)));
    state->mail_or_log(old_address_mail(state->sender, person.email, *address));
  }
  co_return granted(Unit{});
}

}  // namespace valetkey::accounts
