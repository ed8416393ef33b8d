// From the SQLite database of an apps-compatible auth server: tables `apps` and `clients`.
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "domain/apps/client_auth_metadata.h"
#include "domain/apps/client_metadata.h"
#include "domain/apps/client_rows.h"
#include "domain/apps/metadata_members.h"
#include "domain/apps/resource_text.h"
#include "foundation/base/log.h"
#include "foundation/crypto/crypto.h"

namespace valetkey::apps {
namespace {

constexpr sql::Statement kReadApps{
    "SELECT uuid, name, resource_uri, COALESCE(default_scopes, '') FROM apps ORDER BY uuid"};
constexpr sql::Statement kReadClients{
    "SELECT client_id, COALESCE(client_secret, ''), COALESCE(client_name, ''), token_endpoint_auth_method,"
    " application_type, redirect_uris, grant_types, COALESCE(scope, ''), COALESCE(app_uuid, ''),"
    " COALESCE(registration_access_token, ''), CAST(client_id_issued_at AS INTEGER) FROM clients ORDER BY "
    "client_id"};
constexpr sql::Statement kInsertResource{
    "INSERT INTO oauth_resources (uri_key, uri, owner, body, created_at, updated_at)"
    " VALUES ($1, $2, '', $3, $4, $4) ON CONFLICT (uri_key) DO NOTHING"};

struct SeedRows {
  sql::Rows apps;
  sql::Rows clients;
};

Result<SeedRows> read_seed(sql::Database& from) {
  SeedRows rows;
  VK_CHECK(from.write_now([&rows](sql::Transaction& transaction) -> Result<void> {
    VK_TRY(rows.apps, transaction.run(kReadApps));
    VK_TRY(rows.clients, transaction.run(kReadClients));
    return {};
  }));
  return rows;
}

// A JSON list, or names with spaces or commas between them.
std::vector<std::string> names_of(const std::string& text) {
  if (auto document = JsonDocument::parse(text); document.ok() && document->root().is_array()) {
    return strings_of(document->root(), kMaxMetadataList).value_or(std::vector<std::string>());
  }
  std::vector<std::string> names(1);
  for (char c : text) {
    if (c != ' ' && c != ',') {
      names.back().push_back(c);
    } else if (!names.back().empty()) {
      names.emplace_back();
    }
  }
  if (names.back().empty()) names.pop_back();
  return names;
}

bool is_identity_scope(const std::string& name) {
  return name == "openid" || name == "profile" || name == "email" || name == "offline_access";
}

Resource resource_of(const sql::Row& row) {
  Resource resource;
  resource.name = row.text(1);
  resource.uri = row.text(2);
  for (std::string& name : names_of(row.text(3))) {
    if (!is_identity_scope(name)) resource.scopes.push_back({std::move(name), ""});
  }
  resource.access_token_algorithm = jose::Algorithm::RS256;  // all that its servers verify
  return resource;
}

// The seed took any URL for a redirect and never enforced a secret's expiry: the first is checked now, the
// second dropped, so that no client that works today ends at the import.
ClientRow client_of(const sql::Row& row, const std::map<std::string, std::string>& resource_of_app,
                    Millis now) {
  ClientRow out;
  Client& client = out.client;
  client.id = row.text(0);
  client.kind = ClientKind::dynamic;
  client.name = row.text(2);
  client.auth_methods = {parse_auth_method(row.text(3)).value_or(AuthMethod::none)};
  client.application_type = row.text(4) == "native" ? ApplicationType::native : ApplicationType::web;
  for (std::string& uri : names_of(row.text(5))) {
    if (check_redirect_uri(uri, client.application_type).ok()) client.redirect_uris.push_back(std::move(uri));
  }
  for (std::string& grant : names_of(row.text(6))) {
    if (grant == kGrantAuthorizationCode || grant == kGrantRefreshToken) {
      client.grant_types.push_back(std::move(grant));
    }
  }
  client.scope = row.text(7);
  auto app = resource_of_app.find(row.text(8));
  if (app != resource_of_app.end()) client.resource = app->second;
  if (needs_secret(client) && !row.text(1).empty()) client.secret_hash = crypto::sha256(row.text(1));
  if (!row.text(9).empty()) out.registration_hash = crypto::sha256(row.text(9));
  client.created_at = row.integer(10) * kSecond;
  out.last_used_at = now;
  return out;
}

Result<void> copy_app(sql::Transaction& transaction, const sql::Row& row, Millis now) {
  Resource resource = resource_of(row);
  if (!check_resource_uri(resource.uri).ok()) {
    log::warn("import_skipped", {{"resource", resource.uri}, {"reason", "not a resource URI"}});
    return {};
  }
  std::string body;
  JsonWriter json(body);
  write_resource(json, resource);
  VK_CHECK(transaction.run(kInsertResource, {resource_key(resource.uri), resource.uri, body, now}));
  return {};
}

Result<bool> copy_client(sql::Transaction& transaction, const ClientRow& row) {
  if (row.client.id.empty() || row.client.redirect_uris.empty()) {
    log::warn("import_skipped", {{"client", row.client.id}, {"reason", "no redirect URI that may be used"}});
    return false;
  }
  VK_TRY(std::optional<ClientRow> present, find_client_row(transaction, row.client.id));
  if (present) return false;
  VK_CHECK(insert_client(transaction, row));
  return true;
}

}  // namespace

Result<int64_t> import_seed_clients(sql::Database& from, sql::Database& to, Millis now) {
  VK_TRY(const SeedRows rows, read_seed(from));
  std::map<std::string, std::string> resource_of_app;
  for (const sql::Row& row : rows.apps) resource_of_app[row.text(0)] = row.text(2);
  int64_t copied = 0;
  VK_CHECK(to.write_now([&](sql::Transaction& transaction) -> Result<void> {
    copied = 0;  // this function may run again
    for (const sql::Row& row : rows.apps) VK_CHECK(copy_app(transaction, row, now));
    for (const sql::Row& row : rows.clients) {
      VK_TRY(bool is_copied, copy_client(transaction, client_of(row, resource_of_app, now)));
      copied += is_copied ? 1 : 0;
    }
    return {};
  }));
  return copied;
}

}  // namespace valetkey::apps
