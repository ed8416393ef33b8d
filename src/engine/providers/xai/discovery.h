// Where xAI's sign-in lives: found by OpenID discovery, never written down, because it has moved before
// (upstreams 4.1).
#pragma once

#include <mutex>
#include <optional>
#include <string>

#include "engine/providers/fetch.h"
#include "engine/providers/provider.h"

namespace valetkey::providers::xai {

struct Endpoints {
  http::Url device_authorization;
  http::Url token;
};

// Nothing when the document lacks an endpoint or names one that may not be trusted (trusted_host.h). Pure.
std::optional<Endpoints> read_discovery(std::string_view body, const XaiOptions& options);

// Thread-safe; one instance for the process.
class Discovery {
 public:
  static constexpr Millis kFresh = kHour;

  Discovery(const XaiOptions& options, WorkerClients& clients, const Clock& clock)
      : options_(options), clients_(clients), clock_(clock) {}

  // From the cache, or asked anew. Code::upstream when the document is refused; else as fetch().
  Task<Result<Endpoints>> find();
  // The endpoints did not behave: ask anew next time.
  void forget();

 private:
  const XaiOptions& options_;
  WorkerClients& clients_;
  const Clock& clock_;
  std::mutex mutex_;
  std::optional<Endpoints> known_;
  Millis found_ = 0;
};

}  // namespace valetkey::providers::xai
