// What the parts of Accounts share. Private to this folder.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "domain/accounts/accounts.h"
#include "domain/accounts/mail_texts.h"
#include "domain/accounts/password_work.h"
#include "domain/accounts/person_rows.h"
#include "domain/accounts/throttle.h"

namespace valetkey::accounts {

// A password that matched.
struct CheckedPassword {
  PasswordSignIn sign_in;
  std::string hash;  // what the store holds for it now; a change must find this one
};

// Whose password is to be checked, if anybody's, and the kinds of work that hides who it is.
struct Candidate {
  std::optional<PersonRow> row;
  std::vector<int> bcrypt_costs;
};

struct Accounts::State {
  State(sql::Database& db, const Clock& c, Random& r, net::BlockingPool& pool, mail::Mailer& m, Totp& t,
        AccountOptions o);

  sql::Database& database;
  const Clock& clock;
  Random& random;
  mail::Mailer& mailer;
  Totp& totp;
  const AccountOptions options;
  const MailSender sender;
  PasswordWork passwords;

  // Guesses of a password, by `account` (an e-mail address) and by address.
  std::vector<ThrottleKey> password_keys(const std::string& account, const std::string& client_address) const;
  std::vector<ThrottleKey> address_key(const std::string& client_address) const;
  ThrottleRule account_rule() const;
  Task<Result<Attempt>> let_in(std::vector<ThrottleKey> keys);
  // The attempt was none: a right password (`clears` forgets all failures of that key), or the server's own
  // failure.
  Task<Result<void>> excuse(Attempt attempt, std::string clears);

  // Whether one more mail may go to that address now. Inside a transaction.
  Result<bool> may_mail(sql::Transaction& transaction, const std::string& email) const;
  // 0, or how long that client must wait before it causes another mail. Inside a transaction.
  Result<Millis> mails_wait(sql::Transaction& transaction, const std::string& client_address) const;

  Task<Result<std::optional<PersonRow>>> read_person(std::string id);
  // By find_person or find_person_by_email.
  using Finder = Result<std::optional<PersonRow>> (*)(sql::Transaction&, const std::string&);
  Task<Result<Candidate>> read_candidate(Finder finder, std::string id_or_email);

  // The rule behind sign_in and check_password. `account` is the throttle's key also when there is no row.
  static Task<AccountResult<CheckedPassword>> check(std::shared_ptr<State> self, std::string account,
                                                    Candidate candidate, Secret password,
                                                    std::string client_address);
  static Task<AccountResult<CheckedPassword>> check_person(std::shared_ptr<State> self, std::string person_id,
                                                           Secret password, std::string client_address);
  // An imported hash is replaced, a missing vault key made.
  struct UpToDate {
    std::optional<Secret> vault_key;
    std::string hash;
  };
  static Task<Result<UpToDate>> bring_up_to_date(std::shared_ptr<State> self, PersonRow row, Secret password,
                                                 PasswordVerdict verdict);
  // For a person whose password was checked.
  static Task<AccountResult<std::optional<Secret>>> check_code(std::shared_ptr<State> self,
                                                               std::string person_id, Secret code,
                                                               std::string client_address);

  void mail_or_log(mail::Message message) const;  // for mails whose failure must not show
};

// 32 random bytes as base64url; the store keeps the hash.
Secret make_link_token(Random& random);
std::string link_hash(const Secret& token);
std::string link_place(const std::string& person_id);  // for the vault key under a link's token
std::string account_throttle_key(const std::string& email);

template <class T>
AccountResult<T> granted(T value) {
  return std::variant<T, AccountProblem>(std::in_place_index<0>, std::move(value));
}
template <class T>
AccountResult<T> refused(AccountProblem problem) {
  return std::variant<T, AccountProblem>(std::in_place_index<1>, std::move(problem));
}
AccountProblem wrong_credentials();
AccountProblem wrong_code();
AccountProblem link_expired();
AccountProblem email_invalid();
AccountProblem name_invalid();
AccountProblem sign_in_again();
AccountProblem too_many_attempts(Millis wait);

}  // namespace valetkey::accounts
