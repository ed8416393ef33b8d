// What both engines have in common around a statement, so that a mistake shows on either of them.
#pragma once

#include <optional>

#include "foundation/sql/database.h"

namespace valetkey::sql {

class CheckedTransaction : public Transaction {
 public:
  // PostgreSQL gives a transaction up at its first error; so do we everywhere: further statements fail alike.
  Result<Rows> run(const Statement& statement, const std::vector<Value>& parameters) final;
  // Runs the work. An Error when it returns one or when a statement failed, even if the work swallowed that.
  Result<void> complete(const Database::Work& work);

 protected:
  virtual Result<Rows> execute(const Statement& statement, const std::vector<Value>& parameters) = 0;

 private:
  std::optional<Error> failure_;
};

// The prepared statements of one connection would grow without bound if texts were made up at run time.
constexpr size_t kMaxPrepared = 1000;

}  // namespace valetkey::sql
