// Database over PostgreSQL: a pool of threads, each with its own connection, fed from one queue.
#pragma once

#include <memory>

#include "foundation/sql/database.h"

namespace valetkey::sql::postgres {

Result<std::unique_ptr<Database>> open(const DatabaseOptions& options);

}  // namespace valetkey::sql::postgres
