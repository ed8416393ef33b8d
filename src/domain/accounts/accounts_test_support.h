// An account server without HTTP: both engines, cheap hashing, and a mailbox instead of mail.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "domain/accounts/accounts.h"
#include "domain/accounts/store_test_support.h"
#include "domain/accounts/vault_key.h"
#include "foundation/crypto/crypto.h"
#include "tests/support/sql/await.h"
#include "tests/support/sql/temporary_database.h"

namespace valetkey::accounts::testing_support {

constexpr Millis kNow = 1'780'000'000'000;
inline const std::string kEmail = "ada@example.test";
inline const std::string kPassword = "planted-password-of-ada";
inline const std::string kAddress = "192.0.2.7";

struct Letter {
  std::string to, subject, text;
};

class Mailbox final : public mail::Mailer {
 public:
  Result<void> send(mail::Message message) override {
    std::lock_guard lock(mutex_);
    if (is_closed) return Error{Code::unavailable, "mail is off", "test"};
    letters_.push_back({message.to, message.subject, std::string(message.text.reveal())});
    return {};
  }
  std::vector<Letter> letters() {
    std::lock_guard lock(mutex_);
    return letters_;
  }
  size_t count() { return letters().size(); }
  Letter last() { return letters().empty() ? Letter{} : letters().back(); }
  // Of the newest letter to that address which has one; empty: none.
  std::string token_for(const std::string& to) {
    const auto all = letters();
    for (auto letter = all.rbegin(); letter != all.rend(); ++letter) {
      const size_t at = letter->text.find("#token=");
      if (letter->to == to && at != std::string::npos) return letter->text.substr(at + 7, 43);
    }
    return "";
  }
  bool is_closed = false;

 private:
  std::mutex mutex_;
  std::vector<Letter> letters_;
};

inline std::vector<sql::Migration> all_account_migrations() {
  std::vector<sql::Migration> all = account_migrations();
  for (const auto* more : {&second_factor_migrations(), &imported_password_migrations()}) {
    all.insert(all.end(), more->begin(), more->end());
  }
  return all;
}

inline AccountOptions account_options() {
  AccountOptions options;
  options.issuer = "https://valetkey.test";
  options.cost = {64, 1, 1};
  return options;
}

class AccountsTest : public testing::TestWithParam<sql::Database::Kind> {
 protected:
  AccountsTest() { EXPECT_TRUE(sql::migrate(store.get(), all_account_migrations(), kNow).ok()); }

  // The result's value; fails the test on a problem or an error.
  template <class T>
  static T expect_granted(AccountResult<T> result) {
    if (!result.ok()) {
      ADD_FAILURE() << result.error().detail;
      return T{};
    }
    if (auto* problem = std::get_if<AccountProblem>(&*result)) {
      ADD_FAILURE() << problem->code;
      return T{};
    }
    return std::get<T>(std::move(*result));
  }
  // The problem's word; "" when it was granted.
  template <class T>
  static std::string word_of(const AccountResult<T>& result) {
    if (!result.ok()) {
      ADD_FAILURE() << result.error().detail;
      return "error";
    }
    const auto* problem = std::get_if<AccountProblem>(&*result);
    return problem ? problem->code : "";
  }
  template <class T>
  static Millis wait_of(const AccountResult<T>& result) {
    const auto* problem = result.ok() ? std::get_if<AccountProblem>(&*result) : nullptr;
    return problem ? problem->retry_after : 0;
  }

  AccountResult<Unit> register_person(const std::string& email = kEmail,
                                      const std::string& password = kPassword) {
    return await_now(accounts.register_person(email, Secret(password), "Ada"));
  }
  AccountResult<PasswordSignIn> verify(const std::string& token, const std::string& signed_in_as = "") {
    return await_now(accounts.verify_email(Secret(token), signed_in_as));
  }
  AccountResult<PasswordSignIn> sign_in(const std::string& email = kEmail,
                                        const std::string& password = kPassword,
                                        const std::string& address = kAddress) {
    return await_now(accounts.sign_in(email, Secret(password), address));
  }
  AccountResult<Unit> forget(const std::string& email = kEmail, const std::string& address = kAddress) {
    return await_now(accounts.forgot_password(email, address));
  }
  AccountResult<PasswordSignIn> reset(const std::string& token, const std::string& password,
                                      std::optional<Secret> recovery_code = std::nullopt) {
    return await_now(accounts.reset_password(Secret(token), Secret(password), std::move(recovery_code)));
  }
  PasswordSignIn make_account(const std::string& email = kEmail, const std::string& password = kPassword) {
    EXPECT_EQ(word_of(register_person(email, password)), "");
    return expect_granted(verify(mailbox.token_for(email)));
  }
  // The cookie of a new session.
  Secret begin_session(const PasswordSignIn& signed_in) {
    auto cookie = await_now(
        sessions.begin(signed_in.person.id, {"pwd"}, signed_in.vault_key, {"test", kAddress}, std::nullopt));
    EXPECT_TRUE(cookie.ok());
    return *cookie;
  }
  bool is_alive(const Secret& cookie) { return await_now(sessions.find(cookie)).ok(); }

  void run(const char* text, std::vector<sql::Value> parameters = {}) {
    run_on(store.get(), text, parameters);
  }
  int64_t count(const char* text) { return count_in(store.get(), text); }
  std::string dump() {
    return stolen_bytes(
        store, {"SELECT * FROM persons", "SELECT * FROM browser_sessions", "SELECT * FROM account_links",
                "SELECT * FROM awaited_factors", "SELECT * FROM account_throttles", "SELECT * FROM totp",
                "SELECT * FROM recovery_codes"});
  }

  sql::TemporaryDatabase store{GetParam()};
  ManualClock clock{kNow};
  Random& random = crypto::system_random();
  net::BlockingPool hashing{2, 1000};
  Mailbox mailbox;
  Totp totp{store.get(), clock, random, Secret(std::string(32, 's')), "Valetkey"};
  Accounts accounts{store.get(), clock, random, hashing, mailbox, totp, account_options()};
  BrowserSessions sessions{store.get(), clock, random, SessionLimits{}};
};

}  // namespace valetkey::accounts::testing_support
