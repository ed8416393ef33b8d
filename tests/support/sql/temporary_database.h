// Fresh databases for tests, on both engines. SQLite: a file in a temporary directory. PostgreSQL: a server
// of this test process' own, started at the first use (as an unprivileged user when the tests run as root)
// and removed at exit, even after a crash; fsync is off. A machine without PostgreSQL fails the test, it does
// not skip it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "foundation/sql/database.h"

namespace valetkey::sql {

class TemporaryDatabase {
 public:
  // Empty: no migration is applied. Ends the process when the engine cannot be started.
  explicit TemporaryDatabase(Database::Kind kind, DatabaseOptions options = {});
  ~TemporaryDatabase();
  TemporaryDatabase(const TemporaryDatabase&) = delete;
  TemporaryDatabase& operator=(const TemporaryDatabase&) = delete;

  Database& get() { return *database_; }
  Database* operator->() { return database_.get(); }
  // For a second Database or process on the same data.
  const std::string& url() const { return options_.url; }
  std::unique_ptr<Database> open_another() const;
  // Closes and opens again, as a restarted server would.
  void reopen();
  // Closes it for good; the data stays until this object goes.
  void close() { database_.reset(); }

  // PostgreSQL only: cuts every connection to this database, as a restarting server does.
  void cut_connections();

 private:
  Database::Kind kind_;
  DatabaseOptions options_;
  std::string place_;  // the directory, or the database's name
  std::unique_ptr<Database> database_;
};

// For INSTANTIATE_TEST_SUITE_P: always both.
std::vector<Database::Kind> engines_under_test();
std::string engine_name(Database::Kind kind);  // "sqlite", "postgres"

}  // namespace valetkey::sql
