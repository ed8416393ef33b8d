// The bounded queue between callers and the threads of a driver. Thread-safe.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <vector>

#include "foundation/sql/database.h"

namespace valetkey::sql {

struct Job {
  Database::Work work;
  std::function<void(Result<void>)> done;  // called exactly once, on a thread of the driver
  bool read_only = false;
  Millis queued_at = 0;  // steady

  // Drops what the work holds before the caller goes on.
  void finish(Result<void> result);
};

class JobQueue {
 public:
  static constexpr Millis kMaxWait = 10 * kSecond;  // a job that waited longer ends with Code::unavailable

  explicit JobQueue(size_t limit) : limit_(limit) {}

  // Suspends until the job is done. Code::unavailable when the queue is full.
  Task<Result<void>> submit(Database::Work work, bool read_only);
  Result<void> submit_and_wait(Database::Work work, bool read_only);

  // Waits for a job and takes up to `most`; nothing once the queue is closed and empty.
  std::vector<Job> take(size_t most);
  void close();

 private:
  void push(Job job);
  size_t limit_;
  std::mutex mutex_;
  std::condition_variable filled_;
  std::deque<Job> jobs_;
  bool closed_ = false;
};

}  // namespace valetkey::sql
