// AuthAI's own table, made as AuthAI makes it, on both engines, into both engines.
#include <gtest/gtest.h>

#include "domain/vault/sealed_record.h"
#include "domain/vault/vault.h"
#include "domain/vault/vault_test_support.h"
#include "foundation/crypto/crypto.h"
#include "tests/support/sql/temporary_database.h"

namespace valetkey {
namespace {

using sql::Database;
using testing_support::kNow;
using testing_support::RotatingProvider;
using testing_support::Workers;
using Opened = Result<OpenCredential>;

constexpr const char* kSqliteTable =
    "CREATE TABLE auth_records (id TEXT PRIMARY KEY, iv BLOB NOT NULL, blob BLOB NOT NULL, account_id_hash "
    "TEXT NOT NULL,"
    " created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, expires_at INTEGER NOT NULL)";
constexpr const char* kPostgresTable =
    "CREATE TABLE auth_records (id TEXT PRIMARY KEY, iv BYTEA NOT NULL, blob BYTEA NOT NULL, account_id_hash "
    "TEXT NOT NULL,"
    " app_id TEXT, created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL, expires_at BIGINT NOT NULL)";

class ImportTest : public testing::TestWithParam<std::tuple<Database::Kind, Database::Kind>> {
 protected:
  ImportTest() {
    testing_support::migrate_or_die(to.get());
    run(from.get(), from->kind() == Database::Kind::sqlite ? kSqliteTable : kPostgresTable, {});
  }
  static void run(Database& database, const char* text, std::vector<sql::Value> parameters) {
    sql::Statement statement{text};
    auto done = database.write_now([&](sql::Transaction& transaction) -> Result<void> {
      VK_CHECK(transaction.run(statement, parameters));
      return {};
    });
    ASSERT_TRUE(done.ok()) << done.error().detail;
  }
  // As AuthAI seals and stores; the pass that AuthAI's JWT carries.
  CredentialKey add_record(const std::string& id, const std::string& account, Millis token_expiry,
                           Millis row_expiry) {
    CredentialKey key;
    key.id = CredentialId(id);
    key.key = Secret(crypto::system_random().bytes(kRecordKeySize));
    std::string plaintext = R"({"provider":"openai","access":"access-0","refresh":"refresh-0","expires":)" +
                            std::to_string(token_expiry) + R"(,"accountId":")" + account +
                            R"(","originator":"their app"})";
    std::string iv = crypto::system_random().bytes(12);
    std::string hash = identity_hash(testing_support::repeated(0x09), ProviderId::openai, account);
    run(from.get(),
        "INSERT INTO auth_records (id, iv, blob, account_id_hash, created_at, updated_at, expires_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7)",
        {id, sql::Blob{iv}, sql::Blob{crypto::aead_seal(key.key, iv, plaintext, "")}, hash, kNow - kDay,
         kNow - kDay, row_expiry});
    return key;
  }
  int64_t import() {
    auto copied = import_authai(from.get(), to.get(), kNow);
    EXPECT_TRUE(copied.ok()) << copied.error().detail;
    return copied.ok() ? *copied : -1;
  }
  Opened open(CredentialKey key) {
    return workers.run<Opened>([this, key] { return vault.open(key); });
  }

  sql::TemporaryDatabase from{std::get<0>(GetParam())}, to{std::get<1>(GetParam())};
  ManualClock clock{kNow};
  RotatingProvider provider{clock};
  Vault vault{to.get(), clock, crypto::system_random(), provider, testing_support::vault_options()};
  Workers workers;
};

INSTANTIATE_TEST_SUITE_P(Engines, ImportTest,
                         testing::Combine(testing::ValuesIn(sql::engines_under_test()),
                                          testing::ValuesIn(sql::engines_under_test())),
                         [](const auto& info) {
                           return "from_" + sql::engine_name(std::get<0>(info.param)) + "_to_" +
                                  sql::engine_name(std::get<1>(info.param));
                         });

TEST_P(ImportTest, AuthaisJwtsOpenTheirRecordsAndUsersKeepTheirIds) {
  CredentialKey key = add_record("01J00000000000000000000001", "acct", kNow + kHour, kNow + kDay);
  ASSERT_EQ(import(), 1);
  auto opened = open(key);
  ASSERT_TRUE(opened.ok()) << opened.error().detail;
  EXPECT_EQ(opened->tokens.access.reveal(), "access-0");
  EXPECT_EQ(opened->originator, "their app");
  EXPECT_EQ(opened->user.value, "ofKmjFHKEkc4GvVdcMrsADLcrMGJNe_Fk-dP5G4RgAc");

  NewCredential again;
  again.tokens = provider.first_tokens(kHour);
  auto fresh = testing_support::seal(to.get(), vault, again);
  ASSERT_TRUE(fresh.ok());
  EXPECT_EQ(open(*fresh)->user, opened->user);
}

