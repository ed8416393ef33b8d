#include "faces/mcp/mcp_endpoint.h"

namespace valetkey::faces {

void add_mcp_routes(http::Router& router, const Mcp& face) {
  constexpr size_t kMaxBody = 1 << 20;  // bytes: room for the longest prompt
  constexpr size_t kNoBody = 4096;
  auto handler = [face](auto endpoint) -> http::Handler {
    return [face, endpoint](http::Exchange& exchange) { return endpoint(face, exchange); };
  };
  http::RoutePolicy message{.max_body = kMaxBody, .rate = http::RateClass::api};
  http::RoutePolicy other{.max_body = kNoBody, .rate = http::RateClass::api};
  router.add({"POST", "/mcp", message, handler(mcp::answer_message)});
  router.add({"GET", "/mcp", other, handler(mcp::refuse_method)});
  router.add({"DELETE", "/mcp", other, handler(mcp::refuse_method)});
  router.add({"GET", "/mcp/ping", other, handler(mcp::answer_ping)});
}

}  // namespace valetkey::faces
