#include "engine/providers/xai/sign_in.h"

#include <utility>

#include "engine/providers/device_poll.h"
#include "engine/providers/identity.h"
#include "engine/providers/refresh_outcome.h"
#include "engine/providers/xai/token_replies.h"
#include "foundation/base/log.h"

namespace valetkey::providers::xai {

Task<Result<Reply>> SignIn::post_to(http::Url url, std::string body, bool only_once) {
  http::ClientRequest request;
  request.method = "POST";
  request.url = std::move(url);
  request.headers = {{"content-type", "application/x-www-form-urlencoded"},
                     {"accept", "application/json"},
                     {"user-agent", std::string(kUserAgent)}};
  request.body = std::move(body);
  request.resend_on_stale = !only_once;
  auto reply = co_await fetch(clients_.here(), request);
  if (!reply.ok() && only_once && surely_not_sent(reply.error())) {
    reply = co_await fetch(clients_.here(), std::move(request));
  }
  co_return reply;
}

Task<Result<Reply>> SignIn::post(Endpoint endpoint, http::Form form, bool only_once) {
  std::string body = http::encode_form(form);
  CO_TRY(Endpoints found, co_await discovery_.find());
  http::Url first = endpoint == Endpoint::token ? found.token : found.device_authorization;
  auto reply = co_await post_to(first, body, only_once);
  if (!reply.ok()) discovery_.forget();
  if (!reply.ok() || !endpoint_has_moved(*reply)) co_return reply;

  discovery_.forget();
  CO_TRY(Endpoints anew, co_await discovery_.find());
  http::Url second = endpoint == Endpoint::token ? anew.token : anew.device_authorization;
  if (second.origin() == first.origin() && second.target == first.target) co_return reply;
  log::info("xai_endpoint_moved");
  co_return co_await post_to(std::move(second), std::move(body), only_once);
}

Task<DeviceStart> SignIn::start() {
  http::Form form = {{"client_id", options_.client_id}, {"scope", options_.scope}};
  auto reply = co_await post(Endpoint::device_authorization, std::move(form), false);
  if (reply.ok()) co_return read_device_reply(*reply);
  log::warn("xai_sign_in", {{"step", "start"}, {"failed", reply.error().where}});
  co_return DeviceStart{std::nullopt,
                        "Grok sign-in cannot be reached right now. Please try again in a moment."};
}

Task<DevicePoll> SignIn::poll(DeviceCode code) {
  http::Form form = {{"grant_type", "urn:ietf:params:oauth:grant-type:device_code"},
                     {"device_code", std::string(code.device_code.reveal())},
                     {"client_id", options_.client_id}};
  auto reply = co_await post(Endpoint::token, std::move(form), false);
  if (!reply.ok()) co_return ask_later();
  co_return read_poll_reply(*reply, code.interval, clock_.now());
}

Task<RefreshReply> SignIn::refresh(ProviderTokens tokens) {
  if (tokens.refresh.empty()) co_return refresh_outcome(RefreshReply::Kind::permanent, "no refresh token");
  http::Form form = {{"grant_type", "refresh_token"},
                     {"client_id", options_.client_id},
                     {"refresh_token", std::string(tokens.refresh.reveal())}};
  auto reply = co_await post(Endpoint::token, std::move(form), true);
  if (!reply.ok()) co_return refresh_outcome(RefreshReply::Kind::transient, reply.error().where);
  co_return read_refresh_reply(*reply, tokens, clock_.now());
}

}  // namespace valetkey::providers::xai
