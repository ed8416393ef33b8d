// One SQLite connection with its prepared statements. Used by one thread at a time.
#pragma once

#include <memory>
#include <string>

#include "foundation/sql/checked_transaction.h"

namespace valetkey::sql::sqlite {

class Connection {
 public:
  enum class Role { writer, reader };
  // The file is created with mode 0600 by the writer. WAL, durable commits, foreign keys, 5 s of patience
  // with other processes.
  static Result<std::unique_ptr<Connection>> open(const std::string& path, Role role);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  Result<Rows> run(const Statement& statement, const std::vector<Value>& parameters = {});
  // A statement that found its one row may stay where it is, with SQLite's lock, until settle() or the next
  // run(): ending it can wait until the answer to it is on its way.
  void leave_open(bool yes) { leaves_open_ = yes; }
  void settle();
  int64_t changed() const { return changed_; }
  bool in_transaction() const;
  bool last_error_was_constraint() const { return last_error_was_constraint_; }

 private:
  struct Native;
  struct Prepared;
  Connection();
  Result<void> configure(Role role);
  Result<Rows> switch_to_wal();
  Result<Prepared*> prepare(const Statement& statement);
  Result<void> bind(Prepared& prepared, const std::vector<Value>& parameters);
  Result<Rows> step(Prepared& prepared, bool one_row);
  Error failure(int code);

  std::unique_ptr<Native> native_;
  Prepared* open_ = nullptr;
  bool leaves_open_ = false;
  int64_t changed_ = 0;
  bool last_error_was_constraint_ = false;
};

class SqliteTransaction final : public CheckedTransaction {
 public:
  explicit SqliteTransaction(Connection& connection) : connection_(connection) {}
  int64_t changed() const override { return connection_.changed(); }

 protected:
  Result<Rows> execute(const Statement& statement, const std::vector<Value>& parameters) override {
    return connection_.run(statement, parameters);
  }

 private:
  Connection& connection_;
};

}  // namespace valetkey::sql::sqlite
