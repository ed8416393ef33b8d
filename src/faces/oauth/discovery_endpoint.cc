#include "faces/oauth/discovery_endpoint.h"

#include "faces/oauth/json_errors.h"
#include "faces/oauth/metadata.h"
#include "foundation/base/strings.h"
#include "foundation/crypto/crypto.h"
#include "foundation/http/url.h"

namespace valetkey::faces {
namespace {

constexpr http::RoutePolicy kPolicy{.max_body = 4096};

// A text and what its caches need.
struct Document {
  std::string body;
  std::string etag;
};

Document document_of(std::string body) {
  std::string etag = "\"" + to_hex(crypto::sha256(body).substr(0, 8)) + "\"";
  return {std::move(body), std::move(etag)};
}

http::Response cacheable(const http::Request& request, const std::string& body, const std::string& etag) {
  http::Response response{200, {{"cache-control", "public, max-age=300"}, {"etag", etag}}, {}};
  if (request.headers.get("if-none-match").find(etag) != std::string_view::npos) {
    response.status = 304;
    return response;
  }
  response.headers.add("content-type", "application/json");
  response.body = body;
  return response;
}

http::Response unknown() {
  return oauth_error(404, "not_found", "There is no such document.");
}

// A path that may stand behind a well-known name: none, or that of one of this host's own resources, which
// clients that know only the resource insert (RFC 8414 section 3.1).
bool is_own_path(const Oauth& face, std::string_view rest) {
  if (rest.empty()) return true;
  std::string resource = face.authority.options.issuer + "/" + std::string(rest);
  for (const apps::Resource& known : face.authority.resources.configured()) {
    if (apps::same_resource(known.uri, resource)) return true;
  }
  return false;
}

Task<void> answer_resource(const Oauth& face, http::Exchange& exchange) {
  auto query = http::decode_form(exchange.request().query);
  std::string wanted = query.ok() ? std::string(http::form_value(*query, "resource")) : std::string();
  std::string_view rest = exchange.parameter("rest");
  if (wanted.empty() && !rest.empty()) wanted = face.authority.options.issuer + "/" + std::string(rest);
  if (wanted.empty()) wanted = face.authority.resources.default_resource().uri;
  auto resource = co_await face.authority.resources.find(std::move(wanted));
  if (!resource.ok()) {
    bool missing = resource.error().code == Code::not_found;
    co_await exchange.send(missing ? unknown() : oauth_failure(resource.error()));
    co_return;
  }
  Document document = document_of(protected_resource_metadata(*resource, face));
  co_await exchange.send(cacheable(exchange.request(), document.body, document.etag));
}

}  // namespace

void add_discovery_routes(http::Router& router, const Oauth& face) {
  auto metadata = std::make_shared<const Document>(document_of(authorization_server_metadata(face)));
  http::Handler server = [face, metadata](http::Exchange& exchange) -> Task<void> {
    bool known = is_own_path(face, exchange.parameter("rest"));
    co_await exchange.send(known ? cacheable(exchange.request(), metadata->body, metadata->etag) : unknown());
  };
  for (std::string name : {"/.well-known/oauth-authorization-server", "/.well-known/openid-configuration"}) {
    router.add({"GET", name, kPolicy, server});
    router.add({"GET", name + "/{rest...}", kPolicy, server});
  }
  router.add({"GET", "/{rest}/.well-known/openid-configuration", kPolicy, server});
  http::Handler resource = [face](http::Exchange& exchange) { return answer_resource(face, exchange); };
  router.add({"GET", "/.well-known/oauth-protected-resource", kPolicy, resource});
  router.add({"GET", "/.well-known/oauth-protected-resource/{rest...}", kPolicy, resource});
  router.add({"GET", "/oauth/jwks", kPolicy, [face](http::Exchange& exchange) -> Task<void> {
                auto keys = face.authority.keys.current();
                co_await exchange.send(cacheable(exchange.request(), keys->jwks, keys->etag));
              }});
  if (!face.apps_challenge.empty()) {
    router.add({"GET", "/.well-known/openai-apps-challenge", kPolicy,
                [text = face.apps_challenge](http::Exchange& exchange) -> Task<void> {
                  co_await exchange.send({200, {{"content-type", "text/plain; charset=utf-8"}}, text});
                }});
  }
  router.add({"GET", "/.well-known/{rest...}", kPolicy,
              [](http::Exchange& exchange) -> Task<void> { co_await exchange.send(unknown()); }});
}

}  // namespace valetkey::faces
