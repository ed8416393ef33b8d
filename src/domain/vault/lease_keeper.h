// Keeps a lease in the store alive while its holder works, so that leases can be short and a process that
// died is succeeded within seconds. Belongs to one worker.
#pragma once

#include <functional>
#include <memory>

#include "foundation/base/cancellation.h"
#include "foundation/base/clock.h"
#include "foundation/base/task.h"

namespace valetkey {

class LeaseKeeper {
 public:
  // Calls `extend` every `period` (steady time) until this object goes; an extension under way is finished.
  LeaseKeeper(const Executor& executor, Millis period, std::function<Task<void>()> extend);
  ~LeaseKeeper();
  LeaseKeeper(const LeaseKeeper&) = delete;
  LeaseKeeper& operator=(const LeaseKeeper&) = delete;

 private:
  std::shared_ptr<Cancellation> stop_;
};

}  // namespace valetkey
