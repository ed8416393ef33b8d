// One contract over SQLite and PostgreSQL. Queries are written once, in the subset both share: $1 parameters,
// RETURNING, ON CONFLICT, BIGINT milliseconds, BYTEA/BLOB spelt with the {blob} placeholder in migrations.
// A use case is one plain function over a Transaction; the database decides on which thread it runs.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "foundation/base/clock.h"
#include "foundation/base/result.h"
#include "foundation/base/task.h"
#include "foundation/net/blocking_pool.h"

namespace valetkey::sql {

// Bytes, as opposed to text.
struct Blob {
  std::string bytes;
};
using Value = std::variant<std::monostate, int64_t, std::string, Blob>;

class Row {
 public:
  explicit Row(std::vector<Value> values) : values_(std::move(values)) {}
  int64_t integer(size_t column) const;          // 0 for NULL
  const std::string& text(size_t column) const;  // "" for NULL
  const std::string& blob(size_t column) const;  // "" for NULL
  std::string take(size_t column);               // as text() or blob(), moved out
  bool is_null(size_t column) const;
  size_t size() const { return values_.size(); }

 private:
  std::vector<Value> values_;
};
using Rows = std::vector<Row>;

// SQL text with a stable address: drivers keep it prepared per connection, keyed by the pointer of `text`.
struct Statement {
  const char* text;
  bool one_row = false;  // of a SELECT: the first row only
};

class Transaction {
 public:
  virtual ~Transaction() = default;
  // Runs one statement; rows of SELECT or RETURNING. Code::conflict for a unique violation,
  // Code::invalid_argument for a text parameter that holds NUL or broken UTF-8, else Code::store. After the
  // first error the transaction is given up: every further run() returns that error, and nothing is written
  // even if the work returns success.
  virtual Result<Rows> run(const Statement& statement, const std::vector<Value>& parameters = {}) = 0;
  // Rows the last INSERT, UPDATE or DELETE touched.
  virtual int64_t changed() const = 0;
};

// Destroy it before the workers that use it: it finishes what is queued and answers there. Limits: a job
// waits 10 s for its turn (then Code::unavailable), a statement runs 30 s, waits 10 s for a lock (SQLite: 5 s
// for another process). `Code::store` when the database cannot be reached or fails. A function may run more
// than once (serialization failures are retried up to 5 times), so it must have no other effect than on the
// transaction.
class Database {
 public:
  virtual ~Database() = default;
  enum class Kind { sqlite, postgres };
  virtual Kind kind() const = 0;

  using Work = std::function<Result<void>(Transaction&)>;
  // Read only; each statement sees what is committed when it starts. SQLite: runs at once on the calling
  // thread's own connection. PostgreSQL: on a pool thread.
  virtual Task<Result<void>> read(Work work) = 0;
  // All or nothing, durable when the task returns. An Error from `work` rolls back and is passed on.
  // SQLite: one writer thread that commits in groups; PostgreSQL: a pool of connections, READ COMMITTED.
  virtual Task<Result<void>> write(Work work) = 0;
  // The same, blocking the caller: start-up, migrations, tests.
  virtual Result<void> write_now(Work work) = 0;
  // For /readyz.
  virtual Task<Result<void>> ping() = 0;

  // With a value: `work` returns Result<T>.
  template <class T>
  Task<Result<T>> read_value(std::function<Result<T>(Transaction&)> work) {
    Keeping<T> keeping{std::move(work), {}};
    CO_CHECK(co_await read(std::ref(keeping)));
    co_return std::move(*keeping.value);
  }
  template <class T>
  Task<Result<T>> write_value(std::function<Result<T>(Transaction&)> work) {
    Keeping<T> keeping{std::move(work), {}};
    CO_CHECK(co_await write(std::ref(keeping)));
    co_return std::move(*keeping.value);
  }

 private:
  // Lives in the frame of the task, which the database outlasts only when the worker is gone.
  template <class T>
  struct Keeping {
    std::function<Result<T>(Transaction&)> work;
    std::optional<T> value;
    Result<void> operator()(Transaction& transaction) {
      VK_TRY(value, work(transaction));
      return {};
    }
  };
};

// "sqlite:PATH", a bare path, or "postgres://..." / "postgresql://...". Opens and checks the connection;
// applies nothing.
struct DatabaseOptions {
  std::string url;
  unsigned postgres_connections = 16;
  size_t max_queued_writes = 10'000;  // PostgreSQL: reads too; over it: Code::unavailable
};
Result<std::unique_ptr<Database>> open_database(DatabaseOptions options);

// Numbered, forward-only. The table schema_migrations keeps number, name, SHA-256 of the text and the time; a
// changed text of an applied number, or a database newer than the program, is Code::conflict. All or nothing.
// Safe to run in parallel.
struct Migration {
  int number;
  const char* name;
  const char* text;  // statements separated by ";\n"; {blob} becomes BLOB or BYTEA
};
Result<int> migrate(Database& database, const std::vector<Migration>& migrations,
                    Millis now);  // how many were applied

}  // namespace valetkey::sql
