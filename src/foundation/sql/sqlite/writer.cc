#include "foundation/sql/sqlite/writer.h"

#include "foundation/base/log.h"

namespace valetkey::sql::sqlite {
namespace {

constexpr Statement kBegin{"BEGIN IMMEDIATE"};
constexpr Statement kCommit{"COMMIT"};
constexpr Statement kRollBack{"ROLLBACK"};
constexpr Statement kSavepoint{"SAVEPOINT job"};
constexpr Statement kRollBackTo{"ROLLBACK TO job"};
constexpr Statement kRelease{"RELEASE job"};

}  // namespace

Writer::Writer(std::unique_ptr<Connection> connection, JobQueue& queue)
    : connection_(std::move(connection)), queue_(queue), thread_([this] { loop(); }) {}

Writer::~Writer() {
  thread_.join();
}

void Writer::loop() {
  for (auto jobs = queue_.take(kMaxGroup); !jobs.empty(); jobs = queue_.take(kMaxGroup)) commit_group(jobs);
}

void Writer::commit_group(std::span<Job> jobs) {
  std::vector<Result<void>> results(jobs.size());
  const Attempt attempted = attempt(jobs, results);
  if (attempted.ending != Ending::committed) roll_back();
  if (attempted.ending == Ending::collapsed && jobs.size() > 1) {
    for (size_t i = 0; i < jobs.size(); ++i) commit_group(jobs.subspan(i, 1));
    return;
  }
  for (size_t i = 0; i < jobs.size(); ++i) {
    const bool lost = attempted.ending != Ending::committed && results[i].ok();
    jobs[i].finish(lost ? Result<void>(attempted.error) : std::move(results[i]));
  }
}

Writer::Attempt Writer::attempt(std::span<Job> jobs, std::vector<Result<void>>& results) {
  if (auto begun = connection_->run(kBegin); !begun.ok()) return {Ending::failed, begun.error()};
  if (jobs.size() == 1) {
    SqliteTransaction transaction(*connection_);
    results[0] = transaction.complete(jobs[0].work);
    if (results[0].ok()) return commit();
    return {Ending::failed, results[0].error()};
  }
  for (size_t i = 0; i < jobs.size(); ++i) {
    if (!run_in_savepoint(jobs[i], results[i])) {
      return {Ending::collapsed, Error{Code::store, "the transaction was lost", "sqlite"}};
    }
  }
  return commit();
}

// False when the whole transaction is gone (a full disk, an I/O error).
bool Writer::run_in_savepoint(const Job& job, Result<void>& result) {
  if (!connection_->run(kSavepoint).ok()) return false;
  SqliteTransaction transaction(*connection_);
  result = transaction.complete(job.work);
  if (!connection_->in_transaction()) return false;
  if (!result.ok() && !connection_->run(kRollBackTo).ok()) return false;
  return connection_->run(kRelease).ok();
}

Writer::Attempt Writer::commit() {
  auto committed = connection_->run(kCommit);
  if (committed.ok()) return {Ending::committed, {}};
  // A deferred constraint belongs to one job; anything else, such as a failed write, to all.
  const bool constraint = connection_->last_error_was_constraint();
  return {constraint ? Ending::collapsed : Ending::failed, committed.error()};
}

void Writer::roll_back() {
  if (!connection_->in_transaction()) return;
  if (auto rolled_back = connection_->run(kRollBack); !rolled_back.ok()) {
    log::error("sqlite_rollback_failed", {{"detail", rolled_back.error().detail}});
  }
}

}  // namespace valetkey::sql::sqlite
