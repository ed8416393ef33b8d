// valetkey migrate --from-...: what other systems' databases and files bring along.
#pragma once

#include "app/command_line.h"
#include "app/config.h"
#include "foundation/sql/database.h"

namespace valetkey {

// Says on standard output how many of each were copied. Doing it again copies nothing twice. What comes of an
// apps auth server, its key too, comes whole or not at all.
Result<void> run_imports(const Config& config, const CommandLine& command_line, sql::Database& to,
                         const Clock& clock);

}  // namespace valetkey
