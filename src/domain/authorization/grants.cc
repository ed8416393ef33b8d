#include "domain/authorization/grants.h"

#include "domain/authorization/connected_ai.h"

namespace valetkey::authorization {
namespace {

#define GRANT_COLUMNS                                                                                \
  "id, person_id, client_id, resource, scope, authorization_details, authenticated_at, created_at, " \
  "expires_at"

constexpr sql::Statement kInsert{"INSERT INTO oauth_grants (" GRANT_COLUMNS
                                 ", last_used_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"};
constexpr sql::Statement kUse{
    "UPDATE oauth_grants SET last_used_at = $1 WHERE id = $2 AND revoked_at = 0 AND expires_at > $3"
    " RETURNING " GRANT_COLUMNS};
constexpr sql::Statement kFind{"SELECT " GRANT_COLUMNS
                               " FROM oauth_grants WHERE id = $1 AND revoked_at = 0 AND expires_at > $2"};
constexpr sql::Statement kRevoke{"UPDATE oauth_grants SET revoked_at = $1 WHERE id = $2 AND revoked_at = 0"};
constexpr sql::Statement kRevokeAll{
    "UPDATE oauth_grants SET revoked_at = $1 WHERE person_id = $2 AND client_id = $3 AND resource = $4"
    " AND revoked_at = 0"};
constexpr sql::Statement kFindConsent{
    "SELECT scope, credential_id, granted_at FROM oauth_consents"
    " WHERE person_id = $1 AND client_id = $2 AND resource = $3"};
constexpr sql::Statement kRemember{
    "INSERT INTO oauth_consents (person_id, client_id, resource, scope, credential_id, granted_at)"
    " VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (person_id, client_id, resource)"
    " DO UPDATE SET scope = excluded.scope, credential_id = excluded.credential_id,"
    " granted_at = excluded.granted_at"};
constexpr sql::Statement kForget{
    "DELETE FROM oauth_consents WHERE person_id = $1 AND client_id = $2 AND resource = $3"};
constexpr sql::Statement kConnections{
    "SELECT c.client_id, c.resource, c.scope, c.granted_at,"
    " COALESCE((SELECT MAX(g.last_used_at) FROM oauth_grants g WHERE g.person_id = c.person_id"
    " AND g.client_id = c.client_id AND g.resource = c.resource), 0)"
    " FROM oauth_consents c WHERE c.person_id = $1 ORDER BY c.granted_at DESC, c.client_id"};

Grant grant_of(const sql::Row& row) {
  return {row.text(0),
          row.text(1),
          row.text(2),
          row.text(3),
          parse_scopes(row.text(4)).value_or(Scopes{}),
          row.text(5),
          row.integer(6),
          row.integer(7),
          row.integer(8)};
}

std::optional<Grant> first_of(const sql::Rows& rows) {
  if (rows.empty()) return std::nullopt;
  return grant_of(rows.front());
}

}  // namespace

Result<void> insert_grant(sql::Transaction& transaction, const Grant& grant) {
  VK_CHECK(transaction.run(
      kInsert, {grant.id, grant.person_id, grant.client_id, grant.resource, join_scopes(grant.scopes),
                grant.authorization_details, grant.authenticated_at, grant.created_at, grant.expires_at,
                grant.created_at}));
  return {};
}

Result<std::optional<Grant>> use_grant(sql::Transaction& transaction, const std::string& id, Millis now) {
  VK_TRY(auto rows, transaction.run(kUse, {now, id, now}));
  return first_of(rows);
}

Result<std::optional<Grant>> find_grant(sql::Transaction& transaction, const std::string& id, Millis now) {
  VK_TRY(auto rows, transaction.run(kFind, {id, now}));
  return first_of(rows);
}

Result<void> revoke_grant(sql::Transaction& transaction, const std::string& id, Millis now) {
  VK_CHECK(transaction.run(kRevoke, {now, id}));
  return {};
}

Result<int64_t> revoke_grants(sql::Transaction& transaction, const std::string& person_id,
                              const std::string& client_id, const std::string& resource, Millis now) {
  VK_CHECK(transaction.run(kRevokeAll, {now, person_id, client_id, resource}));
  return transaction.changed();
}

Result<std::optional<Consent>> find_consent(sql::Transaction& transaction, const std::string& person_id,
                                            const std::string& client_id, const std::string& resource) {
  VK_TRY(auto rows, transaction.run(kFindConsent, {person_id, client_id, resource}));
  if (rows.empty()) return std::optional<Consent>();
  const sql::Row& row = rows.front();
  return std::optional(Consent{parse_scopes(row.text(0)).value_or(Scopes{}), row.text(1), row.integer(2)});
}

Result<void> remember_consent(sql::Transaction& transaction, const Grant& grant,
                              const std::string& credential_id) {
  VK_TRY(auto before, find_consent(transaction, grant.person_id, grant.client_id, grant.resource));
  Scopes all = before ? unite(before->scopes, grant.scopes) : grant.scopes;
  std::string chosen = credential_id.empty() && before ? before->credential_id : credential_id;
  VK_CHECK(transaction.run(kRemember, {grant.person_id, grant.client_id, grant.resource, join_scopes(all),
                                       chosen, grant.created_at}));
  return {};
}

Result<std::vector<Connection>> list_connections(sql::Transaction& transaction,
                                                 const std::string& person_id) {
  VK_TRY(auto rows, transaction.run(kConnections, {person_id}));
  std::vector<Connection> connections;
  for (const sql::Row& row : rows) {
    connections.push_back({row.text(0), row.text(1), parse_scopes(row.text(2)).value_or(Scopes{}),
                           row.integer(3), row.integer(4)});
  }
  return connections;
}

Result<bool> disconnect(sql::Transaction& transaction, const std::string& person_id,
                        const std::string& client_id, const std::string& resource, Millis now) {
  VK_CHECK(transaction.run(kForget, {person_id, client_id, resource}));
  bool known = transaction.changed() > 0;
  VK_TRY(int64_t ended, revoke_grants(transaction, person_id, client_id, resource, now));
  return known || ended > 0;
}

Result<void> forget_person(sql::Transaction& transaction, const std::string& person_id) {
  static constexpr sql::Statement kTokens{
      "DELETE FROM oauth_refresh_tokens WHERE grant_id IN (SELECT id FROM oauth_grants WHERE person_id = "
      "$1)"};
  static constexpr sql::Statement kCodes{
      "DELETE FROM oauth_codes WHERE grant_id IN (SELECT id FROM oauth_grants WHERE person_id = $1)"};
  static constexpr sql::Statement kGrants{"DELETE FROM oauth_grants WHERE person_id = $1"};
  static constexpr sql::Statement kConsents{"DELETE FROM oauth_consents WHERE person_id = $1"};
  for (const sql::Statement* statement : {&kTokens, &kCodes, &kGrants, &kConsents}) {
    VK_CHECK(transaction.run(*statement, {person_id}));
  }
  return disconnect_every_ai(transaction, person_id);
}

Result<int64_t> delete_expired(sql::Transaction& transaction, Millis now) {
  static constexpr sql::Statement kRequests{"DELETE FROM oauth_requests WHERE expires_at <= $1"};
  static constexpr sql::Statement kCodes{"DELETE FROM oauth_codes WHERE expires_at <= $1"};
  static constexpr sql::Statement kTokens{"DELETE FROM oauth_refresh_tokens WHERE expires_at <= $1"};
  static constexpr sql::Statement kRevoked{"DELETE FROM oauth_revoked_tokens WHERE expires_at <= $1"};
  static constexpr sql::Statement kDevices{"DELETE FROM oauth_device_codes WHERE expires_at <= $1"};
  static constexpr sql::Statement kGrants{"DELETE FROM oauth_grants WHERE expires_at <= $1"};
  int64_t deleted = 0;
  for (const sql::Statement* statement : {&kRequests, &kTokens, &kRevoked}) {
    VK_CHECK(transaction.run(*statement, {now}));
    deleted += transaction.changed();
  }
  // A spent code is kept for a day, so that its second use is still recognised.
  for (const sql::Statement* statement : {&kCodes, &kDevices, &kGrants}) {
    VK_CHECK(transaction.run(*statement, {now - kDay}));
    deleted += transaction.changed();
  }
  return deleted;
}

}  // namespace valetkey::authorization
