// The one writer of a SQLite database: takes what has queued up, runs each job in a savepoint of one
// transaction, commits once, and only then answers. Runs on its own thread.
#pragma once

#include <memory>
#include <span>
#include <thread>

#include "foundation/sql/job_queue.h"
#include "foundation/sql/sqlite/connection.h"

namespace valetkey::sql::sqlite {

class Writer {
 public:
  static constexpr size_t kMaxGroup = 128;  // jobs in one commit

  Writer(std::unique_ptr<Connection> connection, JobQueue& queue);
  ~Writer();  // the queue must be closed; finishes what is queued

 private:
  // collapsed: the transaction broke although each job alone may succeed.
  enum class Ending { committed, failed, collapsed };
  struct Attempt {
    Ending ending;
    Error error;
  };

  void loop();
  void commit_group(std::span<Job> jobs);
  Attempt attempt(std::span<Job> jobs, std::vector<Result<void>>& results);
  bool run_in_savepoint(const Job& job, Result<void>& result);
  Attempt commit();
  void roll_back();

  std::unique_ptr<Connection> connection_;
  JobQueue& queue_;
  std::thread thread_;
};

}  // namespace valetkey::sql::sqlite
