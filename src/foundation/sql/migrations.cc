#include "foundation/base/strings.h"
#include "foundation/crypto/crypto.h"
#include "foundation/sql/database.h"

namespace valetkey::sql {
namespace {

constexpr const char* kWhere = "migrations";
constexpr int64_t kLock = 0x76616c6574;  // the advisory lock of this program's migrations

constexpr Statement kCreateTable{
    "CREATE TABLE IF NOT EXISTS schema_migrations ("
    "number BIGINT PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL, applied_at BIGINT NOT NULL)"};
constexpr Statement kList{"SELECT number, name, checksum FROM schema_migrations ORDER BY number"};
constexpr Statement kRecord{
    "INSERT INTO schema_migrations (number, name, checksum, applied_at) VALUES ($1, $2, $3, $4)"};

std::string checksum_of(const Migration& migration) {
  return to_hex(crypto::sha256(migration.text));
}

std::string label(const Migration& migration) {
  return "migration " + std::to_string(migration.number) + " (" + migration.name + ")";
}

// The list is part of the program.
Result<void> check_order(const std::vector<Migration>& migrations) {
  int last = 0;
  for (const Migration& migration : migrations) {
    if (migration.number <= last) return Error{Code::internal, label(migration) + " is out of order", kWhere};
    last = migration.number;
  }
  return {};
}

// One migration at a time in the whole database. SQLite's BEGIN IMMEDIATE is such a lock already.
Result<void> lock(Transaction& transaction, Database::Kind kind) {
  if (kind != Database::Kind::postgres) return {};
  VK_CHECK(transaction.run({"SET LOCAL statement_timeout = 0"}));
  VK_CHECK(transaction.run({"SET LOCAL lock_timeout = 600000"}));
  VK_CHECK(transaction.run({"SELECT pg_advisory_xact_lock($1)"}, {kLock}));
  return {};
}

// The applied ones must be the first of the list, unchanged. How many they are.
Result<size_t> check_applied(const Rows& applied, const std::vector<Migration>& migrations) {
  for (size_t i = 0; i < applied.size(); ++i) {
    const int64_t number = applied[i].integer(0);
    if (i >= migrations.size() || number > migrations.back().number) {
      return Error{Code::conflict,
                   "the database is newer than this program: it has migration " + std::to_string(number) +
                       " (" + applied[i].text(1) + ")",
                   kWhere};
    }
    if (number != migrations[i].number) {
      return Error{Code::conflict, label(migrations[i]) + " was never applied, but a later one was", kWhere};
    }
    if (applied[i].text(2) != checksum_of(migrations[i])) {
      return Error{Code::conflict, label(migrations[i]) + " was changed after it was applied", kWhere};
    }
  }
  return applied.size();
}

std::string with_blob_type(std::string text, Database::Kind kind) {
  constexpr std::string_view kPlaceholder = "{blob}";
  const std::string_view type = kind == Database::Kind::sqlite ? "BLOB" : "BYTEA";
  for (size_t at = 0; (at = text.find(kPlaceholder, at)) != std::string::npos; at += type.size()) {
    text.replace(at, kPlaceholder.size(), type);
  }
  return text;
}

Result<void> apply(Transaction& transaction, Database::Kind kind, const Migration& migration, Millis now) {
  const std::string text = with_blob_type(migration.text, kind);
  for (std::string_view rest = text; !rest.empty();) {
    const size_t end = rest.find(";\n");
    std::string_view statement = trim(rest.substr(0, end));
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 2);
    if (statement.ends_with(';')) statement.remove_suffix(1);
    if (trim(statement).empty()) continue;
    const std::string terminated(statement);
    if (auto done = transaction.run({terminated.c_str()}); !done.ok()) {
      return Error{done.error().code, label(migration) + ": " + done.error().detail, kWhere};
    }
  }
  VK_CHECK(
      transaction.run(kRecord, {int64_t{migration.number}, migration.name, checksum_of(migration), now}));
  return {};
}

}  // namespace

Result<int> migrate(Database& database, const std::vector<Migration>& migrations, Millis now) {
  VK_CHECK(check_order(migrations));
  int count = 0;
  VK_CHECK(database.write_now([&](Transaction& transaction) -> Result<void> {
    const Database::Kind kind = database.kind();
    VK_CHECK(lock(transaction, kind));
    VK_CHECK(transaction.run(kCreateTable));
    VK_TRY(const Rows applied, transaction.run(kList));
    VK_TRY(const size_t known, check_applied(applied, migrations));
    for (size_t i = known; i < migrations.size(); ++i) VK_CHECK(apply(transaction, kind, migrations[i], now));
    count = static_cast<int>(migrations.size() - known);
    return {};
  }));
  return count;
}

}  // namespace valetkey::sql
