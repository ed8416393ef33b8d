// Accounts, clients, tokens and the faces over them: everything of the house that exists only with an issuer.
#pragma once

#include <functional>
#include <memory>

#include "app/config.h"
#include "domain/sign_in/sign_in.h"
#include "domain/vault/vault.h"
#include "engine/providers/provider.h"
#include "engine/relay/relay.h"
#include "foundation/http/router.h"
#include "foundation/jose/jose.h"
#include "foundation/sql/database.h"

namespace valetkey {

// Owned by the house; outlives these parts.
struct HouseParts {
  const Config& config;
  sql::Database& database;
  const Clock& clock;
  Random& random;
  const jose::HmacKeyRing& ring;
  Vault& vault;
  SignIns& sign_ins;
  providers::Providers& providers;
  relay::Relay& relay;
};

class AuthorizationParts {
 public:
  // Loads or makes the signing keys.
  static Result<std::unique_ptr<AuthorizationParts>> build(HouseParts house);
  ~AuthorizationParts();
  void add_routes(http::Router& router);
  // Every quarter of a minute: keys rotate, what is over is deleted. How many rows.
  Task<Result<int64_t>> sweep();

 private:
  struct Parts;
  explicit AuthorizationParts(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace valetkey
