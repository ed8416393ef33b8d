// What every rule of authorization works with. One instance serves the process; all of it may be used from
// any worker.
#pragma once

#include <functional>

#include "domain/accounts/person.h"
#include "domain/apps/clients.h"
#include "domain/apps/resources.h"
#include "domain/authorization/options.h"
#include "domain/authorization/signing_keys.h"
#include "foundation/base/random.h"
#include "foundation/sql/database.h"

namespace valetkey::authorization {

struct AssertionRules;

struct Authority {
  sql::Database& database;
  const Clock& clock;
  Random& random;
  const SigningKeys& keys;
  apps::Clients& clients;
  apps::Resources& resources;
  std::function<Task<Result<accounts::Person>>(std::string person_id)> find_person;  // Code::not_found
  Options options;
  const AssertionRules* assertions = nullptr;  // jwt_bearer.h; null: no issuer is trusted
};

}  // namespace valetkey::authorization
