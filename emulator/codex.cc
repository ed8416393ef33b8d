// chatgpt.com/backend-api/codex and what lies beside it (upstreams 2, 10).
#include "bench_stream.h"
#include "catalog.h"
#include "chat_rules.h"
#include "codex_rules.h"
#include "foundation/net/worker.h"
#include "model_call.h"
#include "player.h"
#include "routes.h"

namespace valetkey::emulator {
namespace {

constexpr std::string_view kHtml = "<html><head><title>404</title></head><body>Not Found</body></html>";

Task<void> refuse(Call& call, Refusal refusal) {
  co_await call.reply(refusal.status, std::move(refusal.body));
}

// Who calls, or why not.
std::variant<Person, Refusal> authenticate(const Call& call) {
  const std::string_view bearer = call.bearer();
  if (bearer.empty()) return detail_refusal(401, "Unauthorized");
  const std::string_view account = call.header("chatgpt-account-id");
  if (account.empty()) return detail_refusal(401, "Unauthorized");
  if (call.world.options.accept_any_bearer) {
    Person anybody;
    anybody.account_id = account;
    return anybody;
  }
  AccessCheck check = call.world.tokens.check_access(Issuer::openai, bearer);
  switch (check.verdict) {
    case AccessVerdict::good:
      break;
    case AccessVerdict::expired:
      return envelope_refusal(401, "Provided authentication token is expired. Please try signing in again.",
                              "invalid_request_error", {}, "token_expired");
    case AccessVerdict::superseded:
    case AccessVerdict::invalidated:
      return envelope_refusal(401,
                              "Your authentication token has been invalidated. Please try signing in again.",
                              "invalid_request_error", {}, "token_invalidated");
    case AccessVerdict::unknown:
      return envelope_refusal(401, "Could not parse your authentication token. Please try signing in again.",
                              "invalid_request_error", {}, "token_invalidated");
  }
  if (account != check.person.account_id) return detail_refusal(403, "Forbidden: workspace mismatch");
  return check.person;
}

struct Window {
  std::string percent;
  int64_t minutes, reset_in;
};

void add_window(http::HeaderList& headers, const std::string& prefix, const Window& window, int64_t now) {
  headers.add(prefix + "used-percent", window.percent);
  headers.add(prefix + "window-minutes", std::to_string(window.minutes));
  headers.add(prefix + "reset-at", std::to_string(now + window.reset_in));
}

// The quota headers of 2.3, bent by family H5.
http::HeaderList answer_headers(Call& call, std::string_view model) {
  static const std::string etag = etag_of(codex_catalog());
  http::HeaderList headers;
  const int64_t now = call.world.clock.now_seconds();
  Window primary{"12.5", 300, 3600};
  if (call.struck_by("H5.percent_floats")) primary.percent = "33.333333333333336";
  if (call.struck_by("H5.full")) primary.percent = "100.0";
  if (call.struck_by("H5.reset_in_past")) primary.reset_in = -3600;
  const std::string family = call.struck_by("H5.other_family") ? "x-codex-bengalfox-" : "x-codex-";
  add_window(headers, family + "primary-", primary, now);
  if (!call.struck_by("H5.missing_secondary"))
    add_window(headers, family + "secondary-", Window{"40.0", 10080, 4 * 86400}, now);
  headers.add("x-codex-credits-has-credits", "false");
  headers.add("x-codex-credits-unlimited", "false");
  headers.add("x-codex-plan-type", "plus");
  headers.add("openai-model", std::string(model));
  headers.add("x-models-etag", etag);
  headers.add("x-codex-turn-state", call.world.ids.make("turn-", 16));
  return headers;
}

Task<void> send_bench_stream(Call& call, Millis pace) {
  const BenchStream& stream = bench_stream();
  call.exchange.begin(200, {});
  if (pace <= 0) {
    (void)co_await call.exchange.end(stream.bytes);
    co_return;
  }
  Pacer& pacer = call.world.pacer(call.exchange.worker().index());
  // Each event has its time from the start on, so that what one wake-up is late by does not add up.
  Pacer::Instant due = std::chrono::steady_clock::now();
  for (size_t i = 0; i < stream.events.size(); ++i, due += std::chrono::milliseconds(pace)) {
    if (i > 0 && !co_await pacer.wait_until(due, call.exchange.cancellation())) co_return;
    auto sent = co_await call.exchange.write(stream.events[i]);
    if (!sent.ok()) co_return;
  }
  (void)co_await call.exchange.end();
}

// Everything that can be refused, in the order the backend refuses it; then the parsed body.
std::variant<JsonDocument, Refusal> admit(const Call& call, std::string& account_id) {
  auto who = authenticate(call);
  if (auto* refusal = std::get_if<Refusal>(&who)) return std::move(*refusal);
  account_id = std::get<Person>(who).account_id;
  if (!call.header("content-encoding").empty()) return detail_refusal(415, "Unsupported content encoding");
  auto parsed = JsonDocument::parse(call.request().body);
  if (!parsed.ok()) return detail_refusal(400, "Request body is not valid JSON");
  return std::move(parsed).value();
}

Task<void> respond(Call& call) {
  std::string account_id;
  auto admitted = admit(call, account_id);
  if (auto* refusal = std::get_if<Refusal>(&admitted)) co_return co_await refuse(call, std::move(*refusal));
  const JsonDocument& document = std::get<JsonDocument>(admitted);
  if (auto refused = check_codex_request(document.root(), account_id))
    co_return co_await refuse(call, std::move(*refused));
  auto bench = bench_prompt(document.root());
  if (bench && !call.fault) {
    const Millis pace = pace_of(call, *bench);
    admitted = Refusal{};  // a paced stream is long: do not hold the parsed body
    co_return co_await send_bench_stream(call, pace);
  }
  ResponsesCall asked;
  asked.body = document.root();
  asked.account_id = std::move(account_id);
  asked.headers = answer_headers(call, asked.body["model"].string_or(""));
  co_await answer_responses(call, std::move(asked));
}

Task<void> compact(Call& call) {
  std::string account_id;
  auto admitted = admit(call, account_id);
  if (auto* refusal = std::get_if<Refusal>(&admitted)) return refuse(call, std::move(*refusal));
  const Json body = std::get<JsonDocument>(admitted).root();
  if (auto refused = check_codex_compact(body)) return refuse(call, std::move(*refused));
  std::string out;
  JsonWriter json(out);
  json.begin_object().key("output").begin_array();
  body["input"].each_element([&json](const Json& item) {
    const std::string_view role = item["role"].string_or("");
    if (role == "user" || role == "developer") json.value(item);
  });
  json.begin_object()
      .member("type", "compaction")
      .member("encrypted_content", seal_reasoning(account_id, "compaction"));
  json.end_object().end_array().end_object();
  return call.reply(200, std::move(out));
}

Task<void> list_models(Call& call) {
  auto who = authenticate(call);
  if (auto* refusal = std::get_if<Refusal>(&who)) return refuse(call, std::move(*refusal));
  std::string body = call.struck_by("H6.empty")            ? R"({"models":[]})"
                     : call.struck_by("H6.unknown_fields") ? codex_catalog(true)
                     : call.struck_by("H6.large")
                         ? codex_catalog(false, static_cast<size_t>(call.fault->integer("bytes", 5 << 20)))
                         : codex_catalog();
  http::Response response;
  std::string etag = etag_of(body);
  if (call.header("if-none-match") == etag) {
    response.status = 304;
  } else {
    response.headers.add("Content-Type", "application/json");
    response.body = std::move(body);
  }
  response.headers.add("ETag", std::move(etag));
  return call.reply(std::move(response));
}

Task<void> refuse_websocket(Call& call) {
  if (call.header("upgrade").empty()) return call.reply(405, detail_refusal(405, "Method Not Allowed").body);
  return call.reply(426, detail_refusal(426, "Upgrade Required").body);
}

Task<void> show_usage(Call& call) {
  auto who = authenticate(call);
  if (auto* refusal = std::get_if<Refusal>(&who)) return refuse(call, std::move(*refusal));
  const int64_t now = call.world.clock.now_seconds();
  std::string out;
  JsonWriter json(out);
  auto window = [&](std::string_view name, double percent, int64_t seconds, int64_t reset_in) {
    json.key(name).begin_object().member("used_percent", percent).member("limit_window_seconds", seconds);
    json.member("reset_after_seconds", reset_in).member("reset_at", now + reset_in).end_object();
  };
  json.begin_object().member("plan_type", std::get<Person>(who).plan).key("rate_limit").begin_object();
  json.member("allowed", true).member("limit_reached", false);
  window("primary_window", 12.5, 18000, 3600);
  window("secondary_window", 40.0, 604800, 4 * 86400);
  json.end_object().key("credits").begin_object().member("has_credits", false).member("unlimited", false);
  json.member("balance", "0").end_object().key("additional_rate_limits").begin_array().end_array();
  json.key("rate_limit_reached_type").null().end_object();
  return call.reply(200, std::move(out));
}

Task<void> check_accounts(Call& call) {
  auto who = authenticate(call);
  if (auto* refusal = std::get_if<Refusal>(&who)) return refuse(call, std::move(*refusal));
  const Person& person = std::get<Person>(who);
  std::string out;
  JsonWriter json(out);
  json.begin_object().key("accounts").begin_array().begin_object().member("id", person.account_id);
  json.member("plan_type", person.plan).member("structure", "personal").member("is_deactivated", false);
  json.member("can_access_with_session", true).member("is_fedramp_compliant_workspace", false);
  json.key("workspace_backend_origin").null().key("account_routing_override").null().end_object().end_array();
  json.member("default_account_id", person.account_id).end_object();
  return call.reply(200, std::move(out));
}

Task<void> not_found(Call& call) {
  return call.reply_html(404, std::string(kHtml));
}

}  // namespace

void add_codex(http::Router& router, World& world) {
  auto at = [&](std::string_view method, std::string_view path, Endpoint endpoint) {
    mount(router, world, method, "chatgpt", path, std::move(endpoint));
  };
  at("POST", "/backend-api/codex/responses", respond);
  at("GET", "/backend-api/codex/responses", refuse_websocket);
  at("POST", "/backend-api/codex/responses/compact", compact);
  at("GET", "/backend-api/codex/models", list_models);
  at("GET", "/backend-api/wham/usage", show_usage);
  at("GET", "/backend-api/wham/accounts/check", check_accounts);
  at("*", "/{rest...}", not_found);
}

}  // namespace valetkey::emulator
