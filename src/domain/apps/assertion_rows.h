// Which client assertions were used: each is good for one request (RFC 7523 section 3, point 7). Private to
// the module.
#pragma once

#include <string>
#include <string_view>

#include "foundation/sql/database.h"

namespace valetkey::apps {

// True the first time this client uses `assertion_id`, false for a replay. Kept until `until`.
Result<bool> use_assertion(sql::Transaction& transaction, std::string_view client_id,
                           std::string_view assertion_id, Millis until);
Result<void> forget_assertions(sql::Transaction& transaction, Millis now);

}  // namespace valetkey::apps
