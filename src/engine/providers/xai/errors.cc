#include "engine/providers/xai/errors.h"

#include <array>

#include "engine/providers/classification.h"
#include "engine/providers/retry_after.h"

namespace valetkey::providers::xai {
namespace {

using Kind = Failure::Kind;

constexpr std::string_view kName = "Grok";
constexpr std::string_view kOutOfCredits =
    "This xAI account has run out of credits, or has no Grok subscription that covers the API. Add credits "
    "or a "
    "subscription at x.ai.";
constexpr std::string_view kFreeUsage = "The free usage of this Grok account is used up for today.";
constexpr std::string_view kOutdated =
    "xAI refuses this version of the server's client. Whoever runs the server can update it.";
constexpr std::string_view kRetired = "xAI no longer offers this model. Choose another one.";

// Codes are written "family:detail".
constexpr auto kRules = std::to_array<CodeRule>({
    {"unauthenticated", Kind::reauthenticate, 401},
    {"personal-team-blocked", Kind::forbidden, 403, kOutOfCredits},
    {"subscription:free-usage-exhausted", Kind::quota, 429, kFreeUsage},
    {"permission_denied", Kind::forbidden, 403},
    {"permission-denied", Kind::forbidden, 403},
    {"rate_limit", Kind::rate_limit, 429},
    {"rate_limit_exceeded", Kind::rate_limit, 429},
    {"context_length_exceeded", Kind::invalid_request, 400},
    {"insufficient_quota", Kind::quota, 429},
});

}  // namespace

Failure classify(int status, const http::Headers& headers, std::string_view text, Millis now) {
  ErrorBody body = read_error_body(text);
  Refusal refusal{kName, status, body, {}};
  refusal.wait = read_retry_after(headers, now);
  if (!refusal.wait && status == 429) refusal.wait = read_try_again(body.message);

  if (const CodeRule* rule = find_rule(kRules, body)) {
    // The free allowance is counted over a day; without a header that is the longest it can take.
    if (rule->kind == Kind::quota && !refusal.wait) refusal.wait = kDay;
    return failure_by_rule(*rule, refusal);
  }
  Failure failure = failure_by_status(refusal);
  if (status == 426) {
    failure.kind = Kind::upstream;
    failure.status = 502;
    failure.code = "client_version_unsupported";
    failure.message = kOutdated;
    failure.should_retry = false;
  } else if (status == 410) {
    failure.message = kRetired;
    if (failure.code.empty()) failure.code = "model_retired";
    failure.param = "model";
  } else if (status == 402 && body.message.empty()) {
    failure.message = kOutOfCredits;
  }
  return failure;
}

}  // namespace valetkey::providers::xai
