// What the tests of TOTP, recovery codes and passkeys share: a store with two persons, on both engines.
#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "domain/accounts/accounts.h"
#include "domain/accounts/second_factors.h"
#include "domain/accounts/store_test_support.h"
#include "domain/accounts/vault_key.h"
#include "foundation/crypto/crypto.h"
#include "tests/support/sql/await.h"
#include "tests/support/sql/temporary_database.h"

namespace valetkey::accounts {

constexpr Millis kTestNow = 1'780'000'000'000;

class SecondFactorTest : public testing::TestWithParam<sql::Database::Kind> {
 protected:
  SecondFactorTest() {
    std::vector<sql::Migration> all = account_migrations();
    all.insert(all.end(), second_factor_migrations().begin(), second_factor_migrations().end());
    EXPECT_TRUE(sql::migrate(store.get(), all, kTestNow).ok());
    for (const Person& person : {ada, bob}) {
      run("INSERT INTO persons (id, email, name, password_hash, password_wrap, vault_id, created_at, "
          "updated_at)"
          " VALUES ($1, $2, '', '', $3, $4, 1, 1)",
          {person.id, person.email, sql::Blob{}, vault_key_id(vault_key)});
    }
  }

  void run(const char* text, std::vector<sql::Value> parameters = {}) {
    testing_support::run_on(store.get(), text, parameters);
  }
  int64_t number(const char* text) { return testing_support::count_in(store.get(), text); }
  // As a reset password does it.
  void forget_vault_key() {
    vault_key = make_vault_key(crypto::system_random());
    run("UPDATE persons SET vault_id = $1", {vault_key_id(vault_key)});
  }

  sql::TemporaryDatabase store{GetParam()};
  ManualClock clock{kTestNow};
  Secret vault_key = make_vault_key(crypto::system_random());
  Person ada{"a0000000-0000-4000-8000-000000000001", "ada@example.test", true, "Ada", 1};
  Person bob{"b0000000-0000-4000-8000-000000000002", "bob@example.test", true, "", 1};
};

template <class T>
Code code_of(const Result<T>& result) {
  EXPECT_FALSE(result.ok());
  return result.ok() ? Code::internal : result.error().code;
}

}  // namespace valetkey::accounts
