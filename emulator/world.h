// Everything the emulator remembers; one instance for the process, shared by all workers.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "clock.h"
#include "device_sign_ins.h"
#include "faults.h"
#include "ids.h"
#include "pacer.h"
#include "recorder.h"
#include "tokens.h"

namespace valetkey::emulator {

struct Options {
  std::string address = "127.0.0.1";
  unsigned short port = 0;
  std::string ready_file;
  unsigned workers = 1;
  bool record = true;
  bool accept_any_bearer = false;
  bool random_ids = false;
  Millis pace = 0;              // between two events of every stream; 0 = as fast as the socket takes them
  int64_t device_interval = 5;  // seconds
};

// Copilot's premium requests: what X-Initiator said (upstreams 3.3).
struct InitiatorCounts {
  int64_t user = 0, agent = 0, missing = 0;
};

struct World {
  explicit World(Options chosen)
      : options(std::move(chosen)),
        ids(!options.random_ids),
        tokens(clock, ids),
        device_sign_ins(clock, ids),
        recorder(options.record) {
    device_sign_ins.set_interval(options.device_interval);
  }

  Options options;
  MovableClock clock;
  IdSource ids;
  TokenBook tokens;
  DeviceSignIns device_sign_ins;
  FaultBook faults;
  Recorder recorder;

  // One per worker, by its index; added before the workers run, removed before they are destroyed.
  void add_pacer(asio::io_context& context) { pacers_.push_back(std::make_unique<Pacer>(context)); }
  void remove_pacers() { pacers_.clear(); }
  Pacer& pacer(unsigned worker_index) { return *pacers_[worker_index]; }

  void count_initiator(std::string_view value);
  InitiatorCounts initiators() const;
  // Everything back to the start, the clock included; options stay, and the id sequence goes on.
  void reset();

 private:
  mutable std::mutex mutex_;
  InitiatorCounts initiators_;
  std::vector<std::unique_ptr<Pacer>> pacers_;
};

}  // namespace valetkey::emulator
