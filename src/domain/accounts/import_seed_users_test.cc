// A database as the seed's apps-auth server leaves it.
#include "domain/accounts/accounts_test_support.h"

namespace valetkey::accounts {
namespace {

using namespace testing_support;

class ImportSeedUsersTest : public AccountsTest {
 protected:
  ImportSeedUsersTest() {
    seed_run(
        "CREATE TABLE users (uuid TEXT PRIMARY KEY, email TEXT NOT NULL UNIQUE, password_hash TEXT NOT NULL,"
        " display_name TEXT, created_at TEXT NOT NULL DEFAULT '', updated_at TEXT NOT NULL DEFAULT '')");
  }
  void seed_run(const char* text, std::vector<sql::Value> parameters = {}) {
    const sql::Statement statement{text};
    auto done = seed->write_now([&](sql::Transaction& transaction) -> Result<void> {
      VK_CHECK(transaction.run(statement, parameters));
      return {};
    });
    ASSERT_TRUE(done.ok()) << done.error().detail;
  }
  void add_user(const std::string& uuid, const std::string& email, sql::Value name,
                const std::string& hash = kHash) {
    seed_run("INSERT INTO users (uuid, email, password_hash, display_name) VALUES ($1, $2, $3, $4)",
             {uuid, email, hash, std::move(name)});
  }
  int64_t import() {
    auto copied = import_seed_users(seed.get(), store.get(), kNow);
    EXPECT_TRUE(copied.ok()) << copied.error().detail;
    return copied.ok() ? *copied : -1;
  }

  // bcrypt of "U*U", from the test vectors of the algorithm; cost 5.
  static constexpr const char* kHash = "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";
  static constexpr const char* kSeedPassword = "U*U";
  sql::TemporaryDatabase seed{GetParam()};
};

INSTANTIATE_TEST_SUITE_P(Engines, ImportSeedUsersTest, testing::ValuesIn(sql::engines_under_test()),
                         [](const auto& info) { return sql::engine_name(info.param); });

TEST_P(ImportSeedUsersTest, TheOldPasswordSignsInAndIsHashedAnewWithAVaultKey) {
  add_user("8c7f0c0e-0000-4000-8000-000000000001", "Ada@Example.test", std::string("Ada L"));
  EXPECT_EQ(import(), 1);
  EXPECT_EQ(count("SELECT COUNT(*) FROM persons WHERE password_hash LIKE '$2a$%' AND vault_id = ''"), 1);
  EXPECT_EQ(word_of(sign_in(kEmail, "not-the-password")), "wrong_credentials");
  auto first = expect_granted(sign_in(kEmail, kSeedPassword));
  EXPECT_EQ(first.person.id, "8c7f0c0e-0000-4000-8000-000000000001");
  EXPECT_EQ(first.person.name, "Ada L");
  ASSERT_TRUE(first.vault_key);
  EXPECT_EQ(count("SELECT COUNT(*) FROM persons WHERE password_hash LIKE '$argon2id$%' AND vault_id <> ''"),
            1);
  auto second = expect_granted(sign_in(kEmail, kSeedPassword));
  ASSERT_TRUE(second.vault_key);
  EXPECT_TRUE(*second.vault_key == *first.vault_key);
}

TEST_P(ImportSeedUsersTest, ParallelFirstSignInsAgreeOnOneVaultKey) {
  add_user("u1", kEmail, std::monostate{});
  EXPECT_EQ(import(), 1);
  std::vector<Task<AccountResult<PasswordSignIn>>> tasks;
  for (int i = 0; i < 4; ++i)
    tasks.push_back(accounts.sign_in(kEmail, Secret(std::string_view(kSeedPassword)), kAddress));
  auto results = await_all(std::move(tasks));
  auto later = expect_granted(sign_in(kEmail, kSeedPassword));
  for (auto& result : results) {
    auto signed_in = expect_granted(std::move(result));
    ASSERT_TRUE(signed_in.vault_key);
    EXPECT_TRUE(*signed_in.vault_key == *later.vault_key);
  }
}

TEST_P(ImportSeedUsersTest, ImportingAgainOrOverAnAccountChangesNothing) {
  make_account();
  add_user("u1", kEmail, std::string("Impostor"));
  add_user("u2", "bob@example.test", std::monostate{});
  add_user("u3", "not an address", std::monostate{});
  EXPECT_EQ(import(), 1);
  EXPECT_EQ(import(), 0);
  EXPECT_EQ(word_of(sign_in()), "");
  EXPECT_EQ(word_of(sign_in(kEmail, kSeedPassword)), "wrong_credentials");
  EXPECT_EQ(word_of(sign_in("bob@example.test", kSeedPassword)), "");
}

TEST_P(ImportSeedUsersTest, CopiesMoreThanOneBatch) {
  for (int i = 0; i < 1001; ++i) {
    const std::string number = std::to_string(i);
    add_user("u" + number, "user" + number + "@example.test", std::monostate{});
  }
  EXPECT_EQ(import(), 1001);
}

TEST_P(ImportSeedUsersTest, AnUnreadableHashSignsNobodyInAndALinkHelps) {
  add_user("u1", kEmail, std::monostate{}, "plain-text");
  EXPECT_EQ(import(), 1);
  EXPECT_EQ(word_of(sign_in(kEmail, "plain-text")), "wrong_credentials");
  (void)forget();
  EXPECT_EQ(word_of(reset(mailbox.token_for(kEmail), "brand-new-password")), "");
  EXPECT_EQ(word_of(sign_in(kEmail, "brand-new-password")), "");
}

TEST_P(ImportSeedUsersTest, ADatabaseWithoutUsersIsAnError) {
  sql::TemporaryDatabase empty{GetParam()};
  EXPECT_FALSE(import_seed_users(empty.get(), store.get(), kNow).ok());
}

}  // namespace
}  // namespace valetkey::accounts
