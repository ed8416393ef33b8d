#include "engine/providers/openai/sign_in.h"

#include <utility>

#include "engine/providers/device_poll.h"
#include "engine/providers/identity.h"
#include "engine/providers/openai/device_replies.h"
#include "engine/providers/openai/refresh_reply.h"
#include "engine/providers/refresh_outcome.h"
#include "foundation/base/log.h"

namespace valetkey::providers::openai {
namespace {

constexpr std::string_view kJson = "application/json";
constexpr std::string_view kForm = "application/x-www-form-urlencoded";

// For the log: what came of a step, without a word of the upstream's.
void note(std::string_view step, const Result<Reply>& reply) {
  if (reply.ok())
    log::info("openai_sign_in", {{"step", step}, {"status", reply->status}});
  else
    log::warn("openai_sign_in", {{"step", step}, {"failed", reply.error().where}});
}

}  // namespace

Task<Result<Reply>> SignIn::post(std::string path, std::string content_type, std::string body,
                                 std::string originator, bool only_once) {
  http::ClientRequest request;
  request.method = "POST";
  CO_TRY(request.url, http::parse_url(http::join_url(options_.issuer, path)));
  request.headers = {{"content-type", std::move(content_type)},
                     {"accept", "application/json"},
                     {"originator", std::move(originator)},
                     {"user-agent", std::string(kUserAgent)}};
  request.body = std::move(body);
  request.resend_on_stale = !only_once;
  co_return co_await fetch(clients_.here(), std::move(request));
}

Task<DeviceStart> SignIn::start(std::string originator) {
  std::string body;
  JsonWriter(body).begin_object().member("client_id", options_.client_id).end_object();
  auto reply = co_await post("api/accounts/deviceauth/usercode", std::string(kJson), std::move(body),
                             std::move(originator), false);
  note("usercode", reply);
  if (reply.ok()) co_return read_usercode_reply(*reply, options_.issuer);
  co_return DeviceStart{std::nullopt,
                        "ChatGPT sign-in cannot be reached right now. Please try again in a moment."};
}

Task<DevicePoll> SignIn::poll(DeviceCode code, std::string originator) {
  if (auto held = approvals_.find(code.device_code, clock_.now())) {
    std::string_view pair = held->reveal();
    size_t middle = pair.find('\0');
    co_return co_await exchange(std::move(code.device_code), Secret(pair.substr(0, middle)),
                                Secret(pair.substr(middle + 1)), std::move(originator));
  }
  std::string body;
  JsonWriter(body)
      .begin_object()
      .member("device_auth_id", code.device_code.reveal())
      .member("user_code", code.user_code)
      .end_object();
  auto reply =
      co_await post("api/accounts/deviceauth/token", std::string(kJson), std::move(body), originator, false);
  if (!reply.ok()) {
    note("poll", reply);
    co_return ask_later();
  }
  auto outcome = read_poll_reply(*reply);
  if (auto* poll = std::get_if<DevicePoll>(&outcome)) co_return std::move(*poll);
  auto& approval = std::get<Approval>(outcome);
  std::string pair = std::string(approval.code.reveal()) + '\0' + std::string(approval.verifier.reveal());
  approvals_.hold(code.device_code, Secret(std::move(pair)), clock_.now());
  co_return co_await exchange(std::move(code.device_code), std::move(approval.code),
                              std::move(approval.verifier), std::move(originator));
}

Task<DevicePoll> SignIn::exchange(Secret device_code, Secret code, Secret verifier, std::string originator) {
  http::Form form = {{"grant_type", "authorization_code"},
                     {"client_id", options_.client_id},
                     {"code", std::string(code.reveal())},
                     {"redirect_uri", http::join_url(options_.issuer, "deviceauth/callback")},
                     {"code_verifier", std::string(verifier.reveal())}};
  auto reply =
      co_await post("oauth/token", std::string(kForm), http::encode_form(form), std::move(originator), true);
  note("exchange", reply);
  if (!reply.ok()) co_return ask_later();
  DevicePoll poll = read_exchange_reply(*reply, clock_.now());
  if (poll.kind != DevicePoll::Kind::transient) approvals_.drop(device_code);
  co_return poll;
}

Task<RefreshReply> SignIn::refresh(ProviderTokens tokens, std::string originator) {
  if (tokens.refresh.empty()) co_return refresh_outcome(RefreshReply::Kind::permanent, "no refresh token");
  std::string body;
  JsonWriter(body)
      .begin_object()
      .member("client_id", options_.client_id)
      .member("grant_type", "refresh_token")
      .member("refresh_token", tokens.refresh.reveal())
      .end_object();
  // The token is single use: it is sent again only when it surely never left.
  auto reply = co_await post("oauth/token", std::string(kJson), body, originator, true);
  if (!reply.ok() && surely_not_sent(reply.error())) {
    reply = co_await post("oauth/token", std::string(kJson), body, std::move(originator), true);
  }
  wipe_bytes(body.data(), body.size());
  if (!reply.ok()) co_return refresh_outcome(RefreshReply::Kind::transient, reply.error().where);
  co_return read_refresh_reply(*reply, tokens, clock_.now());
}

}  // namespace valetkey::providers::openai
