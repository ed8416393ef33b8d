// The short-lived token that Copilot's API wants in place of the GitHub token (upstreams 3.2).
#pragma once

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
  // After a rejection, further rejections within this time are of the token before the new one.
  static constexpr Millis kRejectionEcho = 2 * kSecond;

  CopilotTokens(const GithubOptions& options, WorkerClients& clients, const Clock& clock)
      : options_(options), clients_(clients), clock_(clock) {}

  Task<CopilotOutcome> get(Secret github_token);
  // Copilot refused the token: the next get() exchanges again. False when there was none to forget.
  bool forget(const Secret& github_token);

 private:
  struct Entry {
    std::shared_ptr<const CopilotToken> token;  // null: rejected, and not exchanged since
    Millis rejected = 0;
  };
  Task<CopilotOutcome> exchange(std::string key, Secret github_token);

  const GithubOptions& options_;
  WorkerClients& clients_;
  const Clock& clock_;
  BoundedCache<Entry> entries_{kMost};
  net::SingleFlight<CopilotOutcome> flights_{2 * kAuthDeadline};
};

}  // namespace valetkey::providers::github
