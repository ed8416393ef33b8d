#include "app/command_line.h"

#include <array>
#include <optional>
#include <utility>

namespace valetkey {
namespace {

constexpr std::array<std::pair<std::string_view, Command>, 7> kCommands = {
    {{"serve", Command::serve},
     {"check-config", Command::check_config},
     {"migrate", Command::migrate},
     {"version", Command::version},
     {"help", Command::help},
     {"--help", Command::help},
     {"--version", Command::version}}};

std::optional<Command> find_command(std::string_view word) {
  for (const auto& [name, command] : kCommands) {
    if (name == word) return command;
  }
  return std::nullopt;
}

Error not_understood(std::string detail) {
  return Error{Code::invalid_argument, std::move(detail), "command_line"};
}

// "--config FILE" and "--config=FILE". Moves `index` past what it read.
Result<std::string> option_value(const std::vector<std::string_view>& arguments, size_t& index,
                                 std::string_view name) {
  std::string_view argument = arguments[index];
  std::string_view value;
  if (argument.size() > name.size()) {
    value = argument.substr(name.size() + 1);
  } else if (index + 1 < arguments.size()) {
    value = arguments[++index];
  }
  if (value.empty()) return not_understood(std::string(name) + " needs a value");
  return std::string(value);
}

bool is_option(std::string_view argument, std::string_view name) {
  return argument.substr(0, name.size()) == name &&
         (argument.size() == name.size() || argument[name.size()] == '=');
}

Result<void> read_option(const std::vector<std::string_view>& arguments, size_t& index, CommandLine& line) {
  std::string_view argument = arguments[index];
  if (argument == "--help" || argument == "-h") {
    line.command = Command::help;
    return {};
  }
  if (is_option(argument, "--config")) {
    VK_TRY(line.config_file, option_value(arguments, index, "--config"));
    return {};
  }
  const std::pair<std::string_view, std::string*> of_migrate[] = {{"--from-authai", &line.from_authai},
                                                                  {"--from-apps-auth", &line.from_apps_auth},
                                                                  {"--jwks", &line.jwks_file}};
  for (auto [name, value] : of_migrate) {
    if (!is_option(argument, name)) continue;
    if (line.command != Command::migrate) return not_understood(std::string(name) + " belongs to migrate");
    VK_TRY(*value, option_value(arguments, index, name));
    return {};
  }
  return not_understood("unknown argument: " + std::string(argument));
}

}  // namespace

Result<CommandLine> parse_command_line(const std::vector<std::string_view>& arguments) {
  if (arguments.empty()) return not_understood("no command");
  auto command = arguments[0] == "-h" ? Command::help : find_command(arguments[0]);
  if (!command) return not_understood("unknown command: " + std::string(arguments[0]));
  CommandLine line;
  line.command = *command;
  for (size_t index = 1; index < arguments.size() && line.command != Command::help; ++index) {
    VK_CHECK(read_option(arguments, index, line));
  }
  return line;
}

std::string_view usage() {
  return "usage: valetkey COMMAND [--config FILE]\n"
         "\n"
         "  serve          run the server until SIGTERM or SIGINT\n"
         "  check-config   print the configuration without its secrets, or every mistake in it\n"
         "  migrate        bring the database to this version's form\n"
         "                 --from-authai URL  also copy the sign-ins of an AuthAI database\n"
         "                 --from-apps-auth FILE  also copy users, apps and clients of an apps auth server\n"
         "                 --jwks FILE  also take over its signing key (data/jwks.json)\n"
         "  version        print the version\n"
         "\n"
         "  --config FILE  a TOML file. Every key can also be set in the environment or in .env;\n"
         "                 the environment wins. docs/configuration.md lists all keys.\n";
}

}  // namespace valetkey
