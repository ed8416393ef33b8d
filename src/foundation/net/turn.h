// A worker's turn: the work that one wake-up brings.
#pragma once

#include <array>
#include <boost/asio/async_result.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "foundation/base/task.h"

namespace valetkey::net {

// Places on the way of a request where it may wait for the others of its turn, in their order. They go side
// by side, so the code of a step comes into the processor's caches once for all of them (ADR 0019), and what
// they write leaves back to back at the end (ADR 0011).
enum class Step : uint8_t {
  handle,  // a request that was read whole meets its handler
  open,    // a credential's row was read
  call,    // what an upstream is asked gets its form
  answer,  // an upstream has answered
  write,   // something leaves through a socket
};

// Belongs to one worker; call from its thread. Destroy it before the io_context: it holds waiting tasks.
class Turn {
 public:
  explicit Turn(asio::io_context& context) : context_(context) {}
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

  // Whoever comes to a step asks first. False: nobody else, as far as one can tell, so do not wait.
  bool in_company(Step step);
  // Until the others are here too, or are past it.
  Task<void> keep_step(Step step);

 private:
  static constexpr size_t kSteps = static_cast<size_t>(Step::write) + 1;
  using Waiter = asio::async_result<asio::use_awaitable_t<Executor>, void()>::handler_type;
  void begin();
  void go();
  void resume(std::vector<Waiter>& waiting);

  asio::io_context& context_;
  std::array<std::vector<Waiter>, kSteps> waiting_;
  std::vector<Waiter> resumed_;
  std::array<unsigned, kSteps> seen_{};  // in this turn so far, at each step
  unsigned alone_ = 0;                   // turns in a row in which no step saw two
  bool begun_ = false;
};

// The same for the worker of the running thread; outside one everybody is alone.
bool in_company(Step step);
Task<void> keep_step(Step step);

}  // namespace valetkey::net
