// Database over one SQLite file: reads inline on the caller's connection, writes through the writer thread.
#pragma once

#include <memory>

#include "foundation/sql/database.h"

namespace valetkey::sql::sqlite {

Result<std::unique_ptr<Database>> open(const std::string& path, const DatabaseOptions& options);

}  // namespace valetkey::sql::sqlite
