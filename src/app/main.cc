// valetkey serve|check-config|migrate|version
#include <cstdio>
#include <iostream>
#include <optional>

#include "app/command_line.h"
#include "app/config.h"
#include "app/house.h"
#include "app/imports.h"
#include "app/migrations.h"
#include "app/version.h"
#include "domain/vault/vault.h"
#include "foundation/base/log.h"

namespace valetkey {
namespace {

constexpr int kFailed = 1;

int fail(const Error& error) {
  std::cerr << error.detail << "\n";
  return kFailed;
}

Result<Config> read_config(const CommandLine& command_line) {
  return load_config(
      {.file = command_line.config_file, .environment = process_environment(), .env_file = ".env"});
}

log::Level level_of(const std::string& name) {
  if (name == "debug") return log::Level::debug;
  if (name == "warn") return log::Level::warn;
  return name == "error" ? log::Level::error : log::Level::info;
}

int serve(const Config& config) {
  log::set_level(level_of(config.log.level));
  auto house = House::build(config);
  if (!house.ok()) {
    log::error("cannot_start", {{"detail", house.error().detail}, {"where", house.error().where}});
    return kFailed;
  }
  auto served = (*house)->serve();
  if (!served.ok()) {
    log::error("cannot_serve", {{"detail", served.error().detail}, {"where", served.error().where}});
    return kFailed;
  }
  return 0;
}

int migrate_store(const Config& config, const CommandLine& command_line) {
  SystemClock clock;
  auto database = sql::open_database({.url = std::string(config.store.url.reveal())});
  if (!database.ok()) return fail(database.error());
  auto applied = sql::migrate(**database, house_migrations(), clock.now());
  if (!applied.ok()) return fail(applied.error());
  std::cout << "migrations applied: " << *applied << "\n";
  auto imported = run_imports(config, command_line, **database, clock);
  return imported.ok() ? 0 : fail(imported.error());
}

int run(const CommandLine& command_line) {
  switch (command_line.command) {
    case Command::version:
      std::cout << "valetkey " << kVersion << "\n";
      return 0;
    case Command::help:
      std::cout << usage();
      return 0;
    case Command::serve:
    case Command::check_config:
    case Command::migrate:
      break;
  }
  auto config = read_config(command_line);
  if (!config.ok()) return fail(config.error());
  if (command_line.command == Command::serve) return serve(*config);
  if (command_line.command == Command::migrate) return migrate_store(*config, command_line);
  std::cout << describe(*config);
  return 0;
}

}  // namespace
}  // namespace valetkey

int main(int argc, char** argv) {
  auto command_line = valetkey::parse_command_line({argv + 1, argv + argc});
  if (!command_line.ok()) {
    std::cerr << command_line.error().detail << "\n" << valetkey::usage();
    return valetkey::kUsageExit;
  }
  return valetkey::run(*command_line);
}
