#include "app/migrations.h"

#include <algorithm>

#include "domain/accounts/accounts.h"
#include "domain/apps/clients.h"
#include "domain/authorization/dpop.h"
#include "domain/authorization/jwt_bearer.h"
#include "domain/authorization/migrations.h"
#include "domain/authorization/signing_keys.h"
#include "domain/vault/vault.h"

namespace valetkey {

std::vector<sql::Migration> house_migrations() {
  std::vector<sql::Migration> all = migrations();
  for (const auto* module :
       {&apps::migrations(), &accounts::account_migrations(), &accounts::second_factor_migrations(),
        &authorization::signing_key_migrations(), &authorization::seen_once_migrations(),
        &authorization::migrations(), &authorization::assertion_migrations(),
        &accounts::imported_password_migrations()}) {
    all.insert(all.end(), module->begin(), module->end());
  }
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.number < b.number; });
  return all;
}

}  // namespace valetkey
