#include "tests/support/sql/await.h"

#include "foundation/net/worker.h"

namespace valetkey::await_detail {
namespace {

Task<void> count(Task<void> task, net::Worker* worker, size_t* left) {
  co_await std::move(task);
  if (--*left == 0) worker->stop();
}

}  // namespace

void run(std::vector<Task<void>> tasks) {
  if (tasks.empty()) return;
  net::Worker worker(0);
  size_t left = tasks.size();
  for (auto& task : tasks) worker.spawn(count(std::move(task), &worker, &left));
  worker.run();
}

void run(Task<void> task) {
  std::vector<Task<void>> one;
  one.push_back(std::move(task));
  run(std::move(one));
}

}  // namespace valetkey::await_detail
