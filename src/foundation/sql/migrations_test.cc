#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "foundation/sql/database.h"
#include "tests/support/sql/await.h"
#include "tests/support/sql/temporary_database.h"

namespace valetkey::sql {
namespace {

const Migration kFirst{1, "people", "CREATE TABLE people (id TEXT PRIMARY KEY, picture {blob})"};
const Migration kSecond{
    2, "pets",
    "-- A pet has an owner;\nCREATE TABLE pets (id TEXT PRIMARY KEY, owner TEXT NOT NULL);\n"
    "CREATE INDEX pets_by_owner ON pets (owner);\n\n"
    "INSERT INTO pets (id, owner) VALUES ('rex', 'a;b');\n"};
const Migration kThird{5, "names", "ALTER TABLE pets ADD COLUMN name TEXT;\n"};

class MigrationsTest : public testing::TestWithParam<Database::Kind> {
 protected:
  MigrationsTest() : database(GetParam()) {}
  Result<int> apply(std::vector<Migration> migrations) { return migrate(database.get(), migrations, 1234); }
  Code refusal(std::vector<Migration> migrations) {
    const auto result = apply(std::move(migrations));
    return result.ok() ? Code::timeout : result.error().code;
  }
  bool works(const char* statement) {
    return database
        ->write_now([&](Transaction& transaction) -> Result<void> {
          VK_CHECK(transaction.run({statement}));
          return {};
        })
        .ok();
  }

  TemporaryDatabase database;
};

TEST_P(MigrationsTest, AppliesWhatIsMissingInOrder) {
  EXPECT_EQ(*apply({}), 0);
  EXPECT_EQ(*apply({kFirst}), 1);
  EXPECT_EQ(*apply({kFirst, kSecond, kThird}), 2);
  EXPECT_EQ(*apply({kFirst, kSecond, kThird}), 0);
  EXPECT_TRUE(works("SELECT picture FROM people"));
  EXPECT_TRUE(works("SELECT name FROM pets"));
  const std::function<Result<Rows>(Transaction&)> list = [](Transaction& transaction) {
    return transaction.run(
        {"SELECT number, name, checksum, applied_at FROM schema_migrations ORDER BY number"});
  };
  const Rows rows = *await_now(database->read_value(list));
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_EQ(rows[2].integer(0), 5);
  EXPECT_EQ(rows[2].text(1), "names");
  EXPECT_EQ(rows[2].text(2).size(), 64u);
  EXPECT_EQ(rows[2].integer(3), 1234);
}

TEST_P(MigrationsTest, AChangedTextIsRefusedAndNothingIsApplied) {
  ASSERT_TRUE(apply({kFirst}).ok());
  EXPECT_EQ(refusal({{1, "people", "CREATE TABLE people (id TEXT PRIMARY KEY, picture {blob} )"}, kSecond}),
            Code::conflict);
  EXPECT_FALSE(works("SELECT * FROM pets"));
}

TEST_P(MigrationsTest, ADatabaseNewerThanTheProgramIsRefused) {
  ASSERT_TRUE(apply({kFirst, kSecond}).ok());
  EXPECT_EQ(refusal({kFirst}), Code::conflict);
  EXPECT_EQ(refusal({}), Code::conflict);
}

TEST_P(MigrationsTest, AMigrationPutInBeforeAnAppliedOneIsRefused) {
  const Migration empty{5, "empty", "-- nothing\n"};
  ASSERT_TRUE(apply({kFirst, empty}).ok());
  EXPECT_EQ(refusal({kFirst, kSecond, empty}), Code::conflict);
}

TEST_P(MigrationsTest, ABadListIsOurOwnDefect) {
  EXPECT_EQ(refusal({kSecond, kFirst}), Code::internal);
  EXPECT_EQ(refusal({kFirst, kFirst}), Code::internal);
  EXPECT_EQ(refusal({{0, "zero", ""}}), Code::internal);
}

TEST_P(MigrationsTest, AFailingMigrationLeavesNothingBehind) {
  const auto result =
      apply({kFirst, {2, "broken", "CREATE TABLE half (id TEXT);\nCREATE TABEL other (id TEXT)"}});
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code, Code::store);
  EXPECT_NE(result.error().detail.find("migration 2 (broken)"), std::string::npos) << result.error().detail;
  EXPECT_FALSE(works("SELECT * FROM people"));
  EXPECT_FALSE(works("SELECT * FROM half"));
  EXPECT_EQ(*apply({kFirst, kSecond}), 2);
}

TEST_P(MigrationsTest, InstancesThatStartTogetherApplyEachOnce) {
  std::atomic<int> applied = 0;
  std::vector<std::thread> instances;
  for (int i = 0; i < 6; ++i) {
    instances.emplace_back([&] {
      const auto instance = database.open_another();
      const auto count = migrate(*instance, {kFirst, kSecond, kThird}, 1);
      ASSERT_TRUE(count.ok()) << count.error().detail;
      applied += *count;
    });
  }
  for (auto& instance : instances) instance.join();
  EXPECT_EQ(applied, 3);
}

INSTANTIATE_TEST_SUITE_P(Engines, MigrationsTest, testing::ValuesIn(engines_under_test()),
                         [](const auto& engine) { return engine_name(engine.param); });

}  // namespace
}  // namespace valetkey::sql
