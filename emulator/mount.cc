#include <memory>

#include "http_faults.h"
#include "raw_exchange.h"
#include "routes.h"
#include "trace.h"

namespace valetkey::emulator {
namespace {

constexpr size_t kMaxBody = 64u << 20;

// Whose credential the request carries: the bearer's, or that of a refresh token in the body.
std::string owner_of(const Call& call) {
  if (const std::string_view bearer = call.bearer(); !bearer.empty())
    return call.world.tokens.owner_of(bearer);
  const std::string_view authorization = call.header("authorization");
  if (authorization.starts_with("token ")) return call.world.tokens.owner_of(authorization.substr(6));
  if (call.request().body.size() > 16'384) return {};
  return call.world.tokens.owner_of(Fields(call.request()).get("refresh_token"));
}

Task<void> answer(Call& call, const Endpoint& endpoint) {
  if (co_await answer_http_fault(call)) co_return;
  if (auto style = raw_style_of(call)) {
    RawExchange raw(call.exchange, std::move(*style));
    Call bent(call.world, raw, call.upstream, call.path);
    bent.record = call.record;
    co_await endpoint(bent);
    co_return;
  }
  co_await endpoint(call);
  if (call.struck_by("H4.close_after_reply")) call.exchange.close_connection(false);
}

Task<void> answer_traced(Call& call, const Endpoint& endpoint, const std::string& upstream) {
  if (call.world.faults.any()) call.fault = call.world.faults.strike(upstream, call.path, owner_of(call));
  if (!call.world.recorder.enabled()) co_return co_await answer(call, endpoint);
  auto record = call.world.recorder.open(upstream, call.path, call.request());
  if (call.fault) {
    call.world.recorder.update(record, [&call](Record& seen) { seen.fault = call.fault->id(); });
  }
  TracedExchange traced(call.exchange, call.world.recorder, record);
  Call inner(call.world, traced, upstream, call.path);
  inner.fault = call.fault;
  inner.record = std::move(record);
  co_await answer(inner, endpoint);
}

// What a route's handler keeps for as long as the router lives.
struct Mounted {
  World& world;
  std::string upstream;
  size_t prefix;  // bytes of "/<upstream>"
  Endpoint endpoint;
};

Task<void> serve(std::shared_ptr<const Mounted> mounted, http::Exchange& exchange) {
  World& world = mounted->world;
  Call call(world, exchange, mounted->upstream, exchange.request().path.substr(mounted->prefix));
  if (!world.recorder.enabled() && !world.faults.any()) {
    co_await mounted->endpoint(call);
  } else {
    co_await answer_traced(call, mounted->endpoint, mounted->upstream);
  }
}

}  // namespace

void mount(http::Router& router, World& world, std::string_view method, std::string_view upstream,
           std::string_view path, Endpoint endpoint) {
  const std::string prefix = "/" + std::string(upstream);
  auto mounted = std::make_shared<const Mounted>(
      Mounted{world, std::string(upstream), prefix.size(), std::move(endpoint)});
  http::RoutePolicy policy{kMaxBody, http::RateClass::none, false};
  router.add(http::Route(std::string(method), prefix + std::string(path), policy,
                         [mounted](http::Exchange& exchange) { return serve(mounted, exchange); }));
}

}  // namespace valetkey::emulator
