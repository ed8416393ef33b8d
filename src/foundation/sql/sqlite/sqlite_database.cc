#include "foundation/sql/sqlite/sqlite_database.h"

#include "foundation/sql/sqlite/readers.h"
#include "foundation/sql/sqlite/writer.h"

namespace valetkey::sql::sqlite {
namespace {

class SqliteDatabase final : public Database {
 public:
  SqliteDatabase(const std::string& path, std::unique_ptr<Connection> writer, size_t max_queued)
      : readers_(std::make_shared<Readers>(path)), queue_(max_queued), writer_(std::move(writer), queue_) {}
  ~SqliteDatabase() override { queue_.close(); }

  Kind kind() const override { return Kind::sqlite; }
  Task<Result<void>> read(Work work) override { co_return read_here(work); }
  Task<Result<void>> write(Work work) override { return queue_.submit(std::move(work), false); }
  Result<void> write_now(Work work) override { return queue_.submit_and_wait(std::move(work), false); }
  Task<Result<void>> ping() override {
    co_return read_here([](Transaction& transaction) -> Result<void> {
      VK_CHECK(transaction.run({"SELECT count(*) FROM sqlite_schema"}));
      return {};
    });
  }

 private:
  Result<void> read_here(const Work& work) {
    VK_TRY(Connection* const connection, readers_->mine());
    SqliteTransaction transaction(*connection);
    return transaction.complete(work);
  }

  std::shared_ptr<Readers> readers_;
  JobQueue queue_;
  Writer writer_;  // joined before the queue goes
};

}  // namespace

Result<std::unique_ptr<Database>> open(const std::string& path, const DatabaseOptions& options) {
  if (path.empty() || path == ":memory:") {
    return Error{Code::invalid_argument, "SQLite needs a file: readers and the writer share it", "sqlite"};
  }
  VK_TRY(auto writer, Connection::open(path, Connection::Role::writer));
  return std::unique_ptr<Database>(
      std::make_unique<SqliteDatabase>(path, std::move(writer), options.max_queued_writes));
}

}  // namespace valetkey::sql::sqlite
