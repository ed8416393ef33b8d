// The server's own signing keys: made, published before use, used, retired and dropped by themselves; several
// algorithms side by side. Private keys are encrypted at rest under a key derived from the JWT secrets.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "foundation/base/clock.h"
#include "foundation/base/random.h"
#include "foundation/base/secret.h"
#include "foundation/base/task.h"
#include "foundation/jose/jwk.h"
#include "foundation/sql/database.h"

namespace valetkey::authorization {

struct SigningKeyOptions {
  std::vector<Secret> seal_secrets;  // the first encrypts, all decrypt
  Millis publish_before = kDay;      // a new key is in the JWKS so long before it signs
  Millis sign_for = 30 * kDay;
  Millis keep_after = kDay;  // at least the longest token life: verified so long after its last use
};

// A consistent set, immutable. Taken once per request.
struct KeySet {
  std::vector<jose::SigningKey> signing;      // the present one of each algorithm
  std::vector<jose::VerifyingKey> verifying;  // all that are published
  std::string jwks;                           // {"keys":[...]}, ready to be sent
  std::string etag;

  const jose::SigningKey& signing_key(jose::Algorithm algorithm) const;
  const jose::VerifyingKey* find(std::string_view key_id) const;
};

class SigningKeys {
 public:
  SigningKeys(sql::Database& database, const Clock& clock, Random& random, SigningKeyOptions options);

  // Before the first request, blocking: loads, and makes what is missing (a first key signs at once). Several
  // processes on one store agree on one set (conditional insert).
  Result<void> start();
  // What the sweep calls every minute: loads what others made, makes the next key in time, retires, drops.
  // A failure leaves the present set in use.
  Task<Result<void>> rotate();
  std::shared_ptr<const KeySet> current() const;  // any thread

  // {"privateKey": PKCS8 PEM, "kid": ...} of the seed server: an RS256 key that verifies and is published,
  // and signs until its next turn. Code::conflict: already here.
  Result<void> import_seed_jwks(std::string_view text);

 private:
  struct State;
  std::shared_ptr<State> state_;
};

const std::vector<sql::Migration>& signing_key_migrations();  // number 13

}  // namespace valetkey::authorization
