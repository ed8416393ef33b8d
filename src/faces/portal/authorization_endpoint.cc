#include "faces/portal/authorization_endpoint.h"

#include "faces/portal/ai_endpoint.h"
#include "faces/portal/connections_endpoint.h"
#include "faces/portal/device_endpoint.h"

namespace valetkey::faces {
namespace {

Task<void> show_question(const PortalGrants& face, http::Exchange& exchange) {
  auto call = co_await enter(face.gate, exchange, Needs::nobody);
  if (!call) co_return;
  Secret request(exchange.parameter("request"));
  auto question = co_await face.flow.ask(std::move(request), call->browser, call->session);
  if (!question.ok()) {
    co_await exchange.send(portal_failure(question.error()));
    co_return;
  }
  std::string body;
  JsonWriter json(body);
  json.begin_object();
  write_question(json, *question);
  json.end_object();
  co_await exchange.send(portal_json(200, std::move(body)));
}

Task<void> take_decision(const PortalGrants& face, http::Exchange& exchange) {
  auto call = co_await enter(face.gate, exchange, Needs::person);
  if (!call) co_return;
  auto decision = read_decision(call->body);
  if (!decision) {
    co_await exchange.send(portal_error(400, "invalid_request",
                                        "The decision must be approve or deny, scopes a list of names."));
    co_return;
  }
  Secret request(exchange.parameter("request"));
  exchange.note("decision", decision->approve ? "approve" : "deny");
  auto url = co_await face.flow.decide(std::move(request), call->browser, std::move(*call->session),
                                       std::move(*decision));
  if (!url.ok()) {
    bool again = url.error().code == Code::unauthorized;
    co_await exchange.send(again ? portal_error(403, "recent_sign_in_required", "Sign in again first.")
                                 : portal_failure(url.error()));
    co_return;
  }
  std::string body;
  JsonWriter(body).begin_object().member("redirect", *url).end_object();
  co_await exchange.send(portal_json(200, std::move(body)));
}

}  // namespace

void add_portal_grant_routes(http::Router& router, PortalGrants given) {
  auto face = std::make_shared<const PortalGrants>(std::move(given));
  auto handler = [&](auto endpoint) -> http::Handler {
    return [face, endpoint](http::Exchange& exchange) { return endpoint(*face, exchange); };
  };
  http::RoutePolicy policy{.max_body = 64 * 1024, .rate = http::RateClass::portal, .cors = false};
  auto add = [&](const char* method, const char* path, auto endpoint) {
    router.add({method, std::string("/portal/api/") + path, policy, handler(endpoint)});
  };
  add("GET", "authorization/{request}", show_question);
  add("POST", "authorization/{request}", take_decision);
  add("POST", "device", find_device_request);
  add("POST", "device/{request}", decide_device_request);
  add("GET", "account/connections", list_connections);
  add("DELETE", "account/connections/{id}", end_connection);
  add("GET", "account/ai", list_ai);
  add("POST", "account/ai", start_ai);
  add("GET", "account/ai/{id}", poll_ai);
  add("DELETE", "account/ai/{id}", end_ai);
}

}  // namespace valetkey::faces
