// A person's rows outside accounts: what an export holds of them, and what goes with the account.
#pragma once

#include <string>

#include "foundation/base/task.h"
#include "foundation/sql/database.h"

namespace valetkey {

// JSON members: "connections":[...],"ai":[...].
Task<Result<std::string>> export_of(sql::Database& database, std::string person_id);
// Consents, grants, connected AIs with their sealed credentials, links to other issuers, and the clients and
// resources of a builder.
Result<void> forget_person(sql::Transaction& transaction, const std::string& person_id);

}  // namespace valetkey
