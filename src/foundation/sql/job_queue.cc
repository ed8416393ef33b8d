#include "foundation/sql/job_queue.h"

#include <algorithm>
#include <future>

namespace valetkey::sql {

void Job::finish(Result<void> result) {
  work = nullptr;
  std::exchange(done, nullptr)(std::move(result));
}

void JobQueue::push(Job job) {
  job.queued_at = steady_millis();
  std::unique_lock lock(mutex_);
  if (closed_ || jobs_.size() >= limit_) {
    lock.unlock();
    return job.finish(Error{Code::unavailable, "the queue of the database is full", "sql"});
  }
  jobs_.push_back(std::move(job));
  lock.unlock();
  filled_.notify_one();
}

Task<Result<void>> JobQueue::submit(Database::Work work, bool read_only) {
  std::function<void(std::function<void(Result<void>)>)> start =
      [this, read_only,
       shared = std::make_shared<Database::Work>(std::move(work))](std::function<void(Result<void>)> done) {
        push(Job{std::move(*shared), std::move(done), read_only});
      };
  co_return co_await net::suspend_until<Result<void>>(std::move(start));
}

Result<void> JobQueue::submit_and_wait(Database::Work work, bool read_only) {
  auto promise = std::make_shared<std::promise<Result<void>>>();
  auto future = promise->get_future();
  push(Job{std::move(work), [promise](Result<void> result) { promise->set_value(std::move(result)); },
           read_only});
  return future.get();
}

std::vector<Job> JobQueue::take(size_t most) {
  std::vector<Job> fresh;
  while (fresh.empty()) {
    std::vector<Job> stale;
    {
      std::unique_lock lock(mutex_);
      filled_.wait(lock, [this] { return closed_ || !jobs_.empty(); });
      if (jobs_.empty()) return fresh;
      const Millis oldest = steady_millis() - kMaxWait;
      while (!jobs_.empty() && fresh.size() < most) {
        auto& to = jobs_.front().queued_at < oldest ? stale : fresh;
        to.push_back(std::move(jobs_.front()));
        jobs_.pop_front();
      }
    }
    for (Job& job : stale) job.finish(Error{Code::unavailable, "waited too long for the database", "sql"});
  }
  return fresh;
}

void JobQueue::close() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  filled_.notify_all();
}

}  // namespace valetkey::sql
