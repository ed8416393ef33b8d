// auth.x.ai: discovery, device flow, token endpoint (upstreams 4.1 to 4.4).
#include "refusal.h"
#include "routes.h"

namespace valetkey::emulator {
namespace {

constexpr Millis kCodeLifetime = 1800 * kSecond;
constexpr std::string_view kDeviceGrant = "urn:ietf:params:oauth:grant-type:device_code";

Task<void> refuse(Call& call, Refusal refusal) {
  co_await call.reply(refusal.status, std::move(refusal.body));
}
Task<void> refuse(Call& call, int status, std::string_view error, std::string_view description) {
  return refuse(call, oauth_refusal(status, error, description));
}

Task<void> discover(Call& call) {
  if (call.struck_by("A13.discovery_error")) return call.reply_text(500, "Internal Server Error");
  std::string base = call.origin();
  if (call.struck_by("A13.foreign_host")) base = call.fault->text("host", "https://evil.example.test");
  base += "/auth.x";
  std::string out;
  JsonWriter json(out);
  json.begin_object().member("issuer", base).member("authorization_endpoint", base + "/oauth2/authorize");
  json.member("token_endpoint", base + "/oauth2/token");
  json.member("device_authorization_endpoint", base + "/oauth2/device/code");
  json.member("userinfo_endpoint", base + "/oauth2/userinfo")
      .member("jwks_uri", base + "/.well-known/jwks.json");
  json.key("grant_types_supported")
      .begin_array()
      .string("authorization_code")
      .string("refresh_token")
      .string(kDeviceGrant)
      .end_array();
  json.key("token_endpoint_auth_methods_supported").begin_array().string("none").end_array().end_object();
  return call.reply(200, std::move(out));
}

bool is_form(const Call& call) {
  return call.header("content-type").starts_with("application/x-www-form-urlencoded");
}

Task<void> start_device_sign_in(Call& call) {
  const Fields fields(call.request());
  if (!is_form(call)) return refuse(call, 400, "invalid_request", "The body must be form encoded");
  if (!fields.has("client_id")) return refuse(call, 400, "invalid_client", "Unknown or disabled client");
  const DeviceSignIn sign_in = call.world.device_sign_ins.start(Issuer::xai, fields.get("client_id"),
                                                                fields.get("scope"), kCodeLifetime);
  const std::string page = call.origin() + "/auth.x/device";
  std::string out;
  JsonWriter json(out);
  json.begin_object().member("device_code", sign_in.device_id).member("user_code", sign_in.user_code);
  json.member("verification_uri", page)
      .member("verification_uri_complete", page + "?user_code=" + sign_in.user_code);
  json.member("expires_in", kCodeLifetime / kSecond).member("interval", sign_in.interval).end_object();
  return call.reply(200, std::move(out));
}

std::string token_reply(Call& call, const TokenSet& tokens, const std::string& scope) {
  std::string out;
  JsonWriter json(out);
  json.begin_object().member("access_token", tokens.access);
  if (!tokens.refresh.empty()) json.member("refresh_token", tokens.refresh);
  json.member("id_token", tokens.id_token).member("token_type", "Bearer");
  if (!call.struck_by("A13.no_expires_in")) json.member("expires_in", tokens.expires_in);
  json.member("scope", scope).end_object();
  return out;
}

JwtShape token_shape(Call& call) {
  return call.struck_by_family("A9.") ? jwt_shape_of(call.fault->id()) : JwtShape{};
}

Task<void> poll_device_sign_in(Call& call, const Fields& fields) {
  if (call.struck_by("A13.slow_down")) return refuse(call, 400, "slow_down", "Polling too fast");
  if (call.struck_by("A13.denied")) return refuse(call, 400, "access_denied", "The user denied the request");
  if (call.struck_by("A13.authorization_denied"))
    return refuse(call, 400, "authorization_denied", "The user denied the request");
  if (call.struck_by("A13.expired")) return refuse(call, 400, "expired_token", "The device code has expired");
  DeviceSignIn sign_in;
  const DevicePoll verdict =
      call.world.device_sign_ins.poll(Issuer::xai, fields.get("device_code"), sign_in, true);
  if (verdict != DevicePoll::unknown && sign_in.client_id != fields.get("client_id")) {
    return refuse(call, 400, "invalid_client", "Unknown or disabled client");
  }
  switch (verdict) {
    case DevicePoll::pending:
      return refuse(call, 400, "authorization_pending", "The user has not yet approved");
    case DevicePoll::too_fast:
      return refuse(call, 400, "slow_down", "Polling too fast");
    case DevicePoll::denied:
      return refuse(call, 400, "access_denied", "The user denied the request");
    case DevicePoll::expired:
      return refuse(call, 400, "expired_token", "The device code has expired");
    case DevicePoll::unknown:
      return refuse(call, 400, "invalid_grant", "Unknown device code");
    case DevicePoll::approved:
      break;
  }
  const TokenSet tokens =
      call.world.tokens.sign_in(Issuer::xai, sign_in.person, sign_in.client_id, token_shape(call));
  return call.reply(200, token_reply(call, tokens, sign_in.scope));
}

std::optional<Refusal> refused_by_fault(Call& call) {
  if (call.struck_by("A13.tier_denied"))
    return oauth_refusal(403, "access_denied", "tier denied: a Grok subscription is required");
  if (call.struck_by("A6.reused"))
    return oauth_refusal(400, "invalid_grant", "Refresh token has already been used");
  if (call.struck_by("A6.server_error")) return oauth_refusal(500, "server_error", "Internal error");
  return std::nullopt;
}

Task<void> refresh(Call& call, const Fields& fields) {
  if (auto refused = refused_by_fault(call)) co_return co_await refuse(call, std::move(*refused));
  const bool rotate = !call.struck_by("A13.no_rotation");
  const RefreshOutcome outcome =
      call.world.tokens.refresh(Issuer::xai, fields.get("refresh_token"), token_shape(call), nullptr, rotate);
  if (outcome.verdict != RefreshVerdict::good) {
    co_return co_await refuse(call, 400, "invalid_grant",
                              "The refresh token is invalid, expired, revoked or used");
  }
  if (call.struck_by("A6.cut_after_rotation")) co_return call.exchange.close_connection(true);
  if (call.struck_by("A6.slow") && !co_await call.wait(call.fault->integer("ms", 30'000))) co_return;
  std::string reply =
      token_reply(call, outcome.tokens, "openid profile email offline_access grok-cli:access api:access");
  co_await call.reply(200, std::move(reply));
}

Task<void> issue_tokens(Call& call) {
  const Fields fields(call.request());
  if (!is_form(call))
    co_return co_await refuse(call, 400, "invalid_request", "The body must be form encoded");
  const std::string grant = fields.get("grant_type");
  if (grant == kDeviceGrant) {
    co_await poll_device_sign_in(call, fields);
  } else if (grant == "refresh_token") {
    co_await refresh(call, fields);
  } else {
    co_await refuse(call, 400, "unsupported_grant_type", "Unknown grant_type");
  }
}

Task<void> retired_token_endpoint(Call& call) {
  return call.reply_html(403, "<!DOCTYPE html><html><body><h1>403 Forbidden</h1></body></html>");
}

}  // namespace

void add_xai_auth(http::Router& router, World& world) {
  mount(router, world, "GET", "auth.x", "/.well-known/openid-configuration", discover);
  mount(router, world, "POST", "auth.x", "/oauth2/device/code", start_device_sign_in);
  mount(router, world, "POST", "auth.x", "/oauth2/token", issue_tokens);
  mount(router, world, "POST", "auth.x", "/oauth/token", retired_token_endpoint);
  const Endpoint page = human_page("Grok", "/auth.x/device");
  mount(router, world, "GET", "auth.x", "/device", page);
  mount(router, world, "POST", "auth.x", "/device", page);
}

}  // namespace valetkey::emulator
