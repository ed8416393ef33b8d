// What operators and load balancers ask: /, /healthz and /readyz on the public port; the same and /metrics on
// the admin listener.
#pragma once

#include <functional>
#include <string>

#include "foundation/base/result.h"
#include "foundation/base/task.h"
#include "foundation/http/router.h"

namespace valetkey::faces {

struct Admin {
  std::function<std::string()> metrics_text;
  // Ok: the store answers and the server is not draining. The error's detail is for the log.
  std::function<Task<Result<void>>()> ready;
  // The portal at "/": who is a browser, and what it gets. Empty without a portal.
  std::function<bool(const http::Request&)> wants_page;
  std::function<http::Response(const http::Request&)> home_page;
};

void add_public_health_routes(http::Router& router, const Admin& face);
void add_admin_routes(http::Router& router, const Admin& face);

}  // namespace valetkey::faces
