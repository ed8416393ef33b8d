#include "domain/vault/lease_keeper.h"

#include <utility>

#include "foundation/net/single_flight.h"
#include "foundation/net/worker.h"

namespace valetkey {
namespace {

Task<void> keep_extending(std::shared_ptr<Cancellation> stop, Millis period,
                          std::function<Task<void>()> extend) {
  while (co_await net::sleep_for(period, stop.get())) co_await extend();
}

}  // namespace

LeaseKeeper::LeaseKeeper(const Executor& executor, Millis period, std::function<Task<void>()> extend)
    : stop_(std::make_shared<Cancellation>()) {
  net::spawn_detached(executor, keep_extending(stop_, period, std::move(extend)));
}

LeaseKeeper::~LeaseKeeper() {
  stop_->request();
}

}  // namespace valetkey
