#include "foundation/sql/database.h"
#include "foundation/sql/postgres/postgres_database.h"
#include "foundation/sql/sqlite/sqlite_database.h"

namespace valetkey::sql {
namespace {

// "sqlite:PATH", "sqlite:///PATH" (what other programs write) or a bare path.
std::string sqlite_path(std::string_view url) {
  constexpr std::string_view kScheme = "sqlite:";
  if (!url.starts_with(kScheme)) return std::string(url);
  url.remove_prefix(kScheme.size());
  if (url.starts_with("//")) url.remove_prefix(2);
  return std::string(url);
}

}  // namespace

Result<std::unique_ptr<Database>> open_database(DatabaseOptions options) {
  const std::string_view url = options.url;
  if (url.starts_with("postgres://") || url.starts_with("postgresql://")) return postgres::open(options);
  const std::string path = sqlite_path(url);
  // The text may hold a password, so it is not repeated.
  if (path.find("://") != std::string::npos) {
    return Error{Code::invalid_argument, "neither a SQLite path nor a PostgreSQL URL", "open_database"};
  }
  return sqlite::open(path, options);
}

}  // namespace valetkey::sql
