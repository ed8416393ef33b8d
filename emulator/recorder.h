// What the upstreams saw: every request with its raw parts and the times that matter, for a test to ask
// about. Thread-safe. Bounded: the oldest records go, long bodies are cut.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "foundation/base/clock.h"
#include "foundation/http/message.h"

namespace valetkey::emulator {

constexpr size_t kMaxRecords = 20'000;
constexpr size_t kMaxRecordedBody = 1u << 20;
constexpr size_t kMaxRecordedBytes = 256u << 20;  // of all bodies together

struct Record {
  int64_t sequence = 0;
  std::string upstream, method, path, query, body;
  std::vector<std::pair<std::string, std::string>> headers;
  size_t body_bytes = 0;     // before cutting
  Millis started_at = 0;     // system clock, not the movable one
  Millis first_byte_at = 0;  // 0: not yet, here and below
  Millis ended_at = 0;
  Millis disconnected_at = 0;  // the client left before the answer was complete
  int status = 0;
  uint64_t bytes_out = 0;
  std::string fault;           // id of the scripted fault that struck it
  bool fault_applied = false;  // false with a fault set: that endpoint does not know this fault
};

class Recorder {
 public:
  explicit Recorder(bool enabled) : enabled_(enabled) {}
  bool enabled() const { return enabled_; }

  std::shared_ptr<Record> open(std::string_view upstream, std::string_view path,
                               const http::Request& request);
  // Changes one record under the lock.
  template <class F>
  void update(const std::shared_ptr<Record>& record, F&& change) {
    std::lock_guard lock(mutex_);
    change(*record);
  }

  // {"records":[...],"next":N}: those with sequence >= since, in order; `upstream` empty = all.
  std::string describe(std::string_view upstream, int64_t since, size_t limit) const;
  void clear();

 private:
  bool enabled_;
  mutable std::mutex mutex_;
  std::deque<std::shared_ptr<Record>> records_;
  size_t body_bytes_ = 0;  // kept, of all records
  int64_t next_sequence_ = 1;
};

}  // namespace valetkey::emulator
