#include "foundation/net/turn.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <utility>

#include "foundation/net/worker.h"

namespace valetkey::net {

bool Turn::in_company(Step step) {
  constexpr unsigned kSurelyAlone = 8;
  begin();
  return ++seen_[static_cast<size_t>(step)] > 1 || alone_ < kSurelyAlone;
}

Task<void> Turn::keep_step(Step step) {
  begin();
  return asio::async_initiate<const asio::use_awaitable_t<Executor>, void()>(
      [&waiting = waiting_[static_cast<size_t>(step)]](Waiter waiter) {
        waiting.push_back(std::move(waiter));
      },
      asio::use_awaitable_t<Executor>());
}

// What the wake-up brought is queued already: this comes behind it.
void Turn::begin() {
  if (std::exchange(begun_, true)) return;
  asio::post(context_, [this] { go(); });
}

void Turn::go() {
  for (auto& waiting : waiting_) resume(waiting);
  bool alone = std::all_of(seen_.begin(), seen_.end(), [](unsigned seen) { return seen <= 1; });
  alone_ = alone ? alone_ + 1 : 0;
  seen_ = {};
  begun_ = false;
  // Who came to an earlier step meanwhile, or once more to the same, belongs to the next turn.
  if (std::any_of(waiting_.begin(), waiting_.end(), [](const auto& waiting) { return !waiting.empty(); })) {
    begin();
  }
}

void Turn::resume(std::vector<Waiter>& waiting) {
  resumed_.swap(waiting);
  for (Waiter& waiter : resumed_) waiter();
  resumed_.clear();
}

bool in_company(Step step) {
  Worker* worker = Worker::current();
  return worker != nullptr && worker->turn().in_company(step);
}

Task<void> keep_step(Step step) {
  return Worker::current()->turn().keep_step(step);
}

}  // namespace valetkey::net
