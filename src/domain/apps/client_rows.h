// The table of clients, statement by statement. Private to the module.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/apps/client.h"
#include "foundation/sql/database.h"

namespace valetkey::apps {

struct ClientRow {
  Client client;
  std::string registration_hash;  // SHA-256 of its RFC 7592 token; empty: it has none
  Millis last_used_at = 0;        // 0: never
};

Result<std::optional<ClientRow>> find_client_row(sql::Transaction& transaction, const std::string& id);
Result<std::vector<Client>> clients_of_owner(sql::Transaction& transaction, const std::string& owner);
Result<int64_t> count_clients_of_owner(sql::Transaction& transaction, const std::string& owner);
Result<int64_t> count_dynamic_clients(sql::Transaction& transaction);
// Code::conflict: there is one of that id.
Result<void> insert_client(sql::Transaction& transaction, const ClientRow& row);
// Metadata and secret. False: it is gone.
Result<bool> replace_client(sql::Transaction& transaction, const Client& client);
Result<bool> delete_client(sql::Transaction& transaction, const std::string& id);
// At most once per `every`, whoever asks.
Result<void> mark_client_used(sql::Transaction& transaction, const std::string& id, Millis now, Millis every);
// Dynamic clients made and last used before `before`. How many.
Result<int64_t> delete_dynamic_unused(sql::Transaction& transaction, Millis before);
// The oldest dynamic clients that were never used and were made before `before`, at most `most`. How many.
Result<int64_t> delete_dynamic_never_used(sql::Transaction& transaction, Millis before, int64_t most);

}  // namespace valetkey::apps
