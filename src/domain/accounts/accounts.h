// Registering, signing in with a password, resetting, changing, deleting, exporting. Rules and store; the
// portal face does cookies and JSON. Password hashing runs on its own bounded pool (queue full:
// Code::unavailable).
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "domain/accounts/browser_sessions.h"
#include "domain/accounts/hashings.h"
#include "domain/accounts/person.h"
#include "domain/accounts/second_factors.h"
#include "foundation/base/secret.h"
#include "foundation/crypto/password_hash.h"
#include "foundation/mail/mailer.h"
#include "foundation/net/blocking_pool.h"

namespace valetkey::accounts {

struct AccountOptions {
  std::string issuer;  // links in mails start with it
  std::string product_name = "Valetkey";
  Millis link_lifetime = kHour;  // of a verification or reset link
  // A refusal after so many failures of one account (whatever the address); the wait doubles up to max_wait,
  // and the owner always gets in by a reset link or a passkey.
  unsigned failures_before_wait = 5;
  Millis first_wait = 2 * kSecond;
  Millis max_wait = 15 * kMinute;
  // The same for one address (whatever the account): more, since many people may share it.
  unsigned address_failures_before_wait = 20;
  crypto::Argon2Cost cost = {};  // of a hash of another cost, the next sign-in makes one of this
};

// A problem a person can act on: `code` is a stable word for the page (wrong_credentials, link_expired,
// password_too_short, password_too_common, email_invalid, too_many_attempts, ...), `sentence` may be shown.
struct AccountProblem {
  std::string code;
  std::string sentence;
  Millis retry_after = 0;
};
template <class T>
using AccountResult = Result<std::variant<T, AccountProblem>>;

struct PasswordSignIn {
  Person person;
  std::optional<Secret> vault_key;
  bool second_factor_needed = false;  // do not begin a session before check_second_factor() or check_code()
  std::string password_stamp;         // for BrowserSessions::begin
  bool vault_is_new = false;  // the vault key is another than before: connected AIs must be connected again
};

class Accounts {
 public:
  // All outlive the workers. Several instances may share one store.
  Accounts(sql::Database& database, const Clock& clock, Random& random, net::BlockingPool& hashing,
           mail::Mailer& mailer, Totp& totp, AccountOptions options);
  ~Accounts();

  // The same answer and the same work whether the address is known or not: a mail tells the owner. The
  // account exists once the link of the mail was opened.
  Task<AccountResult<Unit>> register_person(std::string email, Secret password, std::string name,
                                            std::string client_address = "");
  // Also of a changed address: that link works only where its person is signed in already (`signed_in_as`),
  // so that a mistyped address gives the account to nobody.
  Task<AccountResult<PasswordSignIn>> verify_email(Secret token, std::string signed_in_as = "");
  // Unknown address: same answer, same work, whatever kinds of hashes the store holds. A bcrypt hash of an
  // imported account is replaced.
  Task<AccountResult<PasswordSignIn>> sign_in(std::string email, Secret password, std::string client_address);
  Task<AccountResult<Unit>> forgot_password(std::string email, std::string client_address);
  // Without a recovery code the vault key is lost and a new one made: what was connected must be connected
  // again. Ends every session.
  Task<AccountResult<PasswordSignIn>> reset_password(Secret token, Secret new_password,
                                                     std::optional<Secret> recovery_code);

  // Between a right password and a session, for a person with TOTP: 5 minutes and 5 tries in the browser in
  // which the password was given (`browser`: the browser cookie's value, which wraps the vault key
  // meanwhile).
  Task<Result<void>> await_second_factor(Secret browser, std::string person_id,
                                         std::optional<Secret> vault_key, std::string password_stamp = "");
  Task<Result<bool>> is_second_factor_awaited(Secret browser);
  // `code`: six digits or a recovery code.
  Task<AccountResult<PasswordSignIn>> check_second_factor(Secret browser, Secret code,
                                                          std::string client_address);
  // The code alone, of a person whose password was just checked (step-up). The vault key, when a recovery
  // code opened it.
  Task<AccountResult<std::optional<Secret>>> check_code(std::string person_id, Secret code,
                                                        std::string client_address);

  Task<AccountResult<PasswordSignIn>> check_password(std::string person_id, Secret password,
                                                     std::string client_address);  // step-up
  // Ends every session but `keep_session` (a BrowserSession::id) in the same transaction.
  Task<AccountResult<Unit>> change_password(std::string person_id, Secret current, Secret new_password,
                                            std::optional<Secret> vault_key, std::string client_address,
                                            std::string keep_session = "");
  Task<AccountResult<Unit>> change_email(std::string person_id, std::string email);  // mails both addresses
  Task<Result<void>> rename(std::string person_id,
                            std::string name);       // Code::invalid_argument: see check_name
  Task<Result<Person>> find(std::string person_id);  // Code::not_found
  // The id of who has this address; nothing: nobody.
  Task<Result<std::optional<std::string>>> find_by_email(std::string email);
  // Everything of the person goes, in one transaction; `also` deletes what other modules hold.
  Task<Result<void>> delete_account(std::string person_id,
                                    std::function<Result<void>(sql::Transaction&)> also);
  Task<Result<int64_t>> delete_expired();  // links, unverified registrations, throttle rows
  Hashings hashings() const;               // so far: a measure of load

 private:
  struct State;
  std::shared_ptr<State> state_;
};

// Users of the seed server's database (bcrypt hashes kept, checked at sign-in). How many were copied.
Result<int64_t> import_seed_users(sql::Database& from, sql::Database& to, Millis now);

const std::vector<sql::Migration>& account_migrations();            // number 11
const std::vector<sql::Migration>& imported_password_migrations();  // number 17

}  // namespace valetkey::accounts
