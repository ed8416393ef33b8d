// What only SQLite can go through: commits in groups, a lock held by another process, kill -9.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <thread>

#include "foundation/net/worker.h"
#include "foundation/sql/sqlite/connection.h"
#include "tests/support/sql/await.h"
#include "tests/support/sql/temporary_database.h"

namespace valetkey::sql {
namespace {

namespace fs = std::filesystem;

Task<Result<void>> set(std::atomic<bool>* flag) {
  *flag = true;
  co_return Result<void>();
}

class SqliteDatabaseTest : public testing::Test {
 protected:
  SqliteDatabaseTest() : database(Database::Kind::sqlite), path(database.url().substr(7)) {
    run("CREATE TABLE records (id BIGINT PRIMARY KEY)");
    run("CREATE TABLE parents (id BIGINT PRIMARY KEY)");
    run("CREATE TABLE children (parent BIGINT REFERENCES parents (id) DEFERRABLE INITIALLY DEFERRED)");
  }
  void run(const char* statement) {
    const auto done = database->write_now([&](Transaction& transaction) -> Result<void> {
      VK_CHECK(transaction.run({statement}));
      return {};
    });
    ASSERT_TRUE(done.ok()) << done.error().detail;
  }
  int64_t count() {
    int64_t out = -1;
    const auto done = await_now(database->read([&](Transaction& transaction) -> Result<void> {
      VK_TRY(const Rows rows, transaction.run({"SELECT count(*) FROM records"}));
      out = rows[0].integer(0);
      return {};
    }));
    EXPECT_TRUE(done.ok());
    return out;
  }
  // Runs the works as one group: the writer is held up by another job until all of them have queued.
  std::vector<Result<void>> in_one_group(std::vector<Database::Work> works) {
    std::atomic<bool> held = false, release = false;
    std::thread holder([&] {
      const auto done = database->write_now([&](Transaction&) -> Result<void> {
        held = true;
        while (!release) std::this_thread::yield();
        return {};
      });
      EXPECT_TRUE(done.ok());
    });
    while (!held) std::this_thread::yield();
    std::vector<Task<Result<void>>> tasks;
    for (auto& work : works) tasks.push_back(database->write(std::move(work)));
    tasks.push_back(set(&release));  // starts after the others have
    auto results = await_all(std::move(tasks));
    holder.join();
    results.pop_back();
    return results;
  }

