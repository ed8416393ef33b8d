// Names to addresses for connect(): getaddrinfo on Asio's own thread, one look-up per name at a time, answers
// kept for 60 s per worker (failures are not kept). Private to net/.
#pragma once

#include <boost/asio/ip/address.hpp>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "foundation/base/cancellation.h"
#include "foundation/base/clock.h"
#include "foundation/base/result.h"
#include "foundation/base/task.h"
#include "foundation/net/deadline.h"
#include "foundation/net/worker.h"

namespace valetkey::net {

constexpr Millis kKeepAddresses = 60 * kSecond;
constexpr size_t kMaxCachedNames = 1024;  // per worker

// One limit over a row of waits: fires once, by time or by cancellation, and ends the wait that runs then.
class WaitLimit {
 public:
  WaitLimit(Worker& worker, Millis timeout, Cancellation* cancellation);
  // What ends the current wait; null for none. Not called for a limit that fired before: ask fired() first.
  void on_fire(std::function<void()> stop) { stop_ = std::move(stop); }
  bool fired() const { return code_.has_value(); }
  Error error(const char* where) const;
  Millis remaining() const;

 private:
  void fire(Code code);
  Millis end_;
  std::optional<Code> code_;
  std::function<void()> stop_;
  Deadline deadline_;
  std::optional<OnCancel> on_cancel_;
};

// Code::disconnected when the name has no address. A numeric address is answered at once.
Task<Result<std::vector<asio::ip::address>>> resolve(std::string host, WaitLimit& limit);

}  // namespace valetkey::net
