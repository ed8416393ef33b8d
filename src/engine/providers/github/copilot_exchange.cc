// The pure half of copilot_token.h: what an answer to the exchange means.
#include <algorithm>
#include <array>

#include "engine/providers/classification.h"
#include "engine/providers/error_body.h"
#include "engine/providers/github/copilot_token.h"
#include "engine/providers/retry_after.h"
#include "engine/providers/trusted_host.h"
#include "foundation/base/log.h"
#include "foundation/base/strings.h"

namespace valetkey::providers::github {
namespace {

constexpr std::string_view kName = "GitHub Copilot";
constexpr std::string_view kNoPlan =
    "This GitHub account has no Copilot plan. Sign up at github.com/features/copilot (a free plan is "
    "enough), then "
    "sign in again.";

struct Entitlement {
  std::string_view notification_id;
  std::string_view sentence;
};
constexpr auto kEntitlements = std::to_array<Entitlement>({
    {"no_copilot_access", kNoPlan},
    {"not_signed_up", kNoPlan},
    {"subscription_ended",
     "The Copilot plan of this GitHub account has ended. Renew it at github.com, then sign in again."},
    {"enterprise_managed_user_account",
     "This GitHub account belongs to an enterprise that has not given it Copilot. Ask its administrator."},
    {"feature_flag_blocked",
     "The organization of this GitHub account has not enabled Copilot for it. Ask its administrator."},
    {"spammy_user", "GitHub has restricted this account. Its support can help: support.github.com."},
    {"billing_locked",
     "The billing of this GitHub account is locked. Settle it at github.com, then sign in again."},
    {"trade_restricted", "GitHub does not offer Copilot to this account because of trade restrictions."},
});

std::string_view entitlement_sentence(std::string_view notification_id) {
  for (const auto& row : kEntitlements) {
    if (row.notification_id == notification_id) return row.sentence;
  }
  return "GitHub does not give this account access to Copilot. See github.com/settings/copilot.";
}

bool is_rate_limit(const Reply& reply, const ErrorBody& body) {
  if (reply.status == 429) return true;
  return reply.status == 403 && to_lower(body.message).find("rate limit") != std::string::npos;
}

NoCopilot not_entitled(std::string_view sentence) {
  NoCopilot out;
  out.failure.kind = Failure::Kind::forbidden;
  out.failure.status = 403;
  out.failure.code = "no_copilot_access";
  out.failure.message = sentence;
  settle(out.failure);
  out.problem = sentence;
  return out;
}

NoCopilot for_now(Failure failure) {
  NoCopilot out;
  out.failure = std::move(failure);
  out.problem = "GitHub cannot be reached right now. Please try again in a moment.";
  out.passing = true;
  return out;
}

NoCopilot refusal_of(const Reply& reply, Millis now) {
  ErrorBody body = read_error_body(reply.body);
  if (is_rate_limit(reply, body)) {
    Refusal refusal{kName, 429, body, read_retry_after(view_of(reply.headers), now)};
    Failure failure = failure_by_status(refusal);
    failure.message = "GitHub limits how often Copilot may be asked for. Please try again in a while.";
    return for_now(std::move(failure));
  }
  if (reply.status == 401) {
    NoCopilot out;
    out.failure = sign_in_again(kName);
    out.problem = "GitHub did not accept this sign-in. Please start it again.";
    return out;
  }
  if (reply.status == 403 && !body.html) return not_entitled(entitlement_sentence(body.notification_id));
  if (reply.status == 404) return not_entitled(kNoPlan);
  Refusal refusal{kName, reply.status, body, read_retry_after(view_of(reply.headers), now)};
  Failure failure = failure_by_status(refusal);
  if (failure.status < 500) failure.status = 502;  // our own request was wrong, not the client's
  return for_now(std::move(failure));
}

Millis use_of(const Json& root, Millis now) {
  auto bounded = [](double seconds) {
    double millis = std::min(seconds * 1000.0, static_cast<double>(kLongestCopilotUse)) -
                    static_cast<double>(kCopilotMargin);
    return std::max(static_cast<Millis>(millis), kShortestCopilotUse);
  };
  if (auto seconds = seconds_in(root["refresh_in"]); seconds && *seconds > 0) return bounded(*seconds);
  auto expires = seconds_in(root["expires_at"]);
  const Millis now_in_seconds = now / kSecond;
  double left = expires ? *expires - static_cast<double>(now_in_seconds) : 0;
  return left > 0 ? bounded(left) : kAssumedCopilotUse;
}

std::string api_of(const Json& root, const GithubOptions& options) {
  std::string_view named = root["endpoints"]["api"].string_or("");
  if (named.empty()) return options.copilot;
  if (trusted_endpoint(named, options.copilot, options.trusted_hosts)) return std::string(named);
  log::warn("copilot_endpoint_not_trusted");
  return options.copilot;
}

}  // namespace

CopilotOutcome read_exchange(const Reply& reply, const GithubOptions& options, Millis now) {
  if (!reply.ok()) return refusal_of(reply, now);
  auto document = JsonDocument::parse(reply.body);
  std::string_view token = document.ok() ? document->root()["token"].string_or("") : std::string_view();
  if (token.empty()) {
    Refusal refusal{kName, 502, {}, {}};
    return for_now(failure_by_status(refusal));
  }
  CopilotToken out;
  out.token = Secret(token);
  out.api = api_of(document->root(), options);
  out.use_until = now + use_of(document->root(), now);
  return std::make_shared<const CopilotToken>(std::move(out));
}

NoCopilot no_copilot_of_transport(const Error& error) {
  return for_now(failure_of_transport(kName, error));
}

}  // namespace valetkey::providers::github
