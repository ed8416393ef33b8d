#include "domain/authorization/refresh_token_rows.h"

#include "foundation/crypto/held_secret.h"

namespace valetkey::authorization {
namespace {

constexpr sql::Statement kFind{
    "SELECT grant_id, client_id, scope, dpop_thumbprint, used_at, expires_at FROM oauth_refresh_tokens"
    " WHERE token_hash = $1"};

}  // namespace

Result<std::optional<StoredRefreshToken>> look_up_refresh_token(sql::Transaction& transaction,
                                                                std::string_view token) {
  VK_TRY(auto rows, transaction.run(kFind, {crypto::lookup_hash(token)}));
  if (rows.empty()) return std::optional<StoredRefreshToken>();
  const sql::Row& row = rows.front();
  return std::optional(StoredRefreshToken{row.text(0), row.text(1),
                                          parse_scopes(row.text(2)).value_or(Scopes{}), row.text(3),
                                          row.integer(4), row.integer(5)});
}

}  // namespace valetkey::authorization
