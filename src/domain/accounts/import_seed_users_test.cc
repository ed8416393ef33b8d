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
    run_on(seed.get(), text, parameters);
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

  // Of a wrong password, each time from another address.
  Hashings work_of(const std::string& email, const std::string& password = "not-the-password") {
    const Hashings before = accounts.hashings();
    EXPECT_EQ(word_of(sign_in(email, password, "from " + std::to_string(++guesses_))), "wrong_credentials");
    return accounts.hashings() - before;
  }

  // bcrypt of "U*U", from the test vectors of the algorithm; cost 5.
  static constexpr const char* kHash = "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";
  static constexpr const char* kSeedPassword = "U*U";
  sql::TemporaryDatabase seed{GetParam()};

 private:
  int guesses_ = 0;
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

// The address of an imported person cannot be told by the time of a wrong guess.
TEST_P(ImportSeedUsersTest, WhileABcryptHashIsLeftEveryWrongPasswordCostsEveryKind) {
  auto ada = make_account();
  EXPECT_EQ(work_of(kEmail), (Hashings{.argon2id = 1}));
  add_user("u1", "five@example.test", std::monostate{});
  add_user("u2", "four@example.test", std::monostate{}, crypto::bcrypt_of_nobody(4));
  add_user("u3", "broken@example.test", std::monostate{}, "$2a$05$!" + std::string(kHash).substr(8));
  add_user("u4", "plain@example.test", std::monostate{}, "plain-text");
  add_user("u5", "beyond@example.test", std::monostate{}, crypto::bcrypt_of_nobody(17));
  EXPECT_EQ(import(), 5);
  for (const char* email :
       {"ada@example.test", "five@example.test", "four@example.test", "no address", "nobody@example.test",
        "broken@example.test", "plain@example.test", "beyond@example.test"}) {
    EXPECT_EQ(work_of(email), (Hashings{.argon2id = 1, .bcrypt = 2, .bcrypt_rounds = 32 + 16})) << email;
    // bcrypt reads a C string, so this is refused before any round.
    EXPECT_EQ(work_of(email, std::string("a\0b", 3)), (Hashings{.argon2id = 1})) << email;
  }
  const Hashings before = accounts.hashings();
  EXPECT_EQ(
      word_of(await_now(accounts.check_password(ada.person.id, Secret(std::string("wrong")), "step-up"))),
      "wrong_credentials");
  EXPECT_EQ(accounts.hashings() - before, (Hashings{.argon2id = 1, .bcrypt = 2, .bcrypt_rounds = 48}));
}

TEST_P(ImportSeedUsersTest, OnceTheLastBcryptHashIsReplacedArgon2idIsDoneAlone) {
  make_account();
  add_user("u1", "five@example.test", std::monostate{});
  add_user("u2", "four@example.test", std::monostate{}, crypto::bcrypt_of_nobody(4));
  EXPECT_EQ(import(), 2);
  EXPECT_EQ(word_of(sign_in("five@example.test", kSeedPassword)), "");
  for (const char* email :
       {"ada@example.test", "five@example.test", "four@example.test", "nobody@example.test"})
    EXPECT_EQ(work_of(email), (Hashings{.argon2id = 1, .bcrypt = 1, .bcrypt_rounds = 16})) << email;
  (void)forget("four@example.test");
  EXPECT_EQ(word_of(reset(mailbox.token_for("four@example.test"), "brand-new-password")), "");
  for (const char* email :
       {"ada@example.test", "five@example.test", "four@example.test", "nobody@example.test"})
    EXPECT_EQ(work_of(email), (Hashings{.argon2id = 1})) << email;
}

TEST_P(ImportSeedUsersTest, ADatabaseWithoutUsersIsAnError) {
  sql::TemporaryDatabase empty{GetParam()};
  EXPECT_FALSE(import_seed_users(empty.get(), store.get(), kNow).ok());
}

}  // namespace
}  // namespace valetkey::accounts
