// /control/*: how a test scripts the emulator and asks what it saw. docs/emulator.md is its manual.
#include "foundation/base/strings.h"
#include "routes.h"

namespace valetkey::emulator {
namespace {

constexpr size_t kMaxControlBody = 64u << 20;

std::string error_text(std::string_view message) {
  std::string out;
  JsonWriter(out).begin_object().member("error", message).end_object();
  return out;
}

Task<void> reply_ok(Call& call) {
  return call.reply(200, R"({"ok":true})");
}

Task<void> add_scenario(Call& call) {
  auto parsed = JsonDocument::parse(call.request().body);
  if (!parsed.ok()) return call.reply(400, error_text("the body is no JSON"));
  auto added = call.world.faults.add(parsed->root());
  if (!added.ok()) return call.reply(400, error_text(added.error().detail));
  std::string out;
  JsonWriter(out).begin_object().member("id", *added).end_object();
  return call.reply(200, std::move(out));
}

Task<void> list_scenarios(Call& call) {
  return call.reply(200, call.world.faults.describe());
}

Task<void> remove_scenario(Call& call) {
  const bool removed = call.world.faults.remove(call.exchange.parameter("id"));
  return removed ? reply_ok(call) : call.reply(404, error_text("no such scenario"));
}

Task<void> clear_scenarios(Call& call) {
  call.world.faults.clear();
  return reply_ok(call);
}

Task<void> list_faults(Call& call) {
  std::string out;
  JsonWriter json(out);
  json.begin_array();
  for (const FaultKind& kind : fault_catalogue()) {
    json.begin_object()
        .member("id", kind.id)
        .member("where", kind.where)
        .member("what", kind.what)
        .end_object();
  }
  json.end_array();
  return call.reply(200, std::move(out));
}

Task<void> decide(Call& call, bool approve) {
  const Fields fields(call.request());
  const Person person = make_person(fields.get("email"), fields.get("plan"));
  const bool done = call.world.device_sign_ins.decide(fields.get("user_code"), approve, person);
  return done ? reply_ok(call) : call.reply(404, error_text("no pending sign-in has that user code"));
}

Task<void> approve(Call& call) {
  return decide(call, true);
}
Task<void> deny(Call& call) {
  return decide(call, false);
}

Task<void> list_requests(Call& call) {
  auto query = http::decode_form(call.request().query);
  const http::Form none;
  const http::Form& form = query.ok() ? *query : none;
  const int64_t since = parse_decimal(http::form_value(form, "since")).value_or(0);
  const int64_t limit =
      parse_decimal(http::form_value(form, "limit")).value_or(static_cast<int64_t>(kMaxRecords));
  return call.reply(200, call.world.recorder.describe(http::form_value(form, "upstream"), since,
                                                      static_cast<size_t>(limit)));
}

Task<void> clear_requests(Call& call) {
  call.world.recorder.clear();
  return reply_ok(call);
}

Task<void> reset(Call& call) {
  call.world.reset();
  return reply_ok(call);
}

Task<void> move_clock(Call& call) {
  auto parsed = JsonDocument::parse(call.request().body);
  const auto advance = parsed.ok() ? (*parsed)["advance_ms"].integer() : std::nullopt;
  if (!advance) return call.reply(400, error_text("advance_ms is missing"));
  call.world.clock.advance(*advance);
  std::string out;
  JsonWriter(out)
      .begin_object()
      .member("now", call.world.clock.now())
      .member("offset_ms", call.world.clock.offset())
      .end_object();
  return call.reply(200, std::move(out));
}

Task<void> show_state(Call& call) {
  const TokenCounts counts = call.world.tokens.counts();
  const InitiatorCounts initiators = call.world.initiators();
  std::string out;
  JsonWriter json(out);
  json.begin_object().member("now", call.world.clock.now()).member("offset_ms", call.world.clock.offset());
  json.key("tokens")
      .begin_object()
      .member("sign_ins", counts.sign_ins)
      .member("access_issued", counts.access_issued);
  json.member("refreshes", counts.refreshes)
      .member("reuses", counts.reuses)
      .member("revocations", counts.revocations);
  json.member("copilot_exchanges", counts.copilot_exchanges).end_object();
  json.key("initiators").begin_object().member("user", initiators.user).member("agent", initiators.agent);
  json.member("missing", initiators.missing)
      .member("premium", initiators.user + initiators.missing)
      .end_object();
  json.key("scenarios").raw(call.world.faults.describe());
  json.key("sign_ins").raw(call.world.device_sign_ins.describe()).end_object();
  return call.reply(200, std::move(out));
}

// {"device_interval":1,"access_lifetime_s":60,...}: only what is named changes.
Task<void> change_settings(Call& call) {
  auto parsed = JsonDocument::parse(call.request().body);
  if (!parsed.ok()) return call.reply(400, error_text("the body is no JSON"));
  const Json body = parsed->root();
  if (auto seconds = body["device_interval"].integer()) call.world.device_sign_ins.set_interval(*seconds);
  TokenPolicy policy = call.world.tokens.policy();
  policy.access_lifetime =
      body["access_lifetime_s"].integer().value_or(policy.access_lifetime / kSecond) * kSecond;
  policy.copilot_lifetime =
      body["copilot_lifetime_s"].integer().value_or(policy.copilot_lifetime / kSecond) * kSecond;
  policy.copilot_refresh_in =
      body["copilot_refresh_in_s"].integer().value_or(policy.copilot_refresh_in / kSecond) * kSecond;
  policy.reuse_status = static_cast<int>(body["reuse_status"].integer().value_or(policy.reuse_status));
  policy.reuse_revokes_family = body["reuse_revokes_family"].boolean().value_or(policy.reuse_revokes_family);
  call.world.tokens.set_policy(policy);
  return reply_ok(call);
}

std::string issued_reply(const TokenSet& tokens) {
  std::string out;
  JsonWriter json(out);
  json.begin_object().member("access_token", tokens.access).member("refresh_token", tokens.refresh);
  json.member("id_token", tokens.id_token).member("expires_in", tokens.expires_in);
  json.member("email", tokens.person.email).member("account_id", tokens.person.account_id).end_object();
  return out;
}

// {"action":"issue"|"expire"|"invalidate"|"expire_refresh"|"invalidate_refresh","email"?,"issuer"?,"client_id"?}
Task<void> change_tokens(Call& call) {
  const Fields fields(call.request());
  const std::string action = fields.get("action"), email = to_lower(fields.get("email"));
  TokenBook& tokens = call.world.tokens;
  size_t struck = 0;
  if (action == "issue") {
    const auto issuer = issuer_of(fields.has("issuer") ? fields.get("issuer") : "openai");
    if (!issuer) return call.reply(400, error_text("issuer is openai, xai or github"));
    return call.reply(200, issued_reply(tokens.sign_in(*issuer, make_person(email, fields.get("plan")),
                                                       fields.get("client_id"))));
  } else if (action == "expire") {
    struck = tokens.expire_access(email);
  } else if (action == "invalidate") {
    struck = tokens.invalidate_access(email);
  } else if (action == "expire_refresh") {
    struck = tokens.spoil_refresh(email, RefreshVerdict::expired);
  } else if (action == "invalidate_refresh") {
    struck = tokens.spoil_refresh(email, RefreshVerdict::invalidated);
  } else {
    return call.reply(400, error_text("unknown action"));
  }
  std::string out;
  JsonWriter(out).begin_object().member("struck", struck).end_object();
  return call.reply(200, std::move(out));
}

using ControlEndpoint = Task<void> (*)(Call&);

// No recorder and no faults here, so a bare Call suffices.
Task<void> run(World& world, http::Exchange& exchange, ControlEndpoint endpoint) {
  Call call(world, exchange, "control", exchange.request().path);
  co_await endpoint(call);
}

}  // namespace

void add_control(http::Router& router, World& world) {
  auto at = [&](std::string_view method, std::string_view path, ControlEndpoint endpoint) {
    http::RoutePolicy policy{kMaxControlBody, http::RateClass::none, false};
    router.add(
        http::Route(std::string(method), "/control" + std::string(path), policy,
                    [&world, endpoint](http::Exchange& exchange) { return run(world, exchange, endpoint); }));
  };
  at("POST", "/scenario", add_scenario);
  at("GET", "/scenario", list_scenarios);
  at("DELETE", "/scenario", clear_scenarios);
  at("DELETE", "/scenario/{id}", remove_scenario);
  at("GET", "/faults", list_faults);
  at("POST", "/approve", approve);
  at("POST", "/deny", deny);
  at("GET", "/requests", list_requests);
  at("DELETE", "/requests", clear_requests);
  at("POST", "/reset", reset);
  at("POST", "/clock", move_clock);
  at("GET", "/state", show_state);
  at("POST", "/settings", change_settings);
  at("POST", "/tokens", change_tokens);
}

}  // namespace valetkey::emulator
