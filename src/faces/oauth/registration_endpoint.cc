#include "faces/oauth/registration_endpoint.h"

#include <memory>
#include <optional>
#include <utility>
#include <variant>

#include "domain/apps/registration_target.h"
#include "faces/oauth/json_errors.h"
#include "foundation/base/json.h"
#include "foundation/base/strings.h"

namespace valetkey::faces {
namespace {

constexpr size_t kMaxRegistrationBody = 64 * 1024;

using Face = std::shared_ptr<const Registration>;

http::Response problem_response(const apps::RegistrationProblem& problem) {
  return oauth_error(400, problem.error, problem.description);
}

// RFC 7592 section 2: the token is told from a client that is gone by nobody.
http::Response unauthorized() {
  http::Response response = oauth_error(
      401, "invalid_client", "There is no such client, or the registration access token is not its own.");
  response.headers.add("www-authenticate", "Bearer error=\"invalid_token\"");
  return response;
}

http::Response failure(const Error& error) {
  return error.code == Code::unauthorized ? unauthorized() : oauth_failure(error);
}

// RFC 7591 section 3.1: application/json. Nothing, with the answer in `refusal`, for what is no JSON object.
std::optional<JsonDocument> read_metadata(const http::Request& request, http::Response& refusal) {
  std::string_view type = request.headers.get("content-type");
  if (!iequals(trim(type.substr(0, type.find(';'))), "application/json")) {
    refusal = oauth_error(400, "invalid_client_metadata", "The content type must be application/json.");
    return std::nullopt;
  }
  auto document = JsonDocument::parse(request.body);
  if (!document.ok() || !document->root().is_object()) {
    refusal = oauth_error(400, "invalid_client_metadata", "The body must be a JSON object.");
    return std::nullopt;
  }
  return std::move(*document);
}

Secret bearer_of(const http::Request& request) {
  constexpr std::string_view kScheme = "bearer ";
  std::string_view header = request.headers.get("authorization");
  if (!iequals(header.substr(0, kScheme.size()), kScheme)) return {};
  return Secret(trim(header.substr(kScheme.size())));
}

// RFC 7591 section 3.2.1, RFC 7592 section 3.
std::string client_information(const Registration& face, const apps::Client& client,
                               const Secret& client_secret, const Secret& registration_token) {
  std::string body;
  JsonWriter json(body);
  json.begin_object();
  apps::write_client_metadata(json, client);
  if (!client_secret.empty()) json.key("client_secret").string(client_secret.reveal());
  json.member("registration_client_uri", face.issuer + "/oauth/client/" + client.id);
  json.key("registration_access_token").string(registration_token.reveal());
  json.end_object();
  return body;
}

// The metadata as the registry of resources lets it through, or the answer.
Task<std::variant<JsonDocument, http::Response>> fitting_metadata(Face face, const http::Request& request) {
  http::Response refusal;
  auto metadata = read_metadata(request, refusal);
  if (!metadata) co_return refusal;
  auto fitted = co_await apps::fit_to_resource(face->resources, metadata->root());
  if (!fitted.ok()) co_return failure(fitted.error());
  if (auto* problem = std::get_if<apps::RegistrationProblem>(&*fitted)) co_return problem_response(*problem);
  co_return std::get<JsonDocument>(std::move(*fitted));
}

Task<void> register_client(Face face, http::Exchange& exchange) {
  auto metadata = co_await fitting_metadata(face, exchange.request());
  if (auto* refusal = std::get_if<http::Response>(&metadata)) {
    co_await exchange.send(std::move(*refusal));
    co_return;
  }
  auto made = co_await face->clients.register_dynamic(std::get<JsonDocument>(metadata).root());
  if (!made.ok()) {
    co_await exchange.send(failure(made.error()));
    co_return;
  }
  if (auto* problem = std::get_if<apps::RegistrationProblem>(&*made)) {
    co_await exchange.send(problem_response(*problem));
    co_return;
  }
  const auto& registration = std::get<apps::Registration>(*made);
  exchange.note("client", registration.client.id);
  co_await exchange.send(
      oauth_json(201, client_information(*face, registration.client, registration.client_secret,
                                         registration.registration_token)));
}

Task<void> read_client(Face face, http::Exchange& exchange) {
  const Secret token = bearer_of(exchange.request());
  auto client = co_await face->clients.read_registration(std::string(exchange.parameter("id")), token);
  if (!client.ok()) {
    co_await exchange.send(failure(client.error()));
    co_return;
  }
  co_await exchange.send(oauth_json(200, client_information(*face, *client, {}, token)));
}

Task<void> update_client(Face face, http::Exchange& exchange) {
  const std::string id(exchange.parameter("id"));
  const Secret token = bearer_of(exchange.request());
  auto known = co_await face->clients.read_registration(id, token);
  if (!known.ok()) {
    co_await exchange.send(failure(known.error()));
    co_return;
  }
  auto metadata = co_await fitting_metadata(face, exchange.request());
  if (auto* refusal = std::get_if<http::Response>(&metadata)) {
    co_await exchange.send(std::move(*refusal));
    co_return;
  }
  auto changed =
      co_await face->clients.update_registration(id, token, std::get<JsonDocument>(metadata).root());
  if (!changed.ok()) {
    co_await exchange.send(failure(changed.error()));
    co_return;
  }
  if (auto* problem = std::get_if<apps::RegistrationProblem>(&*changed)) {
    co_await exchange.send(problem_response(*problem));
    co_return;
  }
  const auto& registration = std::get<apps::Registration>(*changed);
  co_await exchange.send(
      oauth_json(200, client_information(*face, registration.client, registration.client_secret, token)));
}

Task<void> delete_client(Face face, http::Exchange& exchange) {
  const Secret token = bearer_of(exchange.request());
  auto deleted = co_await face->clients.delete_registration(std::string(exchange.parameter("id")), token);
  http::Response done{204, {{"cache-control", "no-store"}, {"pragma", "no-cache"}}, ""};
  co_await exchange.send(deleted.ok() ? std::move(done) : failure(deleted.error()));
}

}  // namespace

void add_registration_routes(http::Router& router, Registration face) {
  auto shared = std::make_shared<const Registration>(std::move(face));
  auto handler = [&shared](auto endpoint) -> http::Handler {
    return [shared, endpoint](http::Exchange& exchange) { return endpoint(shared, exchange); };
  };
  http::RoutePolicy policy{.max_body = kMaxRegistrationBody, .rate = http::RateClass::registration};
  router.add({"POST", "/oauth/register", policy, handler(register_client)});
  router.add({"POST", "/register", policy, handler(register_client)});
  router.add({"GET", "/oauth/client/{id}", policy, handler(read_client)});
  router.add({"PUT", "/oauth/client/{id}", policy, handler(update_client)});
  router.add({"DELETE", "/oauth/client/{id}", policy, handler(delete_client)});
}

}  // namespace valetkey::faces
