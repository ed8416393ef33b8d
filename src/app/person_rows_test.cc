// What a deleted account, or a disconnected AI, takes with it outside domain/accounts.
#include "app/person_rows.h"

#include "app/migrations.h"
#include "domain/accounts/accounts_test_support.h"
#include "domain/accounts/person_rows.h"
#include "domain/authorization/connected_ai.h"
#include "domain/vault/credential_rows.h"

namespace valetkey {
namespace {

using accounts::testing_support::kNow;

class PersonRowsTest : public testing::TestWithParam<sql::Database::Kind> {
 protected:
  PersonRowsTest() {
    EXPECT_TRUE(sql::migrate(store.get(), house_migrations(), kNow).ok());
    for (const char* id : {"ada", "bob"}) {
      const accounts::PersonRow row{{id, std::string(id) + "@example.test", true, "", kNow}, {"x", ""}, ""};
      write([&](sql::Transaction& transaction) { return accounts::insert_person(transaction, row, kNow); });
    }
  }

  template <class Work>
  void write(const Work& work) {
    auto done = store->write_now([&](sql::Transaction& transaction) -> Result<void> {
      VK_CHECK(work(transaction));
      return {};
    });
    ASSERT_TRUE(done.ok()) << done.error().detail;
  }
  // As a sign-in at a provider leaves it.
  CredentialKey add_credential(const std::string& id) {
    CredentialKey key{CredentialId(id), Secret(random.bytes(kRecordKeySize)), ProviderId::openai, ""};
    CredentialRow row;
    row.id = key.id;
    row.sealed = "sealed";
    row.user = UserId("user");
    row.provider = "openai";
    row.expires_at = kNow + 365 * kDay;
    write([&](sql::Transaction& transaction) { return insert_credential(transaction, row, kNow, kNow); });
    return key;
  }
  void connect(const std::string& person, const Secret& vault_key, const std::string& credential) {
    const CredentialKey key = add_credential(credential);
    write([&](sql::Transaction& transaction) {
      return authorization::connect_ai(transaction, person, vault_key, key, "", kNow, random);
    });
  }
  Result<void> delete_account(const std::string& person, bool fails_at_last = false) {
    return await_now(accounts.delete_account(person, [=](sql::Transaction& transaction) -> Result<void> {
      VK_CHECK(forget_person(transaction, person));
      if (fails_at_last) return Error{Code::store, "no", "test"};
      return {};
    }));
  }
  // Ids of all credentials, or of the connected ones.
  std::vector<std::string> list(const char* text) {
    std::vector<std::string> ids;
    const sql::Statement statement{text};
    write([&](sql::Transaction& transaction) -> Result<void> {
      ids.clear();
      VK_TRY(sql::Rows rows, transaction.run(statement));
      for (const sql::Row& row : rows) ids.push_back(row.text(0));
      return {};
    });
    return ids;
  }
  std::vector<std::string> credentials() { return list("SELECT id FROM credentials ORDER BY id"); }

  sql::TemporaryDatabase store{GetParam()};
  ManualClock clock{kNow};
  Random& random = crypto::system_random();
  net::BlockingPool hashing{1, 10};
  accounts::testing_support::Mailbox mailbox;
  accounts::Totp totp{store.get(), clock, random, Secret(std::string(32, 's')), "Valetkey"};
  accounts::Accounts accounts{
      store.get(), clock, random, hashing, mailbox, totp, accounts::testing_support::account_options()};
};

INSTANTIATE_TEST_SUITE_P(Engines, PersonRowsTest, testing::ValuesIn(sql::engines_under_test()),
                         [](const auto& info) { return sql::engine_name(info.param); });

TEST_P(PersonRowsTest, ADeletedAccountTakesTheSealedCredentialsOfItsConnectedAisAndNoOthers) {
  const Secret lost = accounts::make_vault_key(random), present = accounts::make_vault_key(random);
  connect("ada", lost, "of ada, before her vault key was lost");
  connect("ada", present, "of ada");
  connect("bob", accounts::make_vault_key(random), "of bob");
  add_credential("of an app's own sign-in");

  EXPECT_FALSE(delete_account("ada", true).ok());
  EXPECT_EQ(credentials().size(), 4u) << "all or nothing";
  ASSERT_TRUE(delete_account("ada").ok());
  EXPECT_EQ(credentials(), (std::vector<std::string>{"of an app's own sign-in", "of bob"}));
  EXPECT_EQ(list("SELECT credential_id FROM account_ai"), std::vector<std::string>{"of bob"});
}

TEST_P(PersonRowsTest, ADisconnectedAiLeavesNoSealedCredentialAndOnlyItsPersonCanDisconnectIt) {
  connect("ada", accounts::make_vault_key(random), "of ada");
  const auto disconnect = [&](const char* person) {
    bool known = false;
    write([&](sql::Transaction& transaction) -> Result<void> {
      VK_TRY(known, authorization::disconnect_ai(transaction, person, "of ada"));
      return {};
    });
    return known;
  };
  EXPECT_FALSE(disconnect("bob"));
  EXPECT_EQ(credentials().size(), 1u);
  EXPECT_TRUE(disconnect("ada"));
  EXPECT_TRUE(credentials().empty());
  EXPECT_FALSE(disconnect("ada"));
}

TEST_P(PersonRowsTest, ACredentialThatIsGoneAlreadyKeepsNoAccountAlive) {
  connect("ada", accounts::make_vault_key(random), "expired");
  write(
      [](sql::Transaction& transaction) { return delete_credential(transaction, CredentialId("expired")); });
  EXPECT_TRUE(delete_account("ada").ok());
  EXPECT_EQ(delete_account("ada").error().code, Code::not_found);
}

}  // namespace
}  // namespace valetkey
