// What only PostgreSQL can go through: collisions, lost connections, stale plans.
#include <gtest/gtest.h>

#include <atomic>
#include <barrier>
#include <thread>

#include "tests/support/sql/await.h"
#include "tests/support/sql/postgres_server.h"
#include "tests/support/sql/temporary_database.h"

namespace valetkey::sql {
namespace {

class PostgresDatabaseTest : public testing::Test {
 protected:
  PostgresDatabaseTest() : database(Database::Kind::postgres, {.postgres_connections = 2}) {
    run("CREATE TABLE counters (name TEXT PRIMARY KEY, value BIGINT NOT NULL)");
    run("INSERT INTO counters (name, value) VALUES ('a', 0), ('b', 0)");
  }
  void run(const char* statement) {
    const auto done = database->write_now([&](Transaction& transaction) -> Result<void> {
      VK_CHECK(transaction.run({statement}));
      return {};
    });
    ASSERT_TRUE(done.ok()) << done.error().detail;
  }
  int64_t value(const char* name) {
    int64_t out = -1;
    const auto done = await_now(database->read([&](Transaction& transaction) -> Result<void> {
      VK_TRY(const Rows rows, transaction.run({"SELECT value FROM counters WHERE name = $1"}, {name}));
      out = rows[0].integer(0);
      return {};
    }));
    EXPECT_TRUE(done.ok()) << done.error().detail;
    return out;
  }

