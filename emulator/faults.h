// Scripted faults: which request shall be treated how. A scenario is posted to the control API, matches
// requests by upstream, path and credential, and hands its fault to the matching ones. Thread-safe.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "foundation/base/json.h"
#include "foundation/base/result.h"

namespace valetkey::emulator {

// One entry of the catalogue in docs/emulator.md.
struct FaultKind {
  std::string_view id;
  std::string_view where;  // upstreams or endpoint it acts on
  std::string_view what;
};
const std::vector<FaultKind>& fault_catalogue();

// A fault that struck a request. Immutable.
class Fault {
 public:
  Fault(std::string id, JsonDocument parameters) : id_(std::move(id)), parameters_(std::move(parameters)) {}
  const std::string& id() const { return id_; }
  Json parameter(std::string_view name) const { return parameters_.root()[name]; }
  int64_t integer(std::string_view name, int64_t fallback) const {
    return parameter(name).integer().value_or(fallback);
  }
  std::string text(std::string_view name, std::string_view fallback) const {
    return std::string(parameter(name).string_or(fallback));
  }
  bool flag(std::string_view name, bool fallback) const {
    return parameter(name).boolean().value_or(fallback);
  }

 private:
  std::string id_;
  JsonDocument parameters_;
};

class FaultBook {
 public:
  // `scenario` is the body of POST /control/scenario; the id of the scenario comes back.
  // Code::invalid_argument says what is wrong with it (an unknown fault id above all).
  Result<std::string> add(const Json& scenario);
  bool remove(std::string_view id);
  void clear();
  // False at once when no scenario is loaded: costs one relaxed load.
  bool any() const { return any_.load(std::memory_order_relaxed); }
  // Counts the request on every scenario it matches; the fault of the first one that strikes. `owner` names
  // whose credential the request carries (e-mail), empty when unknown.
  std::shared_ptr<const Fault> strike(std::string_view upstream, std::string_view path,
                                      std::string_view owner);
  // JSON array of the loaded scenarios with their counts.
  std::string describe() const;

 private:
  struct Scenario {
    std::string id, upstream, path, credential;
    int64_t first = 1;  // ordinal of the first request that is struck
    int64_t last = 1;   // and of the last; -1 = no end
    int64_t seen = 0, hit = 0;
    std::shared_ptr<const Fault> fault;
  };
  mutable std::mutex mutex_;
  std::vector<Scenario> scenarios_;
  int64_t next_id_ = 1;
  std::atomic<bool> any_ = false;
};

}  // namespace valetkey::emulator
