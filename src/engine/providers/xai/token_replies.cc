#include "engine/providers/xai/token_replies.h"

#include "engine/providers/device_poll.h"
#include "engine/providers/error_body.h"
#include "engine/providers/refresh_outcome.h"
#include "engine/providers/token_life.h"
#include "foundation/base/strings.h"
#include "foundation/jose/jose.h"

namespace valetkey::providers::xai {
namespace {

constexpr Millis kDefaultCodeLife = 10 * kMinute;
constexpr char kUnavailable[] = "Grok sign-in cannot be reached right now. Please try again in a moment.";
constexpr char kStartAgain[] = "Grok did not complete this sign-in. Please start it again.";
constexpr char kDeclined[] = "The sign-in was declined in Grok.";
constexpr char kNoPlan[] = "This Grok account has no plan that allows its use in other apps.";
constexpr char kClientRefused[] =
    "xAI no longer accepts this server's sign-in client. Whoever runs the server can set another one.";

Millis expiry_of(const Json& root, std::string_view access, Millis now) {
  if (auto after = expiry_after(root["expires_in"], now)) return *after;
  return jwt_expiry(access, now).value_or(now + kAssumedTokenLife);
}

// The claim `sub` of the access token, or of the id token.
std::string account_of(const Json& root, std::string_view access) {
  for (std::string_view token : {access, root["id_token"].string_or("")}) {
    auto payload = token.empty() ? std::nullopt : jose::read_unverified(token);
    if (!payload) continue;
    if (std::string_view subject = payload->root()["sub"].string_or(""); !subject.empty())
      return std::string(subject);
  }
  return {};
}

bool speaks_of_plan(const ErrorBody& error) {
  std::string text = to_lower(error.code + " " + error.message);
  return text.find("tier") != text.npos || text.find("subscription") != text.npos ||
         text.find("permission") != text.npos || text.find("denied") != text.npos;
}

DevicePoll poll_problem(const Reply& reply, Millis present_interval) {
  ErrorBody error = read_error_body(reply.body);
  if (error.code == "authorization_pending" || (reply.status == 400 && error.code.empty()))
    return still_pending();
  if (error.code == "slow_down") return slow_down(present_interval + kSlowDownStep);
  if (error.code == "expired_token") return expired();
  if (error.code == "access_denied" || error.code == "authorization_denied") return refused(kDeclined);
  if (error.code == "invalid_client" || error.code == "unauthorized_client") return refused(kClientRefused);
  if (is_transient(reply.status) || endpoint_has_moved(reply)) return ask_later();
  if (reply.status == 403 && speaks_of_plan(error)) return refused(kNoPlan);
  return refused(kStartAgain);
}

}  // namespace

bool endpoint_has_moved(const Reply& reply) {
  if (reply.status == 404 || reply.status == 405 || reply.status == 410) return true;
  return reply.status >= 300 && reply.status < 500 && reply.status != 429 && read_error_body(reply.body).html;
}

DeviceStart read_device_reply(const Reply& reply) {
  if (!reply.ok()) {
    std::string code = read_error_body(reply.body).code;
    bool unknown_client = code == "invalid_client" || code == "unauthorized_client";
    return {std::nullopt, unknown_client ? kClientRefused : kUnavailable};
  }
  auto document = JsonDocument::parse(reply.body);
  if (!document.ok()) return {std::nullopt, kUnavailable};
  Json root = document->root();
  std::string_view page = root["verification_uri_complete"].string_or(root["verification_uri"].string_or(""));
  std::string_view device_code = root["device_code"].string_or("");
  std::string_view user_code = root["user_code"].string_or("");
  if (device_code.empty() || user_code.empty() || !http::parse_url(page).ok())
    return {std::nullopt, kUnavailable};
  DeviceCode code;
  code.device_code = Secret(device_code);
  code.user_code = std::string(user_code);
  code.verification_url = std::string(page);
  code.interval = poll_interval(root["interval"]);
  code.lifetime = code_lifetime(root["expires_in"], kDefaultCodeLife);
  return {std::move(code), {}};
}

DevicePoll read_poll_reply(const Reply& reply, Millis present_interval, Millis now) {
  if (!reply.ok()) return poll_problem(reply, present_interval);
  auto document = JsonDocument::parse(reply.body);
  if (!document.ok()) return ask_later();
  Json root = document->root();
  std::string_view access = root["access_token"].string_or("");
  if (access.empty()) return poll_problem(reply, present_interval);
  DevicePoll out;
  out.kind = DevicePoll::Kind::approved;
  out.tokens.account_id = account_of(root, access);
  if (out.tokens.account_id.empty())
    return refused("Grok did not say which account this is. Please sign in again.");
  out.tokens.access = Secret(access);
  out.tokens.refresh = Secret(root["refresh_token"].string_or(""));
  out.tokens.expires = expiry_of(root, access, now);
  return out;
}

RefreshReply read_refresh_reply(const Reply& reply, const ProviderTokens& old, Millis now) {
  using Kind = RefreshReply::Kind;
  if (!reply.ok()) {
    ErrorBody error = read_error_body(reply.body);
    std::string detail = refresh_detail(reply.status, error.code);
    if (error.code == "refresh_token_reused") return refresh_outcome(Kind::reused, detail);
    bool our_fault = error.code == "invalid_client" || error.code == "unauthorized_client";
    bool dead = error.code == "invalid_grant" || (reply.status == 401 && !our_fault) ||
                (reply.status == 403 && !error.html && speaks_of_plan(error));
    return refresh_outcome(dead ? Kind::permanent : Kind::transient, detail);
  }
  auto document = JsonDocument::parse(reply.body);
  if (!document.ok()) return refresh_outcome(Kind::transient, "the answer is no JSON");
  Json root = document->root();
  std::string_view access = root["access_token"].string_or("");
  if (access.empty()) return refresh_outcome(Kind::transient, "the answer has no token");
  std::string account = account_of(root, access);
  if (!account.empty() && !old.account_id.empty() && account != old.account_id) {
    return refresh_outcome(Kind::permanent, "the answer is of another account");
  }
  RefreshReply out = refresh_outcome(Kind::renewed, {});
  out.tokens = old;
  out.tokens.access = Secret(access);
  if (auto rotated = root["refresh_token"].string_or(""); !rotated.empty())
    out.tokens.refresh = Secret(rotated);
  out.tokens.expires = expiry_of(root, access, now);
  if (out.tokens.account_id.empty()) out.tokens.account_id = std::move(account);
  return out;
}

}  // namespace valetkey::providers::xai
