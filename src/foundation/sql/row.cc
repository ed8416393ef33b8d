#include "foundation/sql/database.h"

namespace valetkey::sql {
namespace {

// SQLite answers with the type a value was stored as, PostgreSQL with the column's: text and bytes read
// alike.
const std::string& bytes_of(const Value& value) {
  static const std::string empty;
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  if (const auto* blob = std::get_if<Blob>(&value)) return blob->bytes;
  return empty;
}

}  // namespace

int64_t Row::integer(size_t column) const {
  const auto* number = std::get_if<int64_t>(&values_[column]);
  return number == nullptr ? 0 : *number;
}

const std::string& Row::text(size_t column) const {
  return bytes_of(values_[column]);
}
const std::string& Row::blob(size_t column) const {
  return bytes_of(values_[column]);
}
std::string Row::take(size_t column) {
  if (auto* text = std::get_if<std::string>(&values_[column])) return std::move(*text);
  if (auto* blob = std::get_if<Blob>(&values_[column])) return std::move(blob->bytes);
  return "";
}
bool Row::is_null(size_t column) const {
  return std::holds_alternative<std::monostate>(values_[column]);
}

}  // namespace valetkey::sql
