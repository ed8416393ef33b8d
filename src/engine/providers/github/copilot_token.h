// The short-lived token that Copilot's API wants in place of the GitHub token (upstreams 3.2).
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "engine/dialects/failure.h"
#include "engine/providers/bounded_cache.h"
#include "engine/providers/fetch.h"
#include "engine/providers/provider.h"
#include "foundation/net/single_flight.h"

namespace valetkey::providers::github {

struct CopilotToken {
  Secret token;
  std::string api;       // base URL of Copilot's API for this person
  Millis use_until = 0;  // exchange again from then on
  uint64_t serial = 0;   // of this process; tells a token from the one that replaced it
};

// Why there is none: for a running call (`failure`), and in words for somebody who signs in (`problem`).
struct NoCopilot {
  Failure failure;
  std::string problem;
  bool passing = false;  // may work in a moment
};

using CopilotOutcome = std::variant<std::shared_ptr<const CopilotToken>, NoCopilot>;

// How long a token is used: `refresh_in` rather than `expires_at`, because clocks differ; a minute less, for
// the way.
constexpr Millis kCopilotMargin = kMinute;
constexpr Millis kShortestCopilotUse = 5 * kSecond;
constexpr Millis kLongestCopilotUse = kHour;
constexpr Millis kAssumedCopilotUse = 5 * kMinute;  // nothing usable is said

// Pure.
CopilotOutcome read_exchange(const Reply& reply, const GithubOptions& options, Millis now);
NoCopilot no_copilot_of_transport(const Error& error);

// What Copilot wants to know of the editor; without these it answers 400 or 403.
http::HeaderList editor_headers(const GithubOptions& options);

// Tokens by the hash of the GitHub token: one exchange at a time, the least used forgotten. Thread-safe.
class CopilotTokens {
 public:
  static constexpr size_t kMost = 8192;

  CopilotTokens(const GithubOptions& options, WorkerClients& clients, const Clock& clock)
      : options_(options), clients_(clients), clock_(clock) {}

  // Cancelling ends this wait only.
  Task<CopilotOutcome> get(Secret github_token, Cancellation* cancellation = nullptr);
  // Copilot refused the token of that serial: get() exchanges again, unless that token is replaced already.
  // False when no token was handed out under it (0).
  bool forget(const Secret& github_token, uint64_t serial);

 private:
  using TokenPtr = std::shared_ptr<const CopilotToken>;  // null: refused, and not exchanged since
  Task<CopilotOutcome> exchange(std::string key, Secret github_token);

  const GithubOptions& options_;
  WorkerClients& clients_;
  const Clock& clock_;
  std::atomic<uint64_t> last_serial_ = 0;
  BoundedCache<TokenPtr> tokens_{kMost};
  net::SingleFlight<CopilotOutcome> flights_{2 * kAuthDeadline};
};

}  // namespace valetkey::providers::github
