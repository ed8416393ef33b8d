#include "faces/oauth/authorize_endpoint.h"
#include "faces/oauth/device_endpoint.h"
#include "faces/oauth/discovery_endpoint.h"
#include "faces/oauth/introspection_endpoint.h"
#include "faces/oauth/logout_endpoint.h"
#include "faces/oauth/oauth.h"
#include "faces/oauth/revocation_endpoint.h"
#include "faces/oauth/token_endpoint.h"
#include "faces/oauth/userinfo_endpoint.h"

namespace valetkey::faces {

void add_oauth_routes(http::Router& router, const Oauth& face) {
  constexpr size_t kMaxBody = 64 * 1024;
  auto handler = [&face](auto endpoint) -> http::Handler {
    return [face, endpoint](http::Exchange& exchange) { return endpoint(face, exchange); };
  };
  // A browser is sent here; scripts of other origins have no business with it.
  http::RoutePolicy page{.max_body = kMaxBody, .rate = http::RateClass::oauth, .cors = false};
  http::RoutePolicy api{.max_body = kMaxBody, .rate = http::RateClass::oauth};
  // Clients of MCP revision 2025-03-26 guess the endpoints at the root.
  for (std::string path : {"/oauth/authorize", "/authorize"}) {
    router.add({"GET", path, page, handler(authorize)});
    router.add({"POST", path, page, handler(authorize)});
  }
  for (std::string path : {"/oauth/token", "/token"}) router.add({"POST", path, api, handler(answer_token)});
  router.add({"POST", "/oauth/par", api, handler(push_request)});
  router.add({"POST", "/oauth/device_authorization", api, handler(authorize_device)});
  router.add({"POST", "/oauth/introspect", api, handler(introspect_token)});
  router.add({"POST", "/oauth/revoke", api, handler(revoke)});
  for (const char* method : {"GET", "POST"}) {
    router.add({method, "/oauth/userinfo", api, handler(tell_userinfo)});
    router.add({method, "/oauth/logout", page, handler(log_out)});
  }
  add_discovery_routes(router, face);
}

}  // namespace valetkey::faces
