// auth.openai.com: device sign-in, token endpoint, revocation (upstreams 1).
#include "openai_tokens.h"
#include "refusal.h"
#include "routes.h"

namespace valetkey::emulator {
namespace {

constexpr std::string_view kHtml = "<!DOCTYPE html><html><body><h1>Just a moment...</h1></body></html>";
constexpr Millis kCodeLifetime = 15 * kMinute;  // 1.4

std::string usercode_reply(Call& call, const DeviceSignIn& sign_in) {
  std::string out;
  JsonWriter json(out);
  json.begin_object().member("device_auth_id", sign_in.device_id);
  json.member(call.struck_by("A2.usercode_alias") ? "usercode" : "user_code", sign_in.user_code);
  if (call.struck_by("A1.interval")) {
    const Json interval = call.fault->parameter("interval");
    if (interval.exists() && !interval.is_null()) json.member("interval", interval);
  } else {
    json.member("interval", std::to_string(sign_in.interval));
  }
  json.end_object();
  return out;
}

Task<void> start_device_sign_in(Call& call) {
  if (call.struck_by("A2.not_enabled")) return call.reply(404, detail_refusal(404, "Not Found").body);
  if (call.struck_by("A2.unavailable")) return call.reply_text(503, "upstream connect error");
  if (call.struck_by("A2.html")) {
    return call.reply_html(static_cast<int>(call.fault->integer("status", 403)), std::string(kHtml));
  }
  const Fields fields(call.request());
  if (!fields.is_json() || !fields.has("client_id")) {
    return call.reply(400, envelope_refusal(400, "Missing required parameter: client_id").body);
  }
  const DeviceSignIn sign_in =
      call.world.device_sign_ins.start(Issuer::openai, fields.get("client_id"), "", kCodeLifetime);
  return call.reply(200, usercode_reply(call, sign_in));
}

std::string approved_reply(Call& call, const DeviceSignIn& sign_in) {
  const std::string verifier = call.world.ids.make("", 64);
  IssuedCode code;
  code.client_id = sign_in.client_id;
  code.redirect_uri = call.origin() + "/auth.openai/deviceauth/callback";
  code.code_challenge = challenge_of(verifier);
  code.person = sign_in.person;
  code.expires_at = call.world.clock.now() + 10 * kMinute;
  const std::string challenge = code.code_challenge;
  std::string out;
  JsonWriter json(out);
  json.begin_object().member("authorization_code", call.world.device_sign_ins.issue_code(std::move(code)));
  json.member("code_challenge", challenge);
  json.member("code_verifier", call.struck_by("A4.wrong_verifier") ? "not-" + verifier : verifier)
      .end_object();
  return out;
}

Task<void> poll_device_sign_in(Call& call) {
  if (call.struck_by("A1.pending")) {
    const int status = static_cast<int>(call.fault->integer("status", 403));
    return call.reply(status,
                      envelope_refusal(status, "Device authorization is pending", "invalid_request_error", {},
                                       "deviceauth_authorization_unknown")
                          .body);
  }
  if (call.struck_by("A3.declined"))
    return call.reply(401, oauth_refusal(401, "authorization_declined", "Denied").body);
  if (call.struck_by("A3.too_many"))
    return call.reply(429, envelope_refusal(429, "Too many requests", "rate_limit_error").body);
  if (call.struck_by("A3.server_error")) return call.reply_text(500, "Internal Server Error");
  const Fields fields(call.request());
  DeviceSignIn sign_in;
  const DevicePoll verdict =
      call.world.device_sign_ins.poll(Issuer::openai, fields.get("device_auth_id"), sign_in, false);
  const bool right_code = sign_in.user_code == fields.get("user_code");
  switch (verdict) {
    case DevicePoll::approved:
      if (right_code) return call.reply(200, approved_reply(call, sign_in));
      break;
    case DevicePoll::denied:
      return call.reply(401, oauth_refusal(401, "authorization_declined", "Denied").body);
    case DevicePoll::pending:
    case DevicePoll::too_fast:
      return call.reply(403, envelope_refusal(403, "Device authorization is pending. Please try again.",
                                              "invalid_request_error", {}, "deviceauth_authorization_unknown")
                                 .body);
    case DevicePoll::expired:
    case DevicePoll::unknown:
      break;
  }
  return call.reply(404, envelope_refusal(404, "Device authorization is unknown", "invalid_request_error", {},
                                          "deviceauth_authorization_unknown")
                             .body);
}

Task<void> revoke(Call& call) {
  if (call.struck_by("A10.server_error")) co_return co_await call.reply_text(500, "Internal Server Error");
  if (call.struck_by("A10.hang") && !co_await call.wait(call.fault->integer("ms", 30'000))) co_return;
  const Fields fields(call.request());
  call.world.tokens.revoke(fields.get("token"));
  co_await call.reply(200, "{}");
}

// The browser flow (1.2), approved at once for `login_hint` or the default person.
Task<void> authorize(Call& call) {
  auto query = http::decode_form(call.request().query);
  if (!query.ok()) return call.reply(400, envelope_refusal(400, "Bad query").body);
  auto value = [&query](std::string_view name) { return std::string(http::form_value(*query, name)); };
  if (value("response_type") != "code" || value("code_challenge_method") != "S256" ||
      value("redirect_uri").empty()) {
    return call.reply(400, envelope_refusal(400, "Invalid authorization request").body);
  }
  std::string state = value("state");
  std::string location = value("redirect_uri") + "?";
  if (call.struck_by("A5.missing_entitlement")) {
    location += "error=access_denied&error_description=missing_codex_entitlement";
  } else {
    IssuedCode code{value("client_id"), value("redirect_uri"), value("code_challenge"),
                    make_person(value("login_hint")), call.world.clock.now() + 10 * kMinute};
    location += "code=" + call.world.device_sign_ins.issue_code(std::move(code));
  }
  if (call.struck_by("A5.state_mismatch")) state = "not-" + state;
  http::Response response;
  response.status = 302;
  response.headers.add("Location", location + "&state=" + http::percent_encode(state));
  return call.reply(std::move(response));
}

}  // namespace

void add_openai_auth(http::Router& router, World& world) {
  auto at = [&](std::string_view method, std::string_view path, Endpoint endpoint) {
    mount(router, world, method, "auth.openai", path, std::move(endpoint));
  };
  at("POST", "/api/accounts/deviceauth/usercode", start_device_sign_in);
  at("POST", "/api/accounts/deviceauth/token", poll_device_sign_in);
  at("POST", "/oauth/token", issue_openai_tokens);
  at("POST", "/oauth/revoke", revoke);
  at("GET", "/oauth/authorize", authorize);
  const Endpoint page = human_page("ChatGPT", "/auth.openai/codex/device");
  at("GET", "/codex/device", page);
  at("POST", "/codex/device", page);
}

}  // namespace valetkey::emulator
