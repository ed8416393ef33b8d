// A refresh token's row, for those who only look: introspection and revocation.
#pragma once

#include <optional>
#include <string>

#include "domain/authorization/scopes.h"
#include "foundation/base/clock.h"
#include "foundation/sql/database.h"

namespace valetkey::authorization {

struct StoredRefreshToken {
  std::string grant_id, client_id;
  Scopes scopes;
  std::string dpop_thumbprint;
  Millis used_at = 0;  // 0: the newest of its grant
  Millis expires_at = 0;
};

// `token`: as the client sent it; looked up by its hash.
Result<std::optional<StoredRefreshToken>> look_up_refresh_token(sql::Transaction& transaction,
                                                                std::string_view token);

}  // namespace valetkey::authorization
