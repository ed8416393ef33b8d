// The arguments of the program: valetkey serve|check-config|migrate|version [options].
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "foundation/base/result.h"

namespace valetkey {

enum class Command { serve, check_config, migrate, version, help };

struct CommandLine {
  Command command = Command::help;
  std::string config_file;  // --config FILE; empty: none was named
  // Of migrate, each empty when not given.
  std::string from_authai;     // --from-authai URL: AuthAI's database, see sql::open_database
  std::string from_apps_auth;  // --from-apps-auth FILE: the apps auth server's SQLite database
  std::string jwks_file;       // --jwks FILE: its signing key
};

// `arguments` without the program's name. Code::invalid_argument with a sentence for anything not understood:
// the caller prints it with usage() to standard error and ends with kUsageExit.
Result<CommandLine> parse_command_line(const std::vector<std::string_view>& arguments);

constexpr int kUsageExit = 2;

std::string_view usage();

}  // namespace valetkey
