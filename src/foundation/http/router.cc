#include "foundation/http/router.h"

#include <algorithm>

#include "foundation/http/url.h"

namespace valetkey::http {

// A tree of segments. A route ends at the node of its last segment, as a `rest` route at the one before
// "{rest...}".
struct Router::Node {
  std::vector<std::pair<std::string, std::unique_ptr<Node>>> exact;
  std::unique_ptr<Node> any;  // "{name}"
  std::vector<size_t> ends;   // indices of routes
  std::vector<size_t> rests;

  const Node* find(std::string_view segment) const {
    for (const auto& [name, node] : exact) {
      if (name == segment) return node.get();
    }
    return nullptr;
  }
};

namespace {

bool is_parameter(std::string_view segment) {
  return segment.starts_with('{') && segment.ends_with('}');
}
bool is_rest(std::string_view segment) {
  return is_parameter(segment) && segment.ends_with("...}");
}

// Takes "x" off "/x/y", leaving "/y". `path` must not be empty.
std::string_view take_segment(std::string_view& path) {
  path.remove_prefix(1);
  std::string_view segment = path.substr(0, path.find('/'));
  path.remove_prefix(segment.size());
  return segment;
}

bool takes(const Route& route, std::string_view method) {
  return route.method == method || (method == "HEAD" && route.method == "GET");
}

// The names of a pattern with the values they took, in order.
bool bind_parameters(std::string_view pattern, const std::vector<std::string_view>& values,
                     RouteMatch& match) {
  size_t index = 0;
  while (!pattern.empty()) {
    std::string_view segment = take_segment(pattern);
    if (!is_parameter(segment)) continue;
    std::string_view name = segment.substr(1, segment.size() - (is_rest(segment) ? 5 : 2));
    std::optional<std::string> decoded = percent_decode(values[index++]);
    if (!decoded) return false;
    match.parameters.emplace_back(name, std::move(*decoded));
  }
  return true;
}

}  // namespace

// One walk down the tree, the most exact branch first, until a route takes the method.
struct Router::Search {
  const std::vector<Route>& routes;
  std::string_view method;
  std::vector<std::string_view> values{};
  std::vector<std::string_view> other_methods{};  // of routes that match the path only
  bool others_offer_cors = true;
  const Route* found = nullptr;

  bool choose(const std::vector<size_t>& candidates) {
    for (size_t index : candidates) {
      if (takes(routes[index], method)) return (found = &routes[index]) != nullptr;
    }
    for (size_t index : candidates) {
      if (routes[index].method == "*") return (found = &routes[index]) != nullptr;
    }
    for (size_t index : candidates) {
      other_methods.push_back(routes[index].method);
      others_offer_cors = others_offer_cors && routes[index].policy.cors;
    }
    return false;
  }

  bool descend(const Node& node, std::string_view path) {
    if (path.empty()) return choose(node.ends);
    std::string_view left = path;
    std::string_view segment = take_segment(left);
    if (const Node* next = node.find(segment); next != nullptr && descend(*next, left)) return true;
    if (node.any != nullptr && !segment.empty()) {
      values.push_back(segment);
      if (descend(*node.any, left)) return true;
      values.pop_back();
    }
    if (node.rests.empty()) return false;
    values.push_back(path.substr(1));
    if (choose(node.rests)) return true;
    values.pop_back();
    return false;
  }

  std::string allow() const {
    std::vector<std::string_view> methods = other_methods;
    if (std::find(methods.begin(), methods.end(), "GET") != methods.end()) methods.emplace_back("HEAD");
    std::sort(methods.begin(), methods.end());
    methods.erase(std::unique(methods.begin(), methods.end()), methods.end());
    std::string list;
    for (std::string_view name : methods) list.append(list.empty() ? "" : ", ").append(name);
    return list;
  }
};

Router::Router() : root_(std::make_unique<Node>()) {}
Router::~Router() = default;
Router::Router(Router&&) noexcept = default;
Router& Router::operator=(Router&&) noexcept = default;

void Router::add(Route route) {
  Node* node = root_.get();
  bool ended_in_rest = false;
  for (std::string_view path = route.pattern; !path.empty() && !ended_in_rest;) {
    std::string_view segment = take_segment(path);
    if (is_rest(segment)) {
      node->rests.push_back(routes_.size());
      ended_in_rest = true;
    } else if (is_parameter(segment)) {
      if (!node->any) node->any = std::make_unique<Node>();
      node = node->any.get();
    } else {
      if (node->find(segment) == nullptr) node->exact.emplace_back(segment, std::make_unique<Node>());
      node = const_cast<Node*>(node->find(segment));
    }
  }
  if (!ended_in_rest) node->ends.push_back(routes_.size());
  routes_.push_back(std::move(route));
}

RouteMatch Router::match(std::string_view method, std::string_view path) const {
  RouteMatch match;
  if (!path.starts_with('/')) return match;
  Search search{routes_, method};
  if (search.descend(*root_, path)) {
    if (!search.values.empty() && !bind_parameters(search.found->pattern, search.values, match)) return {};
    match.route = search.found;
    match.path_known = true;
    match.cors = search.found->policy.cors;
  } else if (!search.other_methods.empty()) {
    match.path_known = true;
    match.allow = search.allow();
    match.cors = search.others_offer_cors;
  }
  return match;
}

std::string Router::allowed_methods(std::string_view path) const {
  if (!path.starts_with('/')) return "";
  Search search{routes_,
                "\n"};  // no route has this method, so "*" ends the search or all methods are collected
  search.descend(*root_, path);
  return search.allow();
}

}  // namespace valetkey::http
