#include "foundation/sql/postgres/postgres_database.h"

#include <algorithm>
#include <chrono>
#include <random>
#include <thread>

#include "foundation/sql/job_queue.h"
#include "foundation/sql/postgres/connection.h"

namespace valetkey::sql::postgres {
namespace {

constexpr int kRetries = 5;

Result<void> attempt(Connection& connection, const Job& job) {
  connection.forget_failure();
  VK_CHECK(connection.ensure());
  PostgresTransaction transaction(connection, job.read_only);
  if (job.read_only) return transaction.complete(job.work);
  VK_CHECK(connection.command("BEGIN", "BEGIN"));
  auto result = transaction.complete(job.work);
  if (!result.ok()) {
    const bool again = connection.worth_retrying();
    // A connection that cannot even roll back is of no use to the next job.
    if (!connection.command("ROLLBACK", "ROLLBACK").ok()) connection.drop();
    if (!again) connection.forget_failure();
    return result;
  }
  auto committed = connection.command("COMMIT", "COMMIT");
  if (committed.ok() || connection.connected()) return committed;
  // It may have been committed before the connection broke: running it again could do it twice.
  connection.forget_failure();
  return Error{Code::store, "connection lost at COMMIT, outcome unknown", "postgres"};
}

// Spreads out transactions that collided.
void pause_before(int retry) {
  static thread_local std::minstd_rand dice(std::random_device{}());
  std::this_thread::sleep_for(std::chrono::milliseconds(dice() % (4u << retry)));
}

Result<void> run_job(Connection& connection, const Job& job) {
  for (int retry = 0;; ++retry) {
    auto result = attempt(connection, job);
    if (result.ok() || retry == kRetries || !connection.worth_retrying()) return result;
    pause_before(retry);
  }
}

class PostgresDatabase final : public Database {
 public:
  PostgresDatabase(const std::string& url, unsigned connections, size_t max_queued) : queue_(max_queued) {
    for (unsigned i = 0; i < std::max(1u, connections); ++i) {
      threads_.emplace_back([this, url] { serve(url); });
    }
  }
  ~PostgresDatabase() override {
    queue_.close();
    for (auto& thread : threads_) thread.join();
  }

  Kind kind() const override { return Kind::postgres; }
  Task<Result<void>> read(Work work) override { return queue_.submit(std::move(work), true); }
  Task<Result<void>> write(Work work) override { return queue_.submit(std::move(work), false); }
  Result<void> write_now(Work work) override { return queue_.submit_and_wait(std::move(work), false); }
  Task<Result<void>> ping() override { return queue_.submit(select_one, true); }
  Result<void> check() { return queue_.submit_and_wait(select_one, true); }

 private:
  static Result<void> select_one(Transaction& transaction) {
    VK_CHECK(transaction.run({"SELECT 1"}));
    return {};
  }

  void serve(const std::string& url) {
    Connection connection(url);
    for (auto jobs = queue_.take(1); !jobs.empty(); jobs = queue_.take(1)) {
      jobs.front().finish(run_job(connection, jobs.front()));
    }
  }

  JobQueue queue_;
  std::vector<std::thread> threads_;
};

}  // namespace

Result<std::unique_ptr<Database>> open(const DatabaseOptions& options) {
  auto database = std::make_unique<PostgresDatabase>(options.url, options.postgres_connections,
                                                     options.max_queued_writes);
  VK_CHECK(database->check());
  return std::unique_ptr<Database>(std::move(database));
}

}  // namespace valetkey::sql::postgres