TEST_P(ImportTest, ARefreshBindsTheRecordToItsPlaceUnderTheSameKey) {
  CredentialKey key = add_record("01J00000000000000000000001", "acct", kNow, kNow + kDay);
  ASSERT_EQ(import(), 1);
  auto format_in = [&](Database& database) {
    int64_t format = -1;
    sql::Statement statement{"SELECT sealed FROM credentials"};
    auto read = database.write_now([&](sql::Transaction& transaction) -> Result<void> {
      VK_TRY(sql::Rows rows, transaction.run(statement));
      format = rows.at(0).blob(0).at(0);
      return {};
    });
    EXPECT_TRUE(read.ok());
    return format;
  };
  EXPECT_EQ(format_in(to.get()), kAuthaiFormat);
  const UserId user = open(key)->user;
  auto refreshed = workers.run<Opened>([&] { return vault.open_for_use(key); });
  ASSERT_TRUE(refreshed.ok()) << refreshed.error().detail;
  EXPECT_EQ(refreshed->tokens.access.reveal(), "access-1");
  EXPECT_EQ(format_in(to.get()), kBoundFormat);
  EXPECT_EQ(open(key)->user, user);
  EXPECT_EQ(open(key)->originator, "their app");
}

TEST_P(ImportTest, TheIdStaysWhenTheIdentitySecretHasChangedSince) {
  CredentialKey key = add_record("01J00000000000000000000001", "acct", kNow, kNow + kDay);
  ASSERT_EQ(import(), 1);
  VaultOptions options;
  options.identity_secrets = {testing_support::repeated(0x0a), testing_support::repeated(0x09)};
  Vault rotated(to.get(), clock, crypto::system_random(), provider, options);
  NewCredential again;
  again.tokens = provider.first_tokens(kHour);
  auto fresh = testing_support::seal(to.get(), rotated, again);
  EXPECT_EQ(open(*fresh)->user.value, "ofKmjFHKEkc4GvVdcMrsADLcrMGJNe_Fk-dP5G4RgAc");
}

TEST_P(ImportTest, CopiesEachRowOnceAndNeverOverwritesOurs) {
  std::vector<CredentialKey> keys;
  for (int i = 0; i < 3; ++i) {
    keys.push_back(add_record("0" + std::to_string(i), "acct-" + std::to_string(i), kNow, kNow + kDay));
  }
  EXPECT_EQ(import(), 3);
  for (auto& key : keys) EXPECT_TRUE(open(key).ok());
  auto refreshed = workers.run<Opened>([&] { return vault.open_for_use(keys[0]); });
  run(from.get(), "UPDATE auth_records SET expires_at = expires_at + 1", {});
  EXPECT_EQ(import(), 0);
  EXPECT_EQ(open(keys[0])->version, refreshed.ok() ? 2 : 1);
}

TEST_P(ImportTest, ReadsPastOneBatchAndLeavesExpiredAndBrokenRowsBehind) {
  for (int i = 0; i < 520; ++i)
    add_record("id-" + std::to_string(i), "acct-" + std::to_string(i), kNow, kNow + kDay);
  add_record("expired", "acct-x", kNow, kNow);
  run(from.get(),
      "INSERT INTO auth_records (id, iv, blob, account_id_hash, created_at, updated_at, expires_at)"
      " VALUES ('broken', $1, $2, 'h', 0, 0, $3)",
      {sql::Blob{"short"}, sql::Blob{"short"}, kNow + kDay});
  EXPECT_EQ(import(), 520);
}

TEST_P(ImportTest, KeepsTheAppOfAuthaiCloudsRows) {
  if (from->kind() == Database::Kind::sqlite) return;  // has no such column
  CredentialKey key = add_record("01J00000000000000000000001", "acct", kNow + kHour, kNow + kDay);
  run(from.get(), "UPDATE auth_records SET app_id = 'app_1'", {});
  ASSERT_EQ(import(), 1);
  EXPECT_FALSE(open(key).ok());
  key.app = "app_1";
  EXPECT_TRUE(open(key).ok());
}

TEST_P(ImportTest, ASourceWithoutTheTableIsAnErrorAndCopiesNothing) {
  run(from.get(), "DROP TABLE auth_records", {});
  auto copied = import_authai(from.get(), to.get(), kNow);
  ASSERT_FALSE(copied.ok());
  EXPECT_EQ(copied.error().code, Code::store);
}

}  // namespace
}  // namespace valetkey
