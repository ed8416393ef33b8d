// github.com's device flow and api.github.com's Copilot token exchange (upstreams 3.1, 3.2).
#include "refusal.h"
#include "routes.h"

namespace valetkey::emulator {
namespace {

constexpr Millis kCodeLifetime = 899 * kSecond;
constexpr std::string_view kErrorUri =
    "https://docs.github.com/developers/apps/authorizing-oauth-apps#error-codes";

// GitHub answers as a form unless the client asks for JSON.
Task<void> reply_fields(Call& call, std::vector<std::pair<std::string, std::string>> texts,
                        std::vector<std::pair<std::string, int64_t>> numbers) {
  const bool json_wanted = call.header("accept").find("application/json") != std::string_view::npos;
  std::string out;
  if (!json_wanted || call.struck_by("A11.form_encoded")) {
    for (const auto& [name, value] : numbers) texts.emplace_back(name, std::to_string(value));
    out = http::encode_form(texts);
    co_return co_await call.reply_text(200, std::move(out),
                                       "application/x-www-form-urlencoded; charset=utf-8");
  }
  JsonWriter json(out);
  json.begin_object();
  for (const auto& [name, value] : texts) json.member(name, value);
  for (const auto& [name, value] : numbers) json.member(name, value);
  json.end_object();
  co_await call.reply(200, std::move(out));
}

Task<void> reply_error(Call& call, std::string error, std::string description, int64_t interval = 0) {
  std::vector<std::pair<std::string, std::string>> texts = {{"error", std::move(error)},
                                                            {"error_description", std::move(description)},
                                                            {"error_uri", std::string(kErrorUri)}};
  std::vector<std::pair<std::string, int64_t>> numbers;
  if (interval > 0) numbers.emplace_back("interval", interval);
  return reply_fields(call, std::move(texts), std::move(numbers));
}

Task<void> start_device_sign_in(Call& call) {
  const Fields fields(call.request());
  if (!fields.has("client_id")) return call.reply(404, R"({"error":"Not Found"})");
  const DeviceSignIn sign_in = call.world.device_sign_ins.start(Issuer::github, fields.get("client_id"),
                                                                fields.get("scope"), kCodeLifetime);
  return reply_fields(call,
                      {{"device_code", sign_in.device_id},
                       {"user_code", sign_in.user_code},
                       {"verification_uri", call.origin() + "/github/login/device"}},
                      {{"expires_in", kCodeLifetime / kSecond}, {"interval", sign_in.interval}});
}

Task<void> poll_device_sign_in(Call& call) {
  const Fields fields(call.request());
  if (call.struck_by("A11.slow_down"))
    return reply_error(call, "slow_down", "Too many requests.", call.fault->integer("interval", 0));
  if (call.struck_by("A11.expired"))
    return reply_error(call, "expired_token", "The device code has expired.");
  if (call.struck_by("A11.denied"))
    return reply_error(call, "access_denied", "The authorization request was denied.");
  if (call.struck_by("A11.unknown_error"))
    return reply_error(call, "moon_in_wrong_phase", "Nobody knows this one.");
  if (fields.get("grant_type") != "urn:ietf:params:oauth:grant-type:device_code") {
    return reply_error(call, "unsupported_grant_type", "The grant type is not supported.");
  }
  DeviceSignIn sign_in;
  const DevicePoll verdict =
      call.world.device_sign_ins.poll(Issuer::github, fields.get("device_code"), sign_in, true);
  if (verdict != DevicePoll::unknown && sign_in.client_id != fields.get("client_id")) {
    return reply_error(call, "incorrect_client_credentials",
                       "The client_id is not the one of the device code.");
  }
  switch (verdict) {
    case DevicePoll::pending:
      return reply_error(call, "authorization_pending", "The authorization request is still pending.");
    case DevicePoll::too_fast:
      return reply_error(call, "slow_down", "Too many requests have been made in the same timeframe.",
                         sign_in.interval);
    case DevicePoll::denied:
      return reply_error(call, "access_denied", "The authorization request was denied.");
    case DevicePoll::expired:
      return reply_error(call, "expired_token", "The device code has expired.");
    case DevicePoll::unknown:
      return reply_error(call, "incorrect_device_code", "The device_code provided is not valid.");
    case DevicePoll::approved:
      break;
  }
  const TokenSet tokens = call.world.tokens.sign_in(Issuer::github, sign_in.person, sign_in.client_id);
  return reply_fields(
      call, {{"access_token", tokens.access}, {"token_type", "bearer"}, {"scope", sign_in.scope}}, {});
}

// "token ghu_..." or "Bearer ghu_...".
std::optional<Person> github_person(const Call& call) {
  const std::string_view authorization = call.header("authorization");
  const std::string_view token =
      authorization.starts_with("token ") ? authorization.substr(6) : call.bearer();
  if (call.world.options.accept_any_bearer && !token.empty()) return make_person({});
  const AccessCheck check = call.world.tokens.check_access(Issuer::github, token);
  if (check.verdict != AccessVerdict::good || token.starts_with("tid=")) return std::nullopt;
  return check.person;
}

std::string bad_credentials() {
  return R"({"message":"Bad credentials","documentation_url":"https://docs.github.com/rest","status":"401"})";
}

bool lacks_editor_headers(const Call& call) {
  return call.header("editor-version").empty() || call.header("user-agent").empty();
}

std::string copilot_token_reply(Call& call, const Person& person) {
  const auto token = call.world.tokens.exchange_copilot(person);
  int64_t refresh_in = call.world.tokens.policy().copilot_refresh_in / kSecond;
  int64_t expires_at = token.expires_at / kSecond;
  if (call.struck_by("A12.expires_in_past")) expires_at = call.world.clock.now_seconds() - 3600;
  if (call.struck_by("A12.refresh_in_1s")) refresh_in = 1;
  std::string out;
  JsonWriter json(out);
  json.begin_object()
      .member("token", token.token)
      .member("expires_at", expires_at)
      .member("refresh_in", refresh_in);
  json.member("sku", "copilot_for_individuals").member("individual", true).member("chat_enabled", true);
  if (!call.struck_by("A12.no_endpoints")) {
    std::string api = call.origin() + "/copilot";
    if (call.struck_by("A12.foreign_endpoint")) api = call.fault->text("api", "https://evil.example.test");
    json.key("endpoints").begin_object().member("api", api).member("proxy", call.origin() + "/copilot-proxy");
    json.member("telemetry", call.origin() + "/copilot-telemetry").end_object();
  }
  json.key("organization_list").begin_array().end_array().key("enterprise_list").begin_array().end_array();
  json.key("limited_user_quotas").null().key("limited_user_reset_date").null();
  json.member("public_suggestions", "disabled").member("telemetry", "disabled").end_object();
  return out;
}

Task<void> exchange_copilot_token(Call& call) {
  if (call.struck_by("A12.bad_token")) return call.reply(401, bad_credentials());
  if (call.struck_by("A12.rate_limit")) {
    return call.reply(
        403,
        R"({"message":"API rate limit exceeded for user ID 1.","documentation_url":"https://docs.github.com/rest","status":"403"})");
  }
  if (call.struck_by("A12.not_found"))
    return call.reply(
        404, R"({"message":"Not Found","documentation_url":"https://docs.github.com/rest","status":"404"})");
  if (call.struck_by("A12.entitlement")) {
    return call.reply(
        403,
        R"({"can_signup_for_limited":false,"error_details":{"message":"No access to GitHub Copilot found.","notification_id":")" +
            call.fault->text("notification_id", "no_copilot_access") +
            R"(","title":"Sign up","url":"https://github.com/settings/copilot"},"message":"Resource not accessible by integration"})");
  }
  const auto person = github_person(call);
  if (!person) return call.reply(401, bad_credentials());
  if (lacks_editor_headers(call))
    return call.reply(403, R"({"message":"Access to this endpoint is forbidden."})");
  return call.reply(200, copilot_token_reply(call, *person));
}

Task<void> who_am_i(Call& call) {
  const auto person = github_person(call);
  if (!person) return call.reply(401, bad_credentials());
  std::string out;
  JsonWriter(out)
      .begin_object()
      .member("login", person->github_login)
      .member("id", person->github_id)
      .member("name", person->name)
      .member("email", person->email)
      .member("type", "User")
      .end_object();
  return call.reply(200, std::move(out));
}

void write_quota(JsonWriter& json, std::string_view name, int64_t entitlement, int64_t used) {
  const int64_t left = entitlement > used ? entitlement - used : 0;
  json.key(name)
      .begin_object()
      .member("quota_id", name)
      .member("entitlement", entitlement)
      .member("remaining", left);
  json.member("quota_remaining", left)
      .member("percent_remaining", 100.0 * static_cast<double>(left) / static_cast<double>(entitlement));
  json.member("overage_count", 0).member("overage_permitted", false).member("unlimited", false).end_object();
}

Task<void> copilot_user(Call& call) {
  const auto person = github_person(call);
  if (!person) return call.reply(401, bad_credentials());
  const InitiatorCounts initiators = call.world.initiators();
  std::string out;
  JsonWriter json(out);
  json.begin_object()
      .member("access_type_sku", "copilot_for_individuals")
      .member("copilot_plan", "individual");
  json.member("quota_reset_date", "2026-12-01").key("quota_snapshots").begin_object();
  write_quota(json, "chat", 1'000'000, 0);
  write_quota(json, "completions", 1'000'000, 0);
  write_quota(json, "premium_interactions", 300, initiators.user + initiators.missing);
  json.end_object().end_object();
  return call.reply(200, std::move(out));
}

}  // namespace

void add_github(http::Router& router, World& world) {
  mount(router, world, "POST", "github", "/login/device/code", start_device_sign_in);
  mount(router, world, "POST", "github", "/login/oauth/access_token", poll_device_sign_in);
  const Endpoint page = human_page("GitHub", "/github/login/device");
  mount(router, world, "GET", "github", "/login/device", page);
  mount(router, world, "POST", "github", "/login/device", page);
  mount(router, world, "GET", "api.github", "/copilot_internal/v2/token", exchange_copilot_token);
  mount(router, world, "GET", "api.github", "/copilot_internal/user", copilot_user);
  mount(router, world, "GET", "api.github", "/user", who_am_i);
}

}  // namespace valetkey::emulator
