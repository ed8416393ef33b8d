#include "app/imports.h"

#include <fstream>
#include <iostream>
#include <sstream>

#include "domain/accounts/accounts.h"
#include "domain/apps/clients.h"
#include "domain/authorization/signing_keys.h"
#include "domain/vault/vault.h"
#include "foundation/base/secret.h"
#include "foundation/crypto/crypto.h"

namespace valetkey {
namespace {

Result<void> import_sign_ins(const std::string& url, sql::Database& to, const Clock& clock) {
  VK_TRY(auto source, sql::open_database({.url = url, .postgres_connections = 1}));
  VK_TRY(int64_t copied, import_authai(*source, to, clock.now()));
  std::cout << "sign-ins imported: " << copied << "\n";
  return {};
}

Result<void> import_apps_auth(const std::string& file, sql::Database& to, const Clock& clock) {
  // Opening would make a database of a name that was mistyped.
  if (!std::ifstream(file)) return Error{Code::not_found, "cannot read " + file, "imports"};
  VK_TRY(auto source, sql::open_database({.url = "sqlite:" + file}));
  VK_TRY(int64_t users, accounts::import_seed_users(*source, to, clock.now()));
  VK_TRY(int64_t clients, apps::import_seed_clients(*source, to, clock.now()));
  std::cout << "users imported: " << users << "\nclients imported: " << clients << "\n";
  return {};
}

Result<void> import_key(const std::string& file, const Config& config, sql::Database& to,
                        const Clock& clock) {
  std::ifstream stream(file);
  std::stringstream text;
  text << stream.rdbuf();
  if (!stream) return Error{Code::not_found, "cannot read " + file, "imports"};
  authorization::SigningKeys keys(to, clock, crypto::system_random(), {.seal_secrets = config.secrets.jwt});
  VK_CHECK(keys.start());
  VK_CHECK(keys.import_seed_jwks(text.str()));
  std::cout << "signing key imported\n";
  return {};
}

}  // namespace

Result<void> run_imports(const Config& config, const CommandLine& command_line, sql::Database& to,
                         const Clock& clock) {
  if (!command_line.from_authai.empty()) VK_CHECK(import_sign_ins(command_line.from_authai, to, clock));
  if (!command_line.from_apps_auth.empty())
    VK_CHECK(import_apps_auth(command_line.from_apps_auth, to, clock));
  if (!command_line.jwks_file.empty()) VK_CHECK(import_key(command_line.jwks_file, config, to, clock));
  return {};
}

}  // namespace valetkey
