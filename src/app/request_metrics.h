// What /metrics says of every request, whatever it asked for.
#pragma once

#include <array>

#include "foundation/base/metrics.h"
#include "foundation/http/server.h"

namespace valetkey {

// Thread-safe.
class RequestMetrics {
 public:
  // `registry` outlives it.
  explicit RequestMetrics(metrics::Registry& registry);
  void add(const http::AccessRecord& record);

 private:
  std::array<metrics::Counter*, 5> classes_{};  // 1xx to 5xx
  metrics::Histogram& seconds_;
};

}  // namespace valetkey
