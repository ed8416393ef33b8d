#include "faces/portal/apps_endpoint.h"

#include <algorithm>
#include <functional>
#include <memory>
#include <utility>
#include <variant>

#include "domain/apps/registration_target.h"

namespace valetkey::faces {
namespace {

constexpr size_t kMaxBody = 64 * 1024;

using Face = std::shared_ptr<const PortalApps>;
// Answers a call that passed the gate. All arguments live until it is done.
using Answer = std::function<Task<http::Response>(Face, const PortalCall&, http::Exchange&)>;

http::Response problem_response(const apps::RegistrationProblem& problem) {
  return portal_error(400, problem.error, problem.description);
}

// Whether somebody else's client exists is nobody's business.
http::Response failure(Error error) {
  if (error.code == Code::forbidden) error.code = Code::not_found;
  return portal_failure(error);
}

const std::string& owner_of(const PortalCall& call) {
  return call.session->person.id;
}

std::string client_json(const apps::Client& client, const Secret& client_secret) {
  std::string body;
  JsonWriter json(body);
  json.begin_object();
  apps::write_client_metadata(json, client);
  if (!client_secret.empty()) json.key("client_secret").string(client_secret.reveal());
  json.end_object();
  return body;
}

http::Response registration_response(int status, const Result<apps::RegistrationResult>& result) {
  if (!result.ok()) return failure(result.error());
  if (auto* problem = std::get_if<apps::RegistrationProblem>(&*result)) return problem_response(*problem);
  const auto& registration = std::get<apps::Registration>(*result);
  return portal_json(status, client_json(registration.client, registration.client_secret));
}

http::Response resource_response(int status, const Result<apps::Resource>& resource) {
  if (!resource.ok()) return failure(resource.error());
  std::string body;
  JsonWriter json(body);
  apps::write_resource(json, *resource);
  return portal_json(status, std::move(body));
}

// What can be asked for without naming a resource: everybody's scopes and those of the default resource.
void write_server(JsonWriter& json, const PortalApps& face) {
  const apps::Resource& resource = face.resources.default_resource();
  json.key("server").begin_object().member("issuer", face.issuer).member("default_resource", resource.uri);
  json.key("scopes").begin_array();
  for (const char* name : {"openid", "profile", "email", "offline_access"}) {
    if (!resource.has_scope(name))
      json.begin_object().member("name", name).member("description", "").end_object();
  }
  for (const apps::ResourceScope& scope : resource.scopes) {
    json.begin_object().member("name", scope.name).member("description", scope.description).end_object();
  }
  json.end_array().end_object();
}

Task<http::Response> list_apps(Face face, const PortalCall& call, http::Exchange&) {
  auto clients = co_await face->clients.list_of(owner_of(call));
  if (!clients.ok()) co_return failure(clients.error());
  auto resources = co_await face->resources.list_of(owner_of(call));
  if (!resources.ok()) co_return failure(resources.error());
  std::string body;
  JsonWriter json(body);
  json.begin_object().key("clients").begin_array();
  for (const apps::Client& client : *clients) {
    json.begin_object();
    apps::write_client_metadata(json, client);
    json.end_object();
  }
  json.end_array().key("resources").begin_array();
  for (const apps::Resource& resource : *resources) apps::write_resource(json, resource);
  json.end_array();
  write_server(json, *face);
  json.end_object();
  co_return portal_json(200, std::move(body));
}

// Creates without an id, replaces with one.
Task<http::Response> save_client(Face face, const PortalCall& call, std::string id) {
  auto fitted = co_await apps::fit_to_resource(face->resources, call.body.root());
  if (!fitted.ok()) co_return failure(fitted.error());
  if (auto* problem = std::get_if<apps::RegistrationProblem>(&*fitted)) co_return problem_response(*problem);
  const Json metadata = std::get<JsonDocument>(*fitted).root();
  if (id.empty()) {
    auto made = co_await face->clients.create_for(owner_of(call), metadata);
    co_return registration_response(201, made);
  }
  auto changed = co_await face->clients.update_for(owner_of(call), std::move(id), metadata);
  co_return registration_response(200, changed);
}

Task<http::Response> create_client(Face face, const PortalCall& call, http::Exchange&) {
  return save_client(std::move(face), call, "");
}

Task<http::Response> update_client(Face face, const PortalCall& call, http::Exchange& exchange) {
  return save_client(std::move(face), call, std::string(exchange.parameter("id")));
}

Task<http::Response> show_client(Face face, const PortalCall& call, http::Exchange& exchange) {
  auto clients = co_await face->clients.list_of(owner_of(call));
  if (!clients.ok()) co_return failure(clients.error());
  std::string_view id = exchange.parameter("id");
  for (const apps::Client& client : *clients) {
    if (client.id == id) co_return portal_json(200, client_json(client, {}));
  }
  co_return portal_error(404, "not_found", "There is no such app.");
}

Task<http::Response> delete_client(Face face, const PortalCall& call, http::Exchange& exchange) {
  auto deleted = co_await face->clients.delete_for(owner_of(call), std::string(exchange.parameter("id")));
  co_return deleted.ok() ? portal_json(200, "{}") : failure(deleted.error());
}

Task<http::Response> rotate_secret(Face face, const PortalCall& call, http::Exchange& exchange) {
  auto secret =
      co_await face->clients.rotate_secret_for(owner_of(call), std::string(exchange.parameter("id")));
  if (!secret.ok()) co_return failure(secret.error());
  std::string body;
  JsonWriter(body).begin_object().key("client_secret").string(secret->reveal()).end_object();
  co_return portal_json(200, std::move(body));
}

Task<http::Response> create_resource(Face face, const PortalCall& call, http::Exchange&) {
  auto made = co_await face->resources.create_for(owner_of(call), call.body.root());
  co_return resource_response(201, made);
}

Task<http::Response> update_resource(Face face, const PortalCall& call, http::Exchange&) {
  std::string uri(call.body["uri"].string_or(""));
  auto changed = co_await face->resources.update_for(owner_of(call), std::move(uri), call.body.root());
  co_return resource_response(200, changed);
}

Task<http::Response> delete_resource(Face face, const PortalCall& call, http::Exchange&) {
  std::string uri(call.body["uri"].string_or(""));
  auto deleted = co_await face->resources.delete_for(owner_of(call), std::move(uri));
  co_return deleted.ok() ? portal_json(200, "{}") : failure(deleted.error());
}

Task<void> answer_call(Face face, Needs needs, Answer answer, http::Exchange& exchange) {
  auto call = co_await enter(face->gate, exchange, needs);
  if (!call) co_return;
  http::Response response = co_await answer(face, *call, exchange);
  co_await exchange.send(std::move(response));
}

}  // namespace

void add_portal_apps_routes(http::Router& router, PortalApps face) {
  auto shared = std::make_shared<const PortalApps>(std::move(face));
  http::RoutePolicy policy{.max_body = kMaxBody, .rate = http::RateClass::portal, .cors = false};
  auto add = [&](const char* method, const char* path, Needs needs, Answer answer) {
    http::Handler handler = [shared, needs, answer](http::Exchange& exchange) {
      return answer_call(shared, needs, answer, exchange);
    };
    router.add({method, std::string("/portal/api/apps") + path, policy, std::move(handler)});
  };
  add("GET", "", Needs::person, list_apps);
  add("POST", "/clients", Needs::person, create_client);
  add("GET", "/clients/{id}", Needs::person, show_client);
  add("PUT", "/clients/{id}", Needs::person, update_client);
  add("DELETE", "/clients/{id}", Needs::person, delete_client);
  add("POST", "/clients/{id}/secret", Needs::fresh_person, rotate_secret);
  add("POST", "/resources", Needs::person, create_resource);
  add("PUT", "/resources", Needs::person, update_resource);
  add("DELETE", "/resources", Needs::person, delete_resource);
}

}  // namespace valetkey::faces