  TemporaryDatabase database;
};

constexpr Statement kIncrement{"UPDATE counters SET value = value + 1 WHERE name = $1"};

TEST_F(PostgresDatabaseTest, ASerializationFailureRunsTheWorkAgain) {
  int attempts = 0;
  const auto done = database->write_now([&](Transaction& transaction) -> Result<void> {
    VK_CHECK(transaction.run({"SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"}));
    VK_TRY(const Rows rows, transaction.run({"SELECT value FROM counters WHERE name = 'a'"}));
    if (++attempts == 1) run("UPDATE counters SET value = 10 WHERE name = 'a'");  // somebody is faster
    VK_CHECK(transaction.run({"UPDATE counters SET value = $1 WHERE name = 'a'"}, {rows[0].integer(0) + 1}));
    return {};
  });
  EXPECT_TRUE(done.ok()) << done.error().detail;
  EXPECT_EQ(attempts, 2);
  EXPECT_EQ(value("a"), 11);
}

TEST_F(PostgresDatabaseTest, ItGivesUpAfterFiveRetries) {
  int attempts = 0;
  const auto done = database->write_now([&](Transaction& transaction) -> Result<void> {
    ++attempts;
    VK_CHECK(transaction.run(kIncrement, {"a"}));
    VK_CHECK(transaction.run({"DO $$ BEGIN RAISE EXCEPTION SQLSTATE '40001'; END $$"}));
    return {};
  });
  ASSERT_FALSE(done.ok());
  EXPECT_EQ(done.error().code, Code::store);
  EXPECT_EQ(attempts, 6);
  EXPECT_EQ(value("a"), 0);
}

TEST_F(PostgresDatabaseTest, OneSideOfADeadlockRunsAgain) {
  std::atomic<int> attempts = 0;
  std::barrier both_hold_one(2);
  const auto lock_in_order = [&](const char* first, const char* second) {
    bool waited = false;
    const auto done = database->write_now([&](Transaction& transaction) -> Result<void> {
      ++attempts;
      VK_CHECK(transaction.run(kIncrement, {first}));
      if (!std::exchange(waited, true)) both_hold_one.arrive_and_wait();
      VK_CHECK(transaction.run(kIncrement, {second}));
      return {};
    });
    EXPECT_TRUE(done.ok()) << done.error().detail;
  };
  std::thread other([&] { lock_in_order("b", "a"); });
  lock_in_order("a", "b");
  other.join();
  EXPECT_GE(attempts, 3);  // they may collide once more
  EXPECT_EQ(value("a"), 2);
  EXPECT_EQ(value("b"), 2);
}

TEST_F(PostgresDatabaseTest, ALostConnectionIsReplacedUnnoticed) {
  for (int i = 1; i <= 3; ++i) {
    database.cut_connections();
    run("UPDATE counters SET value = value + 1 WHERE name = 'a'");
    database.cut_connections();
    EXPECT_EQ(value("a"), i);
  }
}

TEST_F(PostgresDatabaseTest, AConnectionLostBeforeCommitMeansTheWorkRunsAgain) {
  int attempts = 0;
  const auto done = database->write_now([&](Transaction& transaction) -> Result<void> {
    VK_CHECK(transaction.run(kIncrement, {"a"}));
    if (++attempts == 1) database.cut_connections();
    VK_CHECK(transaction.run(kIncrement, {"a"}));
    return {};
  });
  EXPECT_TRUE(done.ok()) << done.error().detail;
  EXPECT_EQ(attempts, 2);
  EXPECT_EQ(value("a"), 2);
}

// The trigger ends the session while the server commits: whether it did cannot be known, so it is not done
// twice.
TEST_F(PostgresDatabaseTest, AConnectionLostAtCommitIsAnErrorAndNotARetry) {
  run("CREATE FUNCTION leave() RETURNS trigger LANGUAGE plpgsql AS "
      "$$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$");
  run("CREATE CONSTRAINT TRIGGER leave AFTER UPDATE ON counters DEFERRABLE INITIALLY DEFERRED "
      "FOR EACH ROW EXECUTE FUNCTION leave()");
  int attempts = 0;
  const auto done = database->write_now([&](Transaction& transaction) -> Result<void> {
    ++attempts;
    VK_CHECK(transaction.run(kIncrement, {"a"}));
    return {};
  });
  ASSERT_FALSE(done.ok());
  EXPECT_EQ(done.error().code, Code::store);
  EXPECT_EQ(attempts, 1);
  EXPECT_EQ(value("a"), 0);
}

TEST_F(PostgresDatabaseTest, AViolationFoundAtCommitIsAConflict) {
  run("CREATE TABLE seats (number BIGINT UNIQUE DEFERRABLE INITIALLY DEFERRED)");
  const auto done = database->write_now([](Transaction& transaction) -> Result<void> {
    VK_CHECK(transaction.run({"INSERT INTO seats VALUES (1)"}));
    VK_CHECK(transaction.run({"INSERT INTO seats VALUES (1)"}));
    return {};
  });
  ASSERT_FALSE(done.ok());
  EXPECT_EQ(done.error().code, Code::conflict);
}

TEST_F(PostgresDatabaseTest, AStatementPreparedBeforeAMigrationStillWorks) {
  const auto columns = [&] {
    size_t count = 0;
    const auto done = await_now(database->read([&](Transaction& transaction) -> Result<void> {
      VK_TRY(const Rows rows, transaction.run({"SELECT * FROM counters"}));
      count = rows[0].size();
      return {};
    }));
    EXPECT_TRUE(done.ok()) << done.error().detail;
    return count;
  };
  for (int i = 0; i < 8; ++i) EXPECT_EQ(columns(), 2u);
  run("ALTER TABLE counters ADD COLUMN colour TEXT");
  for (int i = 0; i < 8; ++i) EXPECT_EQ(columns(), 3u);
}

TEST_F(PostgresDatabaseTest, AStoreThatIsAwayIsAnErrorUntilItIsBack) {
  const std::string name = database.url().substr(14, database.url().find('?') - 14);
  auto& server = PostgresServer::instance();
  server.administer("ALTER DATABASE " + name + " ALLOW_CONNECTIONS false");
  database.cut_connections();
  const Database::Work nothing = [](Transaction& transaction) -> Result<void> {
    VK_CHECK(transaction.run({"SELECT 1"}));
    return {};
  };
  EXPECT_EQ(database->write_now(nothing).error().code, Code::store);
  EXPECT_EQ(await_now(database->read(nothing)).error().code, Code::store);
  EXPECT_EQ(await_now(database->ping()).error().code, Code::store);
  server.administer("ALTER DATABASE " + name + " ALLOW_CONNECTIONS true");
  EXPECT_TRUE(database->write_now(nothing).ok());
  EXPECT_TRUE(await_now(database->ping()).ok());
}

// What a person typed must not reach the log by way of the server's message.
TEST_F(PostgresDatabaseTest, ErrorsDoNotQuoteValues) {
  run("CREATE TABLE shorts (word VARCHAR(3) CHECK (word <> 'no'))");
  for (const char* text : {"planted-secret", "no"}) {
    const auto done = database->write_now([&](Transaction& transaction) -> Result<void> {
      VK_CHECK(transaction.run({"INSERT INTO shorts VALUES ($1)"}, {text}));
      return {};
    });
    ASSERT_FALSE(done.ok());
    EXPECT_EQ(done.error().detail.find("planted"), std::string::npos);
  }
  const auto cast = database->write_now([](Transaction& transaction) -> Result<void> {
    VK_CHECK(transaction.run({"SELECT CAST(CAST($1 AS TEXT) AS BIGINT)"}, {"planted-secret"}));
    return {};
  });
  ASSERT_FALSE(cast.ok());
  EXPECT_EQ(cast.error().detail.find("planted"), std::string::npos);
}

}  // namespace
}  // namespace valetkey::sql
