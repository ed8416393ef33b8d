#include "app/person_rows.h"

#include "domain/apps/clients.h"
#include "domain/authorization/connected_ai.h"
#include "domain/authorization/grants.h"
#include "domain/authorization/jwt_bearer.h"
#include "foundation/base/json.h"

namespace valetkey {

Task<Result<std::string>> export_of(sql::Database& database, std::string person_id) {
  std::vector<authorization::Connection> connections;
  std::vector<authorization::ConnectedAi> connected;
  auto look_up = [&](sql::Transaction& transaction) -> Result<void> {
    VK_TRY(connections, authorization::list_connections(transaction, person_id));
    VK_TRY(connected, authorization::list_connected_ai(transaction, person_id));
    return {};
  };
  CO_CHECK(co_await database.read(std::ref(look_up)));
  std::string members = "\"connections\":";
  JsonWriter list(members);
  list.begin_array();
  for (const auto& connection : connections) {
    list.begin_object()
        .member("client_id", connection.client_id)
        .member("resource", connection.resource)
        .member("scope", authorization::join_scopes(connection.scopes))
        .member("granted_at", connection.granted_at)
        .member("last_used_at", connection.last_used_at)
        .end_object();
  }
  list.end_array();
  members += ",\"ai\":";
  JsonWriter ais(members);
  ais.begin_array();
  for (const auto& ai : connected) {
    ais.begin_object()
        .member("id", ai.credential_id)
        .member("provider", to_string(ai.provider))
        .member("connected_at", ai.connected_at)
        .end_object();
  }
  ais.end_array();
  co_return members;
}

Result<void> forget_person(sql::Transaction& transaction, const std::string& person_id) {
  VK_CHECK(authorization::forget_person(transaction, person_id));
  VK_CHECK(authorization::unlink_person(transaction, person_id));
  return apps::forget_owner(transaction, person_id);
}

}  // namespace valetkey
