// What the relay counts. Created once by app/.
#pragma once

#include <array>

#include "domain/vault/credential.h"
#include "engine/dialects/failure.h"
#include "engine/dialects/translation.h"
#include "foundation/base/metrics.h"

namespace valetkey::relay {

class RelayMetrics {
 public:
  explicit RelayMetrics(metrics::Registry& registry);
  void answered(ProviderId provider, const dialects::Usage& usage);
  void failed(ProviderId provider, Failure::Kind kind);
  void first_event(int64_t micros) { first_event_.observe(micros); }
  void retried_after_refresh() { retries_.add(); }

 private:
  struct PerProvider {
    metrics::Counter* answered = nullptr;
    metrics::Counter* input_tokens = nullptr;
    metrics::Counter* output_tokens = nullptr;
    std::array<metrics::Counter*, 10> failed{};
  };
  std::array<PerProvider, kAllProviders.size()> providers_;
  metrics::Histogram& first_event_;
  metrics::Counter& retries_;
};

}  // namespace valetkey::relay
