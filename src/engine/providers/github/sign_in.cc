#include "engine/providers/github/sign_in.h"

#include <utility>

#include "engine/providers/device_poll.h"
#include "engine/providers/github/device_replies.h"
#include "engine/providers/identity.h"
#include "foundation/base/log.h"

namespace valetkey::providers::github {

Task<Result<Reply>> SignIn::post(std::string path, http::Form form) {
  http::ClientRequest request;
  request.method = "POST";
  CO_TRY(request.url, http::parse_url(http::join_url(options_.login, path)));
  request.headers = {{"content-type", "application/x-www-form-urlencoded"},
                     {"accept", "application/json"},
                     {"user-agent", std::string(kUserAgent)}};
  request.body = http::encode_form(form);
  co_return co_await fetch(clients_.here(), std::move(request));
}

Task<DeviceStart> SignIn::start() {
  http::Form form = {{"client_id", options_.client_id}, {"scope", "read:user"}};
  auto reply = co_await post("login/device/code", std::move(form));
  if (reply.ok()) co_return read_device_reply(*reply);
  log::warn("github_sign_in", {{"step", "start"}, {"failed", reply.error().where}});
  co_return DeviceStart{std::nullopt,
                        "GitHub sign-in cannot be reached right now. Please try again in a moment."};
}

Task<DevicePoll> SignIn::poll(DeviceCode code) {
  if (auto held = tokens_.find(code.device_code, clock_.now())) {
    co_return co_await complete(std::move(code.device_code), std::move(*held),
                                clock_.now() + kGithubTokenLife);
  }
  http::Form form = {{"client_id", options_.client_id},
                     {"device_code", std::string(code.device_code.reveal())},
                     {"grant_type", "urn:ietf:params:oauth:grant-type:device_code"}};
  auto reply = co_await post("login/oauth/access_token", std::move(form));
  if (!reply.ok()) co_return ask_later();
  auto outcome = read_poll_reply(*reply, code.interval);
  if (auto* poll = std::get_if<DevicePoll>(&outcome)) co_return std::move(*poll);
  auto& granted = std::get<Granted>(outcome);
  Millis expires = clock_.now() + granted.life.value_or(kGithubTokenLife);
  tokens_.hold(code.device_code, granted.token, clock_.now());
  co_return co_await complete(std::move(code.device_code), std::move(granted.token), expires);
}

Task<DevicePoll> SignIn::complete(Secret device_code, Secret token, Millis expires) {
  auto copilot = co_await copilot_.get(token);
  if (auto* none = std::get_if<NoCopilot>(&copilot)) {
    log::info("github_sign_in",
              {{"step", "copilot"}, {"status", none->failure.status}, {"code", none->failure.code}});
    if (none->passing) co_return ask_later();
    tokens_.drop(device_code);
    co_return refused(std::move(none->problem));
  }
  http::ClientRequest request;
  auto url = http::parse_url(http::join_url(options_.api, "user"));
  if (!url.ok()) co_return ask_later();
  request.url = std::move(*url);
  request.headers = {{"accept", "application/json"},
                     {"user-agent", kUserAgent},
                     {"x-github-api-version", options_.api_version}};
  request.headers.add("authorization", "Bearer ", token.reveal());
  auto reply = co_await fetch(clients_.here(), std::move(request));
  if (!reply.ok() || is_transient(reply->status) || reply->status == 403) co_return ask_later();
  tokens_.drop(device_code);
  std::string account = reply->ok() ? read_account_id(reply->body) : std::string();
  if (account.empty()) co_return refused("GitHub did not say which account this is. Please sign in again.");
  DevicePoll out;
  out.kind = DevicePoll::Kind::approved;
  out.tokens.access = std::move(token);
  out.tokens.expires = expires;
  out.tokens.account_id = std::move(account);
  co_return out;
}

}  // namespace valetkey::providers::github
