#include "engine/providers/github/errors.h"

#include <array>

#include "engine/providers/classification.h"
#include "engine/providers/retry_after.h"
#include "foundation/base/strings.h"

namespace valetkey::providers::github {
namespace {

using Kind = Failure::Kind;

constexpr std::string_view kName = "GitHub Copilot";
constexpr std::string_view kQuota = "The Copilot quota of this GitHub account is used up until it resets.";
constexpr std::string_view kFiltered = "GitHub Copilot's content filter stopped this request.";
constexpr std::string_view kOutdated =
    "GitHub Copilot refuses the editor version this server names. Whoever runs the server can set a newer "
    "one.";

// Rate limit codes may go on after a ':'.
constexpr auto kRules = std::to_array<CodeRule>({
    {"unsupported_api_for_model", Kind::invalid_request, 400},
    {"model_not_supported", Kind::invalid_request, 400},
    {"off_topic", Kind::policy, 400},
    {"previous_response_not_found", Kind::invalid_request, 400},
    {"invalid_request_body", Kind::invalid_request, 400},
    {"quota_exceeded", Kind::quota, 0, kQuota},
    {"content_filter", Kind::policy},
    {"rate_limited", Kind::rate_limit, 429},
    {"user_model_rate_limited", Kind::rate_limit, 429},
    {"user_global_rate_limited", Kind::rate_limit, 429},
    {"user_weekly_rate_limited", Kind::quota, 429},
    {"integration_rate_limited", Kind::rate_limit, 429},
    {"model_overloaded", Kind::overloaded, 429},
    {"agent_mode_limit_exceeded", Kind::quota, 429},
    {"extension_blocked", Kind::rate_limit, 429},
});

bool says_token_is_dead(const ErrorBody& body) {
  return to_lower(body.message).find("token expired") != std::string::npos;
}

bool says_rate_limit(const ErrorBody& body) {
  return to_lower(body.message).find("rate limit") != std::string::npos;
}

// What a bare status means here and nowhere else.
void read_status(int status, const ErrorBody& body, Failure& failure) {
  switch (status) {
    case 402:
      failure.message = kQuota;
      if (failure.code.empty()) failure.code = "quota_exceeded";
      break;
    case 403:
      if (!body.html && says_rate_limit(body)) {
        failure.kind = Kind::rate_limit;
        failure.status = 429;
        failure.type.clear();
      }
      break;
    case 422:
      failure.kind = Kind::policy;
      if (body.message.empty()) failure.message = kFiltered;
      if (failure.code.empty()) failure.code = "content_filter";
      break;
    case 424:
    case 499:  // its own dependency failed, its own side gave up
      failure.kind = Kind::upstream;
      failure.status = 502;
      failure.should_retry = true;
      break;
    case 466:
      failure.kind = Kind::upstream;
      failure.status = 502;
      failure.code = "client_version_unsupported";
      failure.message = kOutdated;
      failure.should_retry = false;
      break;
    default:
      break;
  }
}

}  // namespace

Failure classify(int status, const http::Headers& headers, std::string_view text, Millis now) {
  ErrorBody body = read_error_body(text);
  Refusal refusal{kName, status, body, {}};
  refusal.wait = read_retry_after(headers, now);
  if (!refusal.wait && status == 429) refusal.wait = read_try_again(body.message);
  if (const CodeRule* rule = find_rule(kRules, body)) return failure_by_rule(*rule, refusal);
  if ((status == 401 || status == 403) && says_token_is_dead(body)) return sign_in_again(kName);
  Failure failure = failure_by_status(refusal);
  read_status(status, body, failure);
  settle(failure);
  return failure;
}

}  // namespace valetkey::providers::github
