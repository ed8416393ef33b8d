#include "foundation/sql/checked_transaction.h"

#include "foundation/base/strings.h"

namespace valetkey::sql {
namespace {

// PostgreSQL stores neither NUL nor broken UTF-8 in a text; SQLite would.
bool storable(const Value& value) {
  const auto* text = std::get_if<std::string>(&value);
  return text == nullptr || (text->find('\0') == std::string::npos && is_valid_utf8(*text));
}

}  // namespace

Result<Rows> CheckedTransaction::run(const Statement& statement, const std::vector<Value>& parameters) {
  if (failure_) return *failure_;
  for (const Value& value : parameters) {
    if (!storable(value)) {
      failure_ = Error{Code::invalid_argument, "a text parameter holds NUL or is not UTF-8", "sql"};
      return *failure_;
    }
  }
  auto rows = execute(statement, parameters);
  if (!rows.ok()) failure_ = rows.error();
  // SQLite stopped there; PostgreSQL has sent them all.
  if (rows.ok() && statement.one_row && rows->size() > 1) rows->erase(rows->begin() + 1, rows->end());
  return rows;
}

Result<void> CheckedTransaction::complete(const Database::Work& work) {
  auto result = work(*this);
  if (result.ok() && failure_) return *failure_;
  return result;
}

}  // namespace valetkey::sql
