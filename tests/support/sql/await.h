// Runs tasks to their end on a worker of their own, for tests without a server.
#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "foundation/base/task.h"

namespace valetkey {

namespace await_detail {

// All of them at once on the calling thread, until the last has ended.
void run(std::vector<Task<void>> tasks);
void run(Task<void> task);

template <class T>
Task<void> keep(Task<T> task, std::optional<T>* out) {
  *out = co_await std::move(task);
}

}  // namespace await_detail

// All of them at once on the calling thread; results in their order.
template <class T>
std::vector<T> await_all(std::vector<Task<T>> tasks) {
  std::vector<std::optional<T>> slots(tasks.size());
  std::vector<Task<void>> kept;
  for (size_t i = 0; i < tasks.size(); ++i) {
    kept.push_back(await_detail::keep(std::move(tasks[i]), &slots[i]));
  }
  await_detail::run(std::move(kept));
  std::vector<T> results;
  for (auto& slot : slots) results.push_back(*std::move(slot));
  return results;
}

// Without a list on the way: every test has it for a dozen types.
template <class T>
T await_now(Task<T> task) {
  std::optional<T> result;
  await_detail::run(await_detail::keep(std::move(task), &result));
  return *std::move(result);
}

}  // namespace valetkey
