// One PostgreSQL connection with its prepared statements, blocking. Used by one thread.
#pragma once

#include <memory>
#include <string>

#include "foundation/sql/checked_transaction.h"

namespace valetkey::sql::postgres {

class Connection {
 public:
  explicit Connection(std::string url);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Connects when there is no live connection. At most 5 s.
  Result<void> ensure();
  // Prepared at its first use.
  Result<Rows> run(const Statement& statement, const std::vector<Value>& parameters);
  // BEGIN and its like. Code::store when the server answers with another command than `tag`.
  Result<void> command(const char* text, std::string_view tag);
  int64_t changed() const { return changed_; }

  // Whether the last failure is one that goes away when the whole transaction runs again.
  bool worth_retrying() const { return worth_retrying_; }
  void forget_failure() { worth_retrying_ = false; }
  bool connected() const;
  // The next ensure() connects anew.
  void drop();

 private:
  struct Native;
  struct Prepared;
  struct Answer;
  Result<void> configure_session();
  Result<Prepared*> prepare(const Statement& statement);
  Result<Rows> read_rows(const Answer& answer);
  Error failure(const Answer& answer);

  const std::string url_;
  std::unique_ptr<Native> native_;
  int64_t changed_ = 0;
  bool worth_retrying_ = false;
};

class PostgresTransaction final : public CheckedTransaction {
 public:
  PostgresTransaction(Connection& connection, bool read_only)
      : connection_(connection), read_only_(read_only) {}
  int64_t changed() const override { return connection_.changed(); }

 protected:
  Result<Rows> execute(const Statement& statement, const std::vector<Value>& parameters) override;

 private:
  Connection& connection_;
  bool read_only_;
};

}  // namespace valetkey::sql::postgres
