// The tables of apps. An applied text never changes.
#include "domain/apps/clients.h"

namespace valetkey::apps {
namespace {

// `metadata`: as write_client_metadata() writes it. Secrets and registration tokens are SHA-256 hashes.
// `uri_key` is the canonical spelling of `uri`: two that are the same resource cannot both be here.
constexpr const char* kApps =
    "CREATE TABLE oauth_clients ("
    " id TEXT PRIMARY KEY,"
    " kind TEXT NOT NULL,"
    " owner TEXT NOT NULL,"
    " metadata TEXT NOT NULL,"
    " secret_hash {blob} NOT NULL,"
    " secret_expires_at BIGINT NOT NULL,"
    " registration_hash {blob} NOT NULL,"
    " created_at BIGINT NOT NULL,"
    " last_used_at BIGINT NOT NULL);\n"
    "CREATE INDEX oauth_clients_by_owner ON oauth_clients (owner);\n"
    "CREATE INDEX oauth_clients_by_use ON oauth_clients (kind, last_used_at, created_at);\n"
    "CREATE TABLE oauth_resources ("
    " uri_key TEXT PRIMARY KEY,"
    " uri TEXT NOT NULL,"
    " owner TEXT NOT NULL,"
    " body TEXT NOT NULL,"
    " created_at BIGINT NOT NULL,"
    " updated_at BIGINT NOT NULL);\n"
    "CREATE INDEX oauth_resources_by_owner ON oauth_resources (owner);\n"
    "CREATE TABLE client_assertions ("
    " id {blob} PRIMARY KEY,"
    " expires_at BIGINT NOT NULL);\n"
    "CREATE INDEX client_assertions_by_expiry ON client_assertions (expires_at)";

}  // namespace

const std::vector<sql::Migration>& migrations() {
  static const std::vector<sql::Migration> list = {{10, "apps", kApps}};
  return list;
}

}  // namespace valetkey::apps
