// What both engines promise alike.
#include "foundation/sql/database.h"

#include <gtest/gtest.h>

#include <atomic>
#include <limits>
#include <thread>

#include "tests/support/sql/await.h"
#include "tests/support/sql/temporary_database.h"

namespace valetkey::sql {
namespace {

Code code_of(const Result<void>& result) {
  return result.ok() ? Code::internal : result.error().code;
}

class DatabaseTest : public testing::TestWithParam<Database::Kind> {
 protected:
  DatabaseTest() : database(GetParam()) {
    const std::vector<Migration> tables = {
        {1, "tables",
         "CREATE TABLE records (id TEXT PRIMARY KEY, number BIGINT, label TEXT, bytes {blob});\n"
         "CREATE TABLE counters (name TEXT PRIMARY KEY, value BIGINT NOT NULL)"}};
    EXPECT_TRUE(migrate(database.get(), tables, 0).ok());
  }

  // Reads rows and hands them out of the transaction.
  Rows select(const Statement& statement, std::vector<Value> parameters = {}) {
    Rows rows;
    const auto done = await_now(database->read([&](Transaction& transaction) -> Result<void> {
      VK_TRY(rows, transaction.run(statement, parameters));
      return {};
    }));
    EXPECT_TRUE(done.ok()) << done.error().detail;
    return rows;
  }
  Result<void> write(const Statement& statement, std::vector<Value> parameters = {}) {
    return await_now(database->write([&](Transaction& transaction) -> Result<void> {
      VK_CHECK(transaction.run(statement, parameters));
      return {};
    }));
  }
  int64_t count() { return select({"SELECT count(*) FROM records"})[0].integer(0); }

