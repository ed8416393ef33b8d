// Runs tasks to their end on workers of their own, for tests without a server.
#pragma once

#include <optional>
#include <vector>

#include "foundation/net/worker.h"

namespace valetkey {

namespace await_detail {
template <class T>
Task<void> keep(net::Worker* worker, Task<T> task, std::optional<T>* out, size_t* left) {
  *out = co_await std::move(task);
  if (--*left == 0) worker->stop();
}
}  // namespace await_detail

// All of them at once on the calling thread; results in their order.
template <class T>
std::vector<T> await_all(std::vector<Task<T>> tasks) {
  if (tasks.empty()) return {};
  net::Worker worker(0);
  std::vector<std::optional<T>> slots(tasks.size());
  size_t left = tasks.size();
  for (size_t i = 0; i < tasks.size(); ++i) {
    worker.spawn(await_detail::keep(&worker, std::move(tasks[i]), &slots[i], &left));
  }
  worker.run();
  std::vector<T> results;
  for (auto& slot : slots) results.push_back(*std::move(slot));
  return results;
}

template <class T>
T await_now(Task<T> task) {
  std::vector<Task<T>> tasks;
  tasks.push_back(std::move(task));
  return std::move(await_all(std::move(tasks)).front());
}

}  // namespace valetkey
