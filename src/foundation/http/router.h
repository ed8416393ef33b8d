// The static route table: method, pattern, policy, handler. A route without a policy does not compile.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "foundation/http/exchange.h"

namespace valetkey::http {

// Which per-address rate class a route counts against.
enum class RateClass { none, api, sign_in_start, sign_in_poll, oauth, registration, portal };

// What the pipeline decides before a handler runs.
struct RoutePolicy {
  size_t max_body;  // bytes; over it: 413 before the handler
  RateClass rate = RateClass::none;
  bool cors = true;
};

struct Route {
  std::string method;   // "*" takes every method
  std::string pattern;  // "/v1/models/{id}", a last segment "{rest...}" takes what is left (slashes too)
  RoutePolicy policy;
  Handler handler;
  Route(std::string m, std::string p, RoutePolicy o, Handler h)
      : method(std::move(m)), pattern(std::move(p)), policy(o), handler(std::move(h)) {}
};

struct RouteMatch {
  const Route* route = nullptr;  // null: no such path, or no such method there
  bool path_known = false;       // the path matches under another method: 405 with `allow`
  std::string allow;
  bool cors = true;  // of the route; without one: of each that takes the path by another method
  std::vector<std::pair<std::string_view, std::string>> parameters;
};

// Exact segments beat "{name}", which beats "{rest...}"; a route with the request's method beats "*". HEAD
// falls back to GET. A path that only less exact routes take with this method goes to them. "{name}" takes no
// empty segment,
// "{rest...}" may be empty. Immutable once built, so shared by all workers.
class Router {
 public:
  Router();
  ~Router();
  Router(Router&&) noexcept;
  Router& operator=(Router&&) noexcept;

  void add(Route route);  // before the first match()
  RouteMatch match(std::string_view method, std::string_view path) const;
  // What match() would put in `allow`, whatever the method: "GET, HEAD, POST". Empty: no such path, or only
  // "*".
  std::string allowed_methods(std::string_view path) const;
  const std::vector<Route>& routes() const { return routes_; }

 private:
  struct Node;
  struct Search;
  std::vector<Route> routes_;
  std::unique_ptr<Node> root_;
};

}  // namespace valetkey::http
