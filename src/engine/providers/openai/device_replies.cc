#include "engine/providers/openai/device_replies.h"

#include "engine/providers/device_poll.h"
#include "engine/providers/error_body.h"
#include "engine/providers/openai/claims.h"
#include "engine/providers/token_life.h"

namespace valetkey::providers::openai {
namespace {

constexpr char kStartAgain[] = "ChatGPT did not complete this sign-in. Please start it again.";
constexpr char kUnavailable[] = "ChatGPT sign-in cannot be reached right now. Please try again in a moment.";
constexpr char kDeviceLoginOff[] =
    "ChatGPT does not allow signing in with a code for this account yet. In ChatGPT, open Settings, then "
    "Security, and "
    "enable device code authorization for Codex (in a workspace an administrator does this), then try again.";
constexpr char kRegion[] = "ChatGPT is not available in the country or region this server connects from.";
constexpr char kBlocked[] =
    "ChatGPT blocked this server's network address, so signing in does not work from here.";
constexpr char kBusy[] = "ChatGPT is receiving too many sign-ins right now. Please try again in a minute.";
constexpr char kNoAccount[] =
    "ChatGPT did not say which account this is. Please sign in again and choose a workspace.";

bool is_region_block(const ErrorBody& error) {
  return error.code == "unsupported_country_region_territory";
}

std::string start_problem(const Reply& reply) {
  ErrorBody error = read_error_body(reply.body);
  if (is_region_block(error)) return kRegion;
  if (reply.status == 404) return kDeviceLoginOff;
  if (reply.status == 403 && error.html) return kBlocked;
  if (reply.status == 429) return kBusy;
  return kUnavailable;
}

}  // namespace

DeviceStart read_usercode_reply(const Reply& reply, const std::string& issuer) {
  if (!reply.ok()) return {std::nullopt, start_problem(reply)};
  auto document = JsonDocument::parse(reply.body);
  if (!document.ok()) return {std::nullopt, kUnavailable};
  Json root = document->root();
  std::string_view id = root["device_auth_id"].string_or("");
  std::string_view user_code = root["user_code"].string_or(root["usercode"].string_or(""));
  if (id.empty() || user_code.empty()) return {std::nullopt, kUnavailable};
  DeviceCode code;
  code.device_code = Secret(id);
  code.user_code = std::string(user_code);
  code.verification_url = http::join_url(issuer, "codex/device");
  code.interval = poll_interval(root["interval"]);
  code.lifetime = kDeviceCodeLife;
  return {std::move(code), {}};
}

std::variant<Approval, DevicePoll> read_poll_reply(const Reply& reply) {
  if (reply.status == 403 || reply.status == 404) return still_pending();
  if (is_transient(reply.status)) return ask_later();
  if (!reply.ok()) {
    ErrorBody error = read_error_body(reply.body);
    if (error.code == "expired_token") return expired();
    if (error.code == "authorization_declined" || error.code == "access_denied") {
      return refused("The sign-in was declined in ChatGPT.");
    }
    return refused(kStartAgain);
  }
  auto document = JsonDocument::parse(reply.body);
  if (!document.ok()) return ask_later();
  std::string_view code = document->root()["authorization_code"].string_or("");
  std::string_view verifier = document->root()["code_verifier"].string_or("");
  if (code.empty() || verifier.empty()) return refused(kStartAgain);
  return Approval{Secret(code), Secret(verifier)};
}

DevicePoll read_exchange_reply(const Reply& reply, Millis now) {
  if (is_transient(reply.status)) return ask_later();
  if (!reply.ok()) {
    ErrorBody error = read_error_body(reply.body);
    if (is_region_block(error)) return refused(kRegion);
    if (reply.status == 403 && error.html) return refused(kBlocked);
    return refused(kStartAgain);
  }
  auto document = JsonDocument::parse(reply.body);
  if (!document.ok()) return refused(kStartAgain);  // the code is spent: asking again cannot help
  Json root = document->root();
  std::string_view access = root["access_token"].string_or("");
  if (access.empty()) return refused(kStartAgain);
  AccountClaims claims = read_account_claims(root["id_token"].string_or(""), access);
  if (claims.account_id.empty()) return refused(kNoAccount);
  DevicePoll out;
  out.kind = DevicePoll::Kind::approved;
  out.tokens.access = Secret(access);
  out.tokens.refresh = Secret(root["refresh_token"].string_or(""));
  out.tokens.expires = jwt_expiry(access, now)
                           .value_or(expiry_after(root["expires_in"], now).value_or(now + kAssumedTokenLife));
  out.tokens.account_id = std::move(claims.account_id);
  out.tokens.plan = std::move(claims.plan);
  out.tokens.fedramp = claims.fedramp;
  return out;
}

}  // namespace valetkey::providers::openai
