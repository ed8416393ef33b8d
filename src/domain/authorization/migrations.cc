#include "domain/authorization/migrations.h"

namespace valetkey::authorization {
namespace {

// Requests that wait: pushed by a client (RFC 9126) or shown to a person. `device` ones carry a user code.
constexpr const char* kTables =
    "CREATE TABLE oauth_requests ("
    " request_hash TEXT PRIMARY KEY,"
    " client_id TEXT NOT NULL,"
    " parameters TEXT NOT NULL,"
    " browser_hash TEXT NOT NULL,"
    " created_at BIGINT NOT NULL,"
    " expires_at BIGINT NOT NULL);\n"
    "CREATE INDEX oauth_requests_by_expiry ON oauth_requests (expires_at);\n"
    "CREATE TABLE oauth_grants ("
    " id TEXT PRIMARY KEY,"
    " person_id TEXT NOT NULL,"
    " client_id TEXT NOT NULL,"
    " resource TEXT NOT NULL,"
    " scope TEXT NOT NULL,"
    " authorization_details TEXT NOT NULL,"
    " authenticated_at BIGINT NOT NULL,"
    " created_at BIGINT NOT NULL,"
    " last_used_at BIGINT NOT NULL,"
    " expires_at BIGINT NOT NULL,"
    " revoked_at BIGINT NOT NULL DEFAULT 0);\n"
    "CREATE INDEX oauth_grants_by_person ON oauth_grants (person_id, client_id);\n"
    "CREATE INDEX oauth_grants_by_expiry ON oauth_grants (expires_at);\n"
    // The person's AI keys travel sealed under the code itself.
    "CREATE TABLE oauth_codes ("
    " code_hash TEXT PRIMARY KEY,"
    " grant_id TEXT NOT NULL,"
    " client_id TEXT NOT NULL,"
    " redirect_uri TEXT NOT NULL,"
    " code_challenge TEXT NOT NULL,"
    " nonce TEXT NOT NULL,"
    " dpop_thumbprint TEXT NOT NULL,"
    " ai {blob} NOT NULL,"
    " expires_at BIGINT NOT NULL,"
    " used_at BIGINT NOT NULL DEFAULT 0);\n"
    "CREATE INDEX oauth_codes_by_expiry ON oauth_codes (expires_at);\n"
    // `reply`: the answer that spent this token, sealed under the token itself, for the grace window.
    "CREATE TABLE oauth_refresh_tokens ("
    " token_hash TEXT PRIMARY KEY,"
    " grant_id TEXT NOT NULL,"
    " client_id TEXT NOT NULL,"
    " scope TEXT NOT NULL,"
    " dpop_thumbprint TEXT NOT NULL,"
    " ai {blob} NOT NULL,"
    " successor_hash TEXT NOT NULL DEFAULT '',"
    " reply {blob} NOT NULL,"
    " used_at BIGINT NOT NULL DEFAULT 0,"
    " expires_at BIGINT NOT NULL);\n"
    "CREATE INDEX oauth_refresh_tokens_by_grant ON oauth_refresh_tokens (grant_id);\n"
    "CREATE INDEX oauth_refresh_tokens_by_expiry ON oauth_refresh_tokens (expires_at);\n"
    "CREATE TABLE oauth_revoked_tokens ("
    " token_id TEXT PRIMARY KEY,"
    " expires_at BIGINT NOT NULL);\n"
    "CREATE TABLE oauth_consents ("
    " person_id TEXT NOT NULL,"
    " client_id TEXT NOT NULL,"
    " resource TEXT NOT NULL,"
    " scope TEXT NOT NULL,"
    " credential_id TEXT NOT NULL,"
    " granted_at BIGINT NOT NULL,"
    " PRIMARY KEY (person_id, client_id, resource));\n"
    "CREATE TABLE oauth_device_codes ("
    " device_hash TEXT PRIMARY KEY,"
    " user_code TEXT NOT NULL UNIQUE,"
    " client_id TEXT NOT NULL,"
    " parameters TEXT NOT NULL,"
    " state TEXT NOT NULL,"
    " grant_id TEXT NOT NULL,"
    " public_key {blob} NOT NULL,"
    " ai {blob} NOT NULL,"
    " interval_ms BIGINT NOT NULL,"
    " next_poll_at BIGINT NOT NULL,"
    " expires_at BIGINT NOT NULL);\n"
    "CREATE INDEX oauth_device_codes_by_expiry ON oauth_device_codes (expires_at);\n"
    // A person's connected AIs: K of each credential under the person's vault key (split keys 4).
    "CREATE TABLE account_ai ("
    " person_id TEXT NOT NULL,"
    " credential_id TEXT NOT NULL,"
    " provider TEXT NOT NULL,"
    " plan TEXT NOT NULL,"
    " wrapped_key {blob} NOT NULL,"
    " connected_at BIGINT NOT NULL,"
    " PRIMARY KEY (person_id, credential_id))";

}  // namespace

const std::vector<sql::Migration>& migrations() {
  static const std::vector<sql::Migration> list = {{15, "authorization", kTables}};
  return list;
}

}  // namespace valetkey::authorization