  TemporaryDatabase database;
  std::string path;
};

Database::Work insert(int64_t id) {
  return [id](Transaction& transaction) -> Result<void> {
    VK_CHECK(transaction.run({"INSERT INTO records (id) VALUES ($1)"}, {id}));
    return {};
  };
}

TEST_F(SqliteDatabaseTest, JobsThatQueuedTogetherAreOneCommit) {
  int64_t inside = -1, outside = -1;
  const auto results =
      in_one_group({insert(1), insert(2), [&](Transaction& transaction) -> Result<void> {
                      VK_TRY(const Rows rows, transaction.run({"SELECT count(*) FROM records"}));
                      inside = rows[0].integer(0);
                      outside = count();  // another connection: only what is committed
                      return {};
                    }});
  for (const auto& result : results) EXPECT_TRUE(result.ok());
  EXPECT_EQ(inside, 2);
  EXPECT_EQ(outside, 0);
  EXPECT_EQ(count(), 2);
}

Result<int64_t> count_in(Transaction& transaction) {
  VK_TRY(const Rows rows, transaction.run({"SELECT count(*) FROM records"}));
  return rows[0].integer(0);
}

// Enough of them in one turn for the reads to share a lock.
Task<Result<std::vector<int64_t>>> read_between_commits(Database& database, sqlite::Connection& other) {
  std::vector<int64_t> seen;
  for (int64_t id = 1; id <= 8; ++id) {
    std::function<Result<int64_t>(Transaction&)> work = count_in;
    CO_TRY(int64_t before, co_await database.read_value(work));
    seen.push_back(before);
    CO_CHECK(other.run({"INSERT INTO records (id) VALUES ($1)"}, {id}));
  }
  co_return seen;
}

TEST_F(SqliteDatabaseTest, EveryReadOfATurnSeesWhatAnotherConnectionHasCommitted) {
  auto other = sqlite::Connection::open(path, sqlite::Connection::Role::writer);
  ASSERT_TRUE(other.ok());
  for (int round = 0; round < 3;
       ++round) {  // the lock of a turn is given back at its end, also by a worker that stops
    ASSERT_TRUE((*other)->run({"DELETE FROM records"}).ok());
    const auto seen = await_now(read_between_commits(database.get(), **other));
    ASSERT_TRUE(seen.ok());
    EXPECT_EQ(*seen, (std::vector<int64_t>{0, 1, 2, 3, 4, 5, 6, 7}));
    const auto checkpoint = (*other)->run({"PRAGMA wal_checkpoint(TRUNCATE)"});
    ASSERT_TRUE(checkpoint.ok());
    EXPECT_EQ((*checkpoint)[0].integer(0), 0) << "a reader holds the WAL";
  }
}

Result<int64_t> first_in(Transaction& transaction) {
  VK_TRY(const Rows rows, transaction.run({"SELECT id FROM records ORDER BY id", /*one_row=*/true}));
  EXPECT_LE(rows.size(), 1u);
  return rows.empty() ? 0 : rows[0].integer(0);
}

Result<bool> checkpoint_waits(sqlite::Connection& other) {
  VK_TRY(const Rows outcome, other.run({"PRAGMA wal_checkpoint(TRUNCATE)"}));
  return outcome[0].integer(0) != 0;
}

// The lock of the last read of one row goes back at the end of the turn, not before, and hides nothing.
Task<Result<void>> read_one_row_at_a_time(Database& database, sqlite::Connection& other) {
  std::function<Result<int64_t>(Transaction&)> first = first_in;
  for (int64_t id = 9; id >= 1; --id) {
    CO_CHECK(other.run({"INSERT INTO records (id) VALUES ($1)"}, {id}));
    CO_TRY(int64_t seen, co_await database.read_value(first));
    EXPECT_EQ(seen, id);
  }
  co_await net::sleep_for(1);
  CO_TRY(bool waits, checkpoint_waits(other));
  EXPECT_FALSE(waits);
  co_return Result<void>();
}

TEST_F(SqliteDatabaseTest, AReadOfOneRowStopsThereAndGivesItsLockBackAtTheEndOfItsTurn) {
  auto other = sqlite::Connection::open(path, sqlite::Connection::Role::writer);
  ASSERT_TRUE(other.ok());
  ASSERT_TRUE((*other)->run({"PRAGMA busy_timeout = 0"}).ok());
  const auto read = await_now(read_one_row_at_a_time(database.get(), **other));
  EXPECT_TRUE(read.ok());
}

TEST_F(SqliteDatabaseTest, OutsideAWorkerNothingStaysOpen) {
  auto other = sqlite::Connection::open(path, sqlite::Connection::Role::writer);
  auto reader = sqlite::Connection::open(path, sqlite::Connection::Role::reader);
  ASSERT_TRUE(other.ok() && reader.ok());
  ASSERT_TRUE((*other)->run({"INSERT INTO records (id) VALUES (1), (2)"}).ok());
  const auto rows = (*reader)->run({"SELECT id FROM records ORDER BY id", /*one_row=*/true});
  ASSERT_TRUE(rows.ok());
  EXPECT_EQ(rows->size(), 1u);
  const auto waits = checkpoint_waits(**other);
  ASSERT_TRUE(waits.ok());
  EXPECT_FALSE(*waits);
}

TEST_F(SqliteDatabaseTest, AFailingJobDoesNotHarmItsGroup) {
  const auto results = in_one_group({insert(1),
                                     [](Transaction& transaction) -> Result<void> {
                                       VK_CHECK(transaction.run({"INSERT INTO records (id) VALUES (50)"}));
                                       return Error{Code::forbidden, "no", "test"};
                                     },
                                     insert(2), insert(2), insert(3)});
  EXPECT_TRUE(results[0].ok());
  EXPECT_EQ(results[1].error().code, Code::forbidden);
  EXPECT_TRUE(results[2].ok());
  EXPECT_EQ(results[3].error().code, Code::conflict);
  EXPECT_TRUE(results[4].ok());
  EXPECT_EQ(count(), 3);
}

// A constraint that is only checked at COMMIT fails the whole transaction; then each job runs alone.
TEST_F(SqliteDatabaseTest, AJobThatBreaksTheCommitFailsAlone) {
  const auto results =
      in_one_group({insert(1),
                    [](Transaction& transaction) -> Result<void> {
                      VK_CHECK(transaction.run({"INSERT INTO children (parent) VALUES (7)"}));
                      return {};
                    },
                    insert(2)});
  EXPECT_TRUE(results[0].ok());
  ASSERT_FALSE(results[1].ok());
  EXPECT_EQ(results[1].error().code, Code::store);
  EXPECT_TRUE(results[2].ok());
  EXPECT_EQ(count(), 2);
}

TEST_F(SqliteDatabaseTest, AJobThatFillsTheDiskFailsAlone) {
  run("CREATE TABLE heap (bytes BLOB)");
  run("PRAGMA max_page_count = 100");
  const auto results = in_one_group({insert(1),
                                     [](Transaction& transaction) -> Result<void> {
                                       VK_CHECK(transaction.run({"INSERT INTO heap (bytes) VALUES ($1)"},
                                                                {Blob{std::string(1 << 20, 'x')}}));
                                       return {};
                                     },
                                     insert(2)});
  EXPECT_TRUE(results[0].ok());
  ASSERT_FALSE(results[1].ok());
  EXPECT_EQ(results[1].error().code, Code::store);
  EXPECT_TRUE(results[2].ok());
  EXPECT_EQ(count(), 2);
}

TEST_F(SqliteDatabaseTest, ALockHeldElsewhereFailsTheGroupAfterFiveSeconds) {
  const auto other = sqlite::Connection::open(path, sqlite::Connection::Role::writer);
  ASSERT_TRUE(other.ok());
  ASSERT_TRUE((*other)->run({"BEGIN IMMEDIATE"}).ok());
  const Millis start = steady_millis();
  std::vector<Task<Result<void>>> tasks;
  for (int64_t i = 0; i < 3; ++i) tasks.push_back(database->write(insert(i)));
  std::vector<Result<void>> results;
  std::thread writes([&] { results = await_all(std::move(tasks)); });
  EXPECT_EQ(count(), 0);  // readers do not wait
  EXPECT_LT(steady_millis() - start, 4 * kSecond);
  writes.join();
  for (const auto& result : results) {
    ASSERT_FALSE(result.ok());
    EXPECT_EQ(result.error().code, Code::store);
  }
  EXPECT_LT(steady_millis() - start, 14 * kSecond);  // two groups at most, not one wait a job
  ASSERT_TRUE((*other)->run({"COMMIT"}).ok());
  EXPECT_TRUE(await_now(database->write(insert(1))).ok());
}

TEST_F(SqliteDatabaseTest, TheFilesAreForTheOwnerOnly) {
  for (const char* suffix : {"", "-wal", "-shm"}) {
    struct stat status = {};
    ASSERT_EQ(::stat((path + suffix).c_str(), &status), 0) << suffix;
    EXPECT_EQ(status.st_mode & 0777, 0600u) << suffix;
  }
}

size_t open_handles(const std::string& path) {
  size_t count = 0;
  for (const auto& entry : fs::directory_iterator("/proc/self/fd")) {
    std::error_code ignored;
    if (fs::read_symlink(entry.path(), ignored) == path) ++count;
  }
  return count;
}

TEST_F(SqliteDatabaseTest, AThreadThatEndsLeavesItsConnectionToTheNext) {
  for (int i = 0; i < 20; ++i) std::thread([&] { EXPECT_EQ(count(), 0); }).join();
  EXPECT_LE(open_handles(path), 2u);  // the writer and one reader
  EXPECT_EQ(count(), 0);
  database.close();
  EXPECT_EQ(open_handles(path), 0u);
}

TEST_F(SqliteDatabaseTest, AThreadMayReadManyDatabasesOneAfterTheOther) {
  for (int i = 0; i < 10; ++i) {
    ASSERT_TRUE(database->write_now(insert(i)).ok());
    EXPECT_EQ(count(), i + 1);
    database.reopen();
    EXPECT_EQ(count(), i + 1);
  }
}

// Writes 1, 2, 3... from several threads and says so on the pipe only after each write was acknowledged.
[[noreturn]] void write_until_killed(const std::string& url, int pipe, int64_t first) {
  auto database = open_database({.url = url});
  if (!database.ok()) ::_exit(1);
  std::atomic<int64_t> next = first;
  std::vector<std::thread> writers;
  for (int i = 0; i < 4; ++i) {
    writers.emplace_back([&] {
      for (;;) {
        const int64_t id = next++;
        if (!(*database)->write_now(insert(id)).ok()) ::_exit(1);
        if (::write(pipe, &id, sizeof id) != sizeof id) ::_exit(1);
      }
    });
  }
  for (auto& writer : writers) writer.join();
  ::_exit(0);
}

TEST_F(SqliteDatabaseTest, AcknowledgedWritesSurviveKill9) {
  database.close();
  std::vector<int64_t> acknowledged;
  for (int64_t round = 0; round < 10; ++round) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    const pid_t child = ::fork();
    if (child == 0) write_until_killed(database.url(), ends[1], round * 1'000'000);
    ::close(ends[1]);
    int64_t id = 0;
    for (int64_t i = 0; i < 20 + 7 * round && ::read(ends[0], &id, sizeof id) == sizeof id; ++i)
      acknowledged.push_back(id);
    ::kill(child, SIGKILL);
    while (::read(ends[0], &id, sizeof id) == sizeof id) acknowledged.push_back(id);
    ::close(ends[0]);
    int status = 0;
    ::waitpid(child, &status, 0);
    ASSERT_TRUE(WIFSIGNALED(status)) << "the child failed by itself";
  }
  ASSERT_GE(acknowledged.size(), 200u);
  database.reopen();
  for (const int64_t id : acknowledged) {
    ASSERT_EQ(database->write_now(insert(id)).error().code, Code::conflict) << id << " was lost";
  }
  EXPECT_LE(count(), static_cast<int64_t>(acknowledged.size()) + 4 * 10);  // and whatever was in flight
  const auto intact = database->write_now([](Transaction& transaction) -> Result<void> {
    VK_TRY(const Rows rows, transaction.run({"PRAGMA integrity_check"}));
    EXPECT_EQ(rows[0].text(0), "ok");
    return {};
  });
  EXPECT_TRUE(intact.ok());
}

}  // namespace
}  // namespace valetkey::sql
