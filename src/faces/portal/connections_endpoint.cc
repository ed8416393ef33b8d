#include "faces/portal/connections_endpoint.h"

#include "foundation/http/url.h"

namespace valetkey::faces {
namespace {

using authorization::Connection;
using authorization::disconnect;

// Client and resource in one opaque text, for the path.
std::string id_of(const Connection& connection) {
  std::string both = connection.client_id + '\n' + connection.resource;
  return jose::base64url_encode(both);
}

struct ShownConnection {
  Connection connection;
  std::string name;
  std::string kind;
  std::string host;
  std::string resource_name;
};

// An app whose document cannot be had just now is still listed, under its id.
Task<ShownConnection> look_closer(const PortalGrants& face, Connection connection) {
  ShownConnection shown{
      .connection = std::move(connection), .name = {}, .kind = {}, .host = {}, .resource_name = {}};
  auto client = co_await face.authority.clients.find(shown.connection.client_id);
  shown.name = client.ok() ? client->name : shown.connection.client_id;
  shown.kind = client.ok() ? apps::to_string(client->kind) : "gone";
  auto url = http::parse_url(shown.connection.client_id);
  if (url.ok()) shown.host = url->authority();
  auto resource = co_await face.authority.resources.find(shown.connection.resource);
  if (resource.ok()) shown.resource_name = resource->name;
  co_return shown;
}

void write_connection(JsonWriter& json, const ShownConnection& shown) {
  const Connection& connection = shown.connection;
  json.begin_object().member("id", id_of(connection)).key("client").begin_object();
  json.member("id", connection.client_id).member("name", shown.name).key("host");
  if (shown.host.empty()) {
    json.null();
  } else {
    json.string(shown.host);
  }
  json.member("kind", shown.kind).end_object();
  json.member("resource", connection.resource).member("resource_name", shown.resource_name);
  json.key("scopes").begin_array();
  for (const std::string& scope : connection.scopes) json.begin_object().member("name", scope).end_object();
  json.end_array()
      .member("granted_at", connection.granted_at)
      .member("last_used_at", connection.last_used_at)
      .end_object();
}

}  // namespace

Task<void> list_connections(const PortalGrants& face, http::Exchange& exchange) {
  auto call = co_await enter(face.gate, exchange, Needs::person);
  if (!call) co_return;
  std::vector<Connection> connections;
  auto look_up = [&](sql::Transaction& transaction) -> Result<void> {
    VK_TRY(connections, authorization::list_connections(transaction, call->session->person.id));
    return {};
  };
  auto read = co_await face.authority.database.read(std::ref(look_up));
  if (!read.ok()) {
    co_await exchange.send(portal_failure(read.error()));
    co_return;
  }
  std::string body;
  JsonWriter json(body);
  json.begin_object().key("connections").begin_array();
  for (Connection& connection : connections) {
    write_connection(json, co_await look_closer(face, std::move(connection)));
  }
  json.end_array().end_object();
  co_await exchange.send(portal_json(200, std::move(body)));
}

Task<void> end_connection(const PortalGrants& face, http::Exchange& exchange) {
  auto call = co_await enter(face.gate, exchange, Needs::person);
  if (!call) co_return;
  std::string both = jose::base64url_decode(exchange.parameter("id")).value_or("");
  size_t line = both.find('\n');
  bool ended = false;
  auto work = [&](sql::Transaction& transaction) -> Result<void> {
    VK_TRY(ended, disconnect(transaction, call->session->person.id, both.substr(0, line),
                             both.substr(line + 1), face.authority.clock.now()));
    return {};
  };
  if (line != std::string::npos) {
    auto written = co_await face.authority.database.write(std::ref(work));
    if (!written.ok()) {
      co_await exchange.send(portal_failure(written.error()));
      co_return;
    }
  }
  co_await exchange.send(ended ? portal_json(200, "{}")
                               : portal_failure({Code::not_found, "", "connections"}));
}

}  // namespace valetkey::faces
