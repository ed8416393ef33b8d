#include "app/imports.h"

#include <fstream>
#include <iostream>
#include <memory>
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

// Several imports, each of which writes to a database, as one transaction: all of them or nothing.
class OneTransaction final : public sql::Database {
 public:
  OneTransaction(Kind kind, sql::Transaction& transaction) : kind_(kind), transaction_(transaction) {}
  Kind kind() const override { return kind_; }
  Task<Result<void>> read(Work work) override { co_return work(transaction_); }
  Task<Result<void>> write(Work work) override { co_return work(transaction_); }
  Result<void> write_now(Work work) override { return work(transaction_); }
  Task<Result<void>> ping() override { co_return Result<void>(); }

 private:
  const Kind kind_;
  sql::Transaction& transaction_;
};

Error about(const std::string& file, const Error& error) {
  return Error{error.code, "cannot import " + file + ": " + error.detail, error.where};
}

Result<std::string> read_file(const std::string& file) {
  std::ifstream stream(file);
  std::stringstream text;
  text << stream.rdbuf();
  if (!stream) return Error{Code::not_found, "cannot read " + file, "imports"};
  return text.str();
}

struct SeedCounts {
  int64_t users = 0;
  int64_t clients = 0;
  bool key_is_new = false;
};

Result<void> copy_seed(sql::Database& source, sql::Database& to, const Clock& clock, SeedCounts& counts) {
  VK_TRY(counts.users, accounts::import_seed_users(source, to, clock.now()));
  VK_TRY(counts.clients, apps::import_seed_clients(source, to, clock.now()));
  return {};
}

// Code::conflict of a second run is no failure: the key is here.
Result<void> copy_key(const std::string& text, const Config& config, sql::Database& to, const Clock& clock,
                      SeedCounts& counts) {
  authorization::SigningKeys keys(to, clock, crypto::system_random(), {.seal_secrets = config.secrets.jwt});
  VK_CHECK(keys.start());
  auto imported = keys.import_seed_jwks(text);
  counts.key_is_new = imported.ok();
  if (!imported.ok() && imported.error().code != Code::conflict) return imported;
  return {};
}

// The database and the key of an apps auth server; either name may be empty.
Result<void> import_apps_auth(const std::string& file, const std::string& key_file, const Config& config,
                              sql::Database& to, const Clock& clock) {
  std::unique_ptr<sql::Database> source;
  std::string key_text;
  if (!key_file.empty()) {
    VK_TRY(key_text, read_file(key_file));
  }
  if (!file.empty()) {
    // Opening would make a database of a name that was mistyped.
    if (!std::ifstream(file)) return Error{Code::not_found, "cannot read " + file, "imports"};
    auto opened = sql::open_database({.url = "sqlite:" + file});
    if (!opened.ok()) return about(file, opened.error());
    source = std::move(*opened);
  }
  SeedCounts counts;
  VK_CHECK(to.write_now([&](sql::Transaction& transaction) -> Result<void> {
    OneTransaction all(to.kind(), transaction);
    auto copied = source ? copy_seed(*source, all, clock, counts) : Result<void>();
    if (!copied.ok()) return about(file, copied.error());
    auto taken = key_file.empty() ? Result<void>() : copy_key(key_text, config, all, clock, counts);
    return taken.ok() ? taken : about(key_file, taken.error());
  }));
  if (source)
    std::cout << "users imported: " << counts.users << "\nclients imported: " << counts.clients << "\n";
  if (!key_file.empty())
    std::cout << "signing key " << (counts.key_is_new ? "imported" : "is here already") << "\n";
  return {};
}

}  // namespace

Result<void> run_imports(const Config& config, const CommandLine& command_line, sql::Database& to,
                         const Clock& clock) {
  if (!command_line.from_authai.empty()) VK_CHECK(import_sign_ins(command_line.from_authai, to, clock));
  if (command_line.from_apps_auth.empty() && command_line.jwks_file.empty()) return {};
  return import_apps_auth(command_line.from_apps_auth, command_line.jwks_file, config, to, clock);
}

}  // namespace valetkey
