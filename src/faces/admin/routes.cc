#include "faces/admin/admin.h"
#include "foundation/base/log.h"

namespace valetkey::faces {
namespace {

// No CORS: a page of some website must not read an operator's figures.
constexpr http::RoutePolicy kPolicy{.max_body = 4096, .cors = false};
constexpr http::RoutePolicy kPublicPolicy{.max_body = 4096};

http::Handler fixed_json(std::string body) {
  return [body = std::move(body)](http::Exchange& exchange) -> Task<void> {
    co_await exchange.send({200, {{"content-type", "application/json"}}, body});
  };
}

http::Handler ready_handler(const Admin& face) {
  return [face](http::Exchange& exchange) -> Task<void> {
    auto ready = co_await face.ready();
    if (!ready.ok()) log::warn("not_ready", {{"detail", ready.error().detail}});
    http::Response response{ready.ok() ? 200 : 503, {{"content-type", "application/json"}}, ""};
    response.body = ready.ok() ? R"({"ok":true})" : R"({"ok":false})";
    co_await exchange.send(std::move(response));
  };
}

// One address, two readers: AuthAI's clients ask for its JSON, a person's browser for the portal.
http::Handler home_handler(const Admin& face) {
  return [face](http::Exchange& exchange) -> Task<void> {
    if (face.wants_page && face.wants_page(exchange.request())) {
      co_await exchange.send(face.home_page(exchange.request()));
      co_return;
    }
    http::Response response{
        200, {{"content-type", "application/json"}}, R"({"ok":true,"service":"authai-relay"})"};
    if (face.wants_page) response.headers.add("vary", "accept");
    co_await exchange.send(std::move(response));
  };
}

}  // namespace

void add_public_health_routes(http::Router& router, const Admin& face) {
  router.add({"GET", "/", kPublicPolicy, home_handler(face)});
  router.add({"GET", "/healthz", kPublicPolicy, fixed_json(R"({"ok":true})")});
  router.add({"GET", "/readyz", kPublicPolicy, ready_handler(face)});
}

void add_admin_routes(http::Router& router, const Admin& face) {
  router.add({"GET", "/healthz", kPolicy, fixed_json(R"({"ok":true})")});
  router.add({"GET", "/readyz", kPolicy, ready_handler(face)});
  router.add({"GET", "/metrics", kPolicy, [face](http::Exchange& exchange) -> Task<void> {
                http::Response response{
                    200, {{"content-type", "text/plain; version=0.0.4; charset=utf-8"}}, face.metrics_text()};
                co_await exchange.send(std::move(response));
              }});
}

}  // namespace valetkey::faces