  TemporaryDatabase database;
};

TEST_P(DatabaseTest, ValuesComeBackAsTheyWere) {
  std::string every_byte;
  for (int i = 0; i < 256; ++i) every_byte.push_back(static_cast<char>(i));
  const std::vector<std::vector<Value>> records = {
      {"plain", int64_t{42}, "text", Blob{"bytes"}},
      {"null", std::monostate{}, std::monostate{}, std::monostate{}},
      {"empty", int64_t{0}, "", Blob{""}},
      {"bytes", int64_t{-1}, "ünïcödé 🔑 \u202e\n\t'\"\\$1", Blob{every_byte}},
      {"largest", std::numeric_limits<int64_t>::max(), std::string(100'000, 'x'),
       Blob{std::string(1 << 20, '\0')}},
      {"smallest", std::numeric_limits<int64_t>::min(), "0", Blob{std::string(1, '\0')}},
  };
  for (const auto& record : records) {
    ASSERT_TRUE(
        write({"INSERT INTO records (id, number, label, bytes) VALUES ($1, $2, $3, $4)"}, record).ok());
    Rows rows = select({"SELECT number, label, bytes FROM records WHERE id = $1"}, {record[0]});
    ASSERT_EQ(rows.size(), 1u);
    ASSERT_EQ(rows[0].size(), 3u);
    const auto* number = std::get_if<int64_t>(&record[1]);
    EXPECT_EQ(rows[0].is_null(0), number == nullptr);
    EXPECT_EQ(rows[0].integer(0), number == nullptr ? 0 : *number);
    const auto* text = std::get_if<std::string>(&record[2]);
    EXPECT_EQ(rows[0].is_null(1), text == nullptr);
    EXPECT_EQ(rows[0].text(1), text == nullptr ? "" : *text);
    const auto* blob = std::get_if<Blob>(&record[3]);
    EXPECT_EQ(rows[0].is_null(2), blob == nullptr);
    EXPECT_EQ(rows[0].blob(2), blob == nullptr ? "" : blob->bytes);
    EXPECT_EQ(rows[0].take(1), text == nullptr ? "" : *text);
    EXPECT_EQ(rows[0].take(2), blob == nullptr ? "" : blob->bytes);
  }
}

TEST_P(DatabaseTest, BytesAreFoundByTheirValue) {
  const Blob key{std::string("\0\xff key", 6)};
  ASSERT_TRUE(write({"INSERT INTO records (id, bytes) VALUES ($1, $2)"}, {"a", key}).ok());
  EXPECT_EQ(select({"SELECT id FROM records WHERE bytes = $1"}, {key}).size(), 1u);
  EXPECT_EQ(select({"SELECT id FROM records WHERE bytes = $1"}, {Blob{std::string("\0", 1)}}).size(), 0u);
}

TEST_P(DatabaseTest, ParametersGoByNumberNotByPlace) {
  ASSERT_TRUE(
      write({"INSERT INTO records (number, id, label) VALUES ($2, $1, $1)"}, {"one", int64_t{2}}).ok());
  const Rows rows = select({"SELECT id, number, label FROM records"});
  EXPECT_EQ(rows[0].text(0), "one");
  EXPECT_EQ(rows[0].integer(1), 2);
  EXPECT_EQ(rows[0].text(2), "one");
}

TEST_P(DatabaseTest, OneRowIsTheFirstOnEitherEngine) {
  ASSERT_TRUE(write({"INSERT INTO records (id, number) VALUES ('a', 1), ('b', 2)"}).ok());
  const Rows rows = select({"SELECT number FROM records ORDER BY id", /*one_row=*/true});
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0].integer(0), 1);
  EXPECT_TRUE(select({"SELECT number FROM records WHERE id = 'c'", /*one_row=*/true}).empty());
}

TEST_P(DatabaseTest, SumsAndComparisonsAreNumbers) {
  for (int64_t i = 1; i <= 3; ++i) {
    ASSERT_TRUE(
        write({"INSERT INTO records (id, number) VALUES ($1, $2)"}, {std::to_string(i), -70'000 * i}).ok());
  }
  const Rows rows =
      select({"SELECT sum(number), max(number), count(*), count(*) > 2, sum(length(label)) FROM records"});
  EXPECT_EQ(rows[0].integer(0), -420'000);
  EXPECT_EQ(rows[0].integer(1), -70'000);
  EXPECT_EQ(rows[0].integer(2), 3);
  EXPECT_EQ(rows[0].integer(3), 1);
  EXPECT_TRUE(rows[0].is_null(4));
}

TEST_P(DatabaseTest, ReturningAndChanged) {
  const auto done = await_now(database->write([](Transaction& transaction) -> Result<void> {
    VK_TRY(const Rows inserted,
           transaction.run({"INSERT INTO records (id, number) VALUES ('a', 1), ('b', 2) RETURNING number"}));
    EXPECT_EQ(inserted.size(), 2u);
    EXPECT_EQ(transaction.changed(), 2);
    VK_TRY(
        const Rows updated,
        transaction.run({"UPDATE records SET number = number + 10 WHERE id = $1 RETURNING number"}, {"b"}));
    EXPECT_EQ(updated[0].integer(0), 12);
    EXPECT_EQ(transaction.changed(), 1);
    VK_CHECK(transaction.run({"SELECT * FROM records"}));
    EXPECT_EQ(transaction.changed(), 1);
    VK_CHECK(transaction.run({"DELETE FROM records WHERE id = 'nobody'"}));
    EXPECT_EQ(transaction.changed(), 0);
    return {};
  }));
  EXPECT_TRUE(done.ok());
}

TEST_P(DatabaseTest, OnConflict) {
  const Statement keep{"INSERT INTO records (id, number) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING"};
  const Statement replace{
      "INSERT INTO records (id, number) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET number = "
      "excluded.number"};
  const auto done = await_now(database->write([&](Transaction& transaction) -> Result<void> {
    VK_CHECK(transaction.run(keep, {"a", int64_t{1}}));
    EXPECT_EQ(transaction.changed(), 1);
    VK_CHECK(transaction.run(keep, {"a", int64_t{2}}));
    EXPECT_EQ(transaction.changed(), 0);
    VK_CHECK(transaction.run(replace, {"a", int64_t{3}}));
    EXPECT_EQ(transaction.changed(), 1);
    return {};
  }));
  ASSERT_TRUE(done.ok());
  EXPECT_EQ(select({"SELECT number FROM records"})[0].integer(0), 3);
}

TEST_P(DatabaseTest, UniqueViolationIsAConflictAndOtherErrorsAreTheStores) {
  const Statement insert{"INSERT INTO records (id) VALUES ($1)"};
  ASSERT_TRUE(write(insert, {"a"}).ok());
  EXPECT_EQ(code_of(write(insert, {"a"})), Code::conflict);
  EXPECT_EQ(code_of(write({"INSERT INTO counters (name) VALUES ('no value')"})), Code::store);
  EXPECT_EQ(code_of(write({"INSERT INTO nowhere (id) VALUES ($1)"}, {"a"})), Code::store);
  EXPECT_EQ(code_of(write({"this is not SQL"})), Code::store);
  EXPECT_EQ(count(), 1);
}

TEST_P(DatabaseTest, AnErrorOfTheWorkRollsBackAndIsPassedOn) {
  const auto done = await_now(database->write([](Transaction& transaction) -> Result<void> {
    VK_CHECK(transaction.run({"INSERT INTO records (id) VALUES ('a')"}));
    return Error{Code::forbidden, "changed my mind", "test"};
  }));
  EXPECT_EQ(code_of(done), Code::forbidden);
  EXPECT_EQ(done.error().detail, "changed my mind");
  EXPECT_EQ(count(), 0);
}

TEST_P(DatabaseTest, AFailedStatementGivesTheTransactionUpEvenIfTheWorkGoesOn) {
  ASSERT_TRUE(write({"INSERT INTO records (id) VALUES ('a')"}).ok());
  const auto done = await_now(database->write([](Transaction& transaction) -> Result<void> {
    VK_CHECK(transaction.run({"INSERT INTO records (id) VALUES ('b')"}));
    EXPECT_FALSE(transaction.run({"INSERT INTO records (id) VALUES ('a')"}).ok());
    EXPECT_FALSE(transaction.run({"INSERT INTO records (id) VALUES ('c')"}).ok());
    return {};
  }));
  EXPECT_EQ(code_of(done), Code::conflict);
  EXPECT_EQ(count(), 1);
}

TEST_P(DatabaseTest, TextThatOneEngineCannotStoreIsRefusedByBoth) {
  const Statement insert{"INSERT INTO records (id) VALUES ($1)"};
  EXPECT_EQ(code_of(write(insert, {std::string("a\0b", 3)})), Code::invalid_argument);
  EXPECT_EQ(code_of(write(insert, {"\xff\xfe"})), Code::invalid_argument);
  EXPECT_EQ(code_of(write(insert, {"\xc3"})), Code::invalid_argument);
  EXPECT_EQ(count(), 0);
}

TEST_P(DatabaseTest, TheNumberOfParametersMustFit) {
  const Statement insert{"INSERT INTO records (id, label) VALUES ($1, $2)"};
  EXPECT_FALSE(write(insert, {"a"}).ok());
  EXPECT_FALSE(write(insert, {"a", "b", "c"}).ok());
  EXPECT_FALSE(write(insert).ok());
  EXPECT_TRUE(write(insert, {"a", "b"}).ok());
}

TEST_P(DatabaseTest, OneStatementAtATime) {
  EXPECT_FALSE(write({"INSERT INTO records (id) VALUES ('a'); DELETE FROM records"}).ok());
  EXPECT_EQ(count(), 0);
}

TEST_P(DatabaseTest, AReadCannotWrite) {
  const auto done = await_now(database->read([](Transaction& transaction) -> Result<void> {
    VK_CHECK(transaction.run({"INSERT INTO records (id) VALUES ('a')"}));
    return {};
  }));
  EXPECT_EQ(code_of(done), Code::store);
  EXPECT_EQ(count(), 0);
}

TEST_P(DatabaseTest, AnAddressUsedAgainIsAnotherStatement) {
  std::string text = "SELECT 'one'";
  EXPECT_EQ(select({text.c_str()})[0].text(0), "one");
  text.replace(8, 3, "two");
  EXPECT_EQ(select({text.c_str()})[0].text(0), "two");
}

TEST_P(DatabaseTest, StatementsMadeAtRunTimeDoNotPileUp) {
  std::vector<std::string> texts;
  texts.reserve(1100);
  const auto done = await_now(database->write([&](Transaction& transaction) -> Result<void> {
    for (int i = 0; i < 1100; ++i) {
      texts.push_back("SELECT " + std::to_string(i));
      VK_TRY(const Rows rows, transaction.run({texts.back().c_str()}));
      EXPECT_EQ(rows[0].integer(0), i);
    }
    return {};
  }));
  EXPECT_TRUE(done.ok()) << done.error().detail;
}

TEST_P(DatabaseTest, ValuesOutOfATask) {
  const std::function<Result<int64_t>(Transaction&)> insert =
      [](Transaction& transaction) -> Result<int64_t> {
    VK_TRY(const Rows rows,
           transaction.run({"INSERT INTO records (id, number) VALUES ('a', 7) RETURNING number"}));
    return rows[0].integer(0);
  };
  EXPECT_EQ(*await_now(database->write_value(insert)), 7);
  EXPECT_EQ(await_now(database->write_value(insert)).error().code, Code::conflict);
  const std::function<Result<std::string>(Transaction&)> fetch =
      [](Transaction& transaction) -> Result<std::string> {
    VK_TRY(const Rows rows, transaction.run({"SELECT id FROM records"}));
    return rows[0].text(0);
  };
  EXPECT_EQ(*await_now(database->read_value(fetch)), "a");
}

TEST_P(DatabaseTest, APrivateReadSeesEveryFinishedWrite) {
  for (int64_t i = 0; i < 50; ++i) {
    ASSERT_TRUE(write({"INSERT INTO records (id) VALUES ($1)"}, {std::to_string(i)}).ok());
    ASSERT_EQ(count(), i + 1);
  }
}

// Guarded increments: whoever read the same value first wins, the others see that nothing changed.
Task<Result<int>> increment(Database* database, int times) {
  const std::function<Result<int64_t>(Transaction&)> once = [](Transaction& transaction) -> Result<int64_t> {
    VK_TRY(const Rows rows, transaction.run({"SELECT value FROM counters WHERE name = 'hits'"}));
    const int64_t value = rows[0].integer(0);
    VK_CHECK(transaction.run({"UPDATE counters SET value = $1 WHERE name = 'hits' AND value = $2"},
                             {value + 1, value}));
    return transaction.changed();
  };
  int won = 0;
  for (int i = 0; i < times; ++i) {
    CO_TRY(const int64_t changed, co_await database->write_value(once));
    won += static_cast<int>(changed);
  }
  co_return won;
}

TEST_P(DatabaseTest, SixtyFourWritersLoseNoIncrement) {
  ASSERT_TRUE(write({"INSERT INTO counters (name, value) VALUES ('hits', 0)"}).ok());
  std::atomic<int> won = 0;
  std::vector<std::thread> workers;
  for (int worker = 0; worker < 4; ++worker) {
    workers.emplace_back([&] {
      std::vector<Task<Result<int>>> tasks;
      for (int i = 0; i < 16; ++i) tasks.push_back(increment(&database.get(), 10));
      for (const auto& result : await_all(std::move(tasks))) {
        ASSERT_TRUE(result.ok()) << result.error().detail;
        won += *result;
      }
    });
  }
  for (auto& worker : workers) worker.join();
  EXPECT_EQ(select({"SELECT value FROM counters"})[0].integer(0), won.load());
  EXPECT_GT(won.load(), 0);
  if (GetParam() == Database::Kind::sqlite) EXPECT_EQ(won.load(), 640);  // one writer: nobody ever loses
}

// Sets the flag when the queue was full.
Task<Result<void>> write_nothing(Database* database, std::atomic<bool>* refused) {
  auto result = co_await database->write([](Transaction&) -> Result<void> { return {}; });
  if (code_of(result) == Code::unavailable) *refused = true;
  co_return result;
}

TEST_P(DatabaseTest, OverTheQueueLimitIsUnavailableAndNothingElse) {
  TemporaryDatabase small(GetParam(), {.postgres_connections = 1, .max_queued_writes = 4});
  std::atomic<bool> blocked = false, release = false;
  std::thread first([&] {
    EXPECT_TRUE(small
                    ->write_now([&](Transaction&) -> Result<void> {
                      blocked = true;
                      while (!release) std::this_thread::yield();
                      return {};
                    })
                    .ok());
  });
  while (!blocked) std::this_thread::yield();
  std::vector<Task<Result<void>>> tasks;
  for (int i = 0; i < 5; ++i) tasks.push_back(write_nothing(&small.get(), &release));
  const auto results = await_all(std::move(tasks));
  for (size_t i = 0; i < 4; ++i) EXPECT_TRUE(results[i].ok()) << i;
  EXPECT_EQ(code_of(results[4]), Code::unavailable);
  first.join();
  EXPECT_TRUE(small->write_now([](Transaction&) -> Result<void> { return {}; }).ok());
}

TEST_P(DatabaseTest, DataSurvivesARestart) {
  ASSERT_TRUE(write({"INSERT INTO records (id) VALUES ('kept')"}).ok());
  database.reopen();
  EXPECT_EQ(select({"SELECT id FROM records"})[0].text(0), "kept");
  EXPECT_TRUE(await_now(database->ping()).ok());
}

TEST_P(DatabaseTest, TwoDatabasesOnTheSameData) {
  const auto other = database.open_another();
  ASSERT_TRUE(write({"INSERT INTO counters (name, value) VALUES ('hits', 0)"}).ok());
  const auto hammer = [](Database& target) {
    for (int i = 0; i < 50; ++i) {
      ASSERT_TRUE(target
                      .write_now([](Transaction& transaction) -> Result<void> {
                        VK_CHECK(transaction.run({"UPDATE counters SET value = value + 1"}));
                        return {};
                      })
                      .ok());
    }
  };
  std::thread beside([&] { hammer(*other); });
  hammer(database.get());
  beside.join();
  EXPECT_EQ(select({"SELECT value FROM counters"})[0].integer(0), 100);
}

INSTANTIATE_TEST_SUITE_P(Engines, DatabaseTest, testing::ValuesIn(engines_under_test()),
                         [](const auto& engine) { return engine_name(engine.param); });

TEST(OpenDatabase, RefusesWhatItDoesNotKnow) {
  for (const char* url : {"", "sqlite:", ":memory:", "sqlite::memory:", "mysql://root:hunter2@localhost/x"}) {
    const auto opened = open_database({.url = url});
    ASSERT_FALSE(opened.ok()) << url;
    EXPECT_EQ(opened.error().code, Code::invalid_argument) << url;
    EXPECT_EQ(opened.error().detail.find("hunter2"), std::string::npos);
  }
}

TEST(OpenDatabase, AnUnreachableStoreIsAStoreError) {
  for (const char* url :
       {"sqlite:/nonexistent/folder/x.db", "/proc", "postgres://nobody:hunter2@127.0.0.1:1/x"}) {
    const auto opened = open_database({.url = url});
    ASSERT_FALSE(opened.ok()) << url;
    EXPECT_EQ(opened.error().code, Code::store) << url;
    EXPECT_EQ(opened.error().detail.find("hunter2"), std::string::npos);
  }
}

}  // namespace
}  // namespace valetkey::sql
