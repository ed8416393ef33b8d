#include "faces/auth/session_endpoint.h"
#include "faces/auth/sign_in_endpoint.h"

namespace valetkey::faces {

void add_auth_routes(http::Router& router, const Auth& face) {
  constexpr size_t kMaxBody = 64 * 1024;
  auto handler = [face](auto endpoint) -> http::Handler {
    return [face, endpoint](http::Exchange& exchange) { return endpoint(face, exchange); };
  };
  http::RoutePolicy plain{.max_body = kMaxBody, .rate = http::RateClass::api};
  http::RoutePolicy start{.max_body = kMaxBody, .rate = http::RateClass::sign_in_start};
  http::RoutePolicy poll{.max_body = kMaxBody, .rate = http::RateClass::sign_in_poll};
  router.add({"POST", "/auth/start", start, handler(start_sign_in)});
  router.add({"GET", "/auth/poll/{id}", poll, handler(poll_sign_in)});
  router.add({"POST", "/auth/poll/{id}", poll, handler(poll_sign_in)});
  router.add({"GET", "/auth/providers", plain, handler(list_providers)});
  router.add({"POST", "/auth/revoke", plain, handler(revoke_session)});
  router.add({"GET", "/auth/whoami", plain, handler(whoami)});
}

}  // namespace valetkey::faces
