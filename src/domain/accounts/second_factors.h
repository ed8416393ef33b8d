// TOTP (RFC 6238) with recovery codes, and passkeys (WebAuthn level 2). Passkeys sign in by themselves; TOTP
// or a recovery code follows a password.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "domain/accounts/person.h"
#include "foundation/base/json.h"
#include "foundation/base/random.h"
#include "foundation/base/secret.h"
#include "foundation/base/task.h"
#include "foundation/sql/database.h"

namespace valetkey::accounts {

struct RelyingParty {
  std::string id;      // host of the issuer
  std::string origin;  // scheme://host[:port] of the issuer
  std::string name;
};

struct PasskeyRow {
  std::string id;  // base64url credential id
  std::string name;
  bool unlocks_vault = false;  // a PRF output wraps the vault key
  Millis created_at = 0, last_used_at = 0;
};

struct PasskeySignIn {
  std::string person_id;
  std::string passkey_id;
  std::optional<Secret> vault_key;  // unwrapped by the PRF output, when the browser gave one
};

constexpr size_t kMaxPasskeys = 20;  // of one person
constexpr Millis kPasskeyChallengeLifetime = 5 * kMinute;

// Who is signed in already where a passkey is used again (step-up): an authenticator that gives its PRF
// output only at sign-in, not at registration, can wrap the vault key then.
struct UnlockedVault {
  std::string person_id;
  Secret vault_key;
};

class Passkeys {
 public:
  Passkeys(sql::Database& database, const Clock& clock, Random& random, RelyingParty relying_party);

  // JSON text for navigator.credentials.create({publicKey}) resp. get(): binary members base64url, the PRF
  // extension asked for. The challenge is stored (hash), bound to `browser` (the browser cookie's value),
  // good for 5 minutes and once.
  Task<Result<std::string>> begin_registration(Person person, std::string browser);
  // `response`: the credential as JSON (PublicKeyCredential.toJSON()), whose document outlives the await; its
  // clientExtensionResults.prf.results .first (base64url) wraps the vault key if both are there.
  // Code::invalid_argument with a sentence that may be shown; Code::conflict: already registered.
  Task<Result<PasskeyRow>> finish_registration(std::string person_id, std::string name, std::string browser,
                                               Json response, std::optional<Secret> vault_key);
  Task<Result<std::string>> begin_sign_in(std::string browser);
  // Origin, rpId, challenge, user verification, signature and counter are checked. Code::unauthorized, and
  // nothing that says which of them it was.
  // From then on the passkey unlocks the vault where `unlocked` is of the same person and a PRF output came.
  Task<Result<PasskeySignIn>> finish_sign_in(std::string browser, Json response,
                                             std::optional<UnlockedVault> unlocked = std::nullopt);

  Task<Result<std::vector<PasskeyRow>>> list(std::string person_id);
  Task<Result<bool>> rename(std::string person_id, std::string id, std::string name);
  Task<Result<bool>> remove(std::string person_id, std::string id);
  Task<Result<int64_t>> delete_expired();  // challenges

 private:
  struct State;
  std::shared_ptr<State> state_;
};

// After so many wrong codes in a row each further one costs a wait that doubles. A recovery code, a passkey
// and a reset link do not wait, so nobody is locked out by a stranger who has the password.
constexpr int64_t kTotpFailuresBeforeWait = 5;
constexpr Millis kTotpFirstWait = 2 * kSecond;
constexpr Millis kTotpMaxWait = 15 * kMinute;

struct TotpSetup {
  Secret secret;            // base32, for typing
  std::string otpauth_uri;  // for a QR code
};

class Totp {
 public:
  // `seal_keys`: 32 bytes each, at least one; the first encrypts TOTP secrets at rest, all decrypt, so that a
  // key can be rotated (a sign-in moves its secret to the first). They must be readable without the person's
  // vault key.
  Totp(sql::Database& database, const Clock& clock, Random& random, std::vector<Secret> seal_keys,
       std::string issuer_name);
  Totp(sql::Database& database, const Clock& clock, Random& random, Secret seal_key, std::string issuer_name)
      : Totp(database, clock, random, std::vector<Secret>{std::move(seal_key)}, std::move(issuer_name)) {}

  Task<Result<bool>> is_on(std::string person_id);
  // Starts (or restarts) the set-up; nothing is on before confirm().
  Task<Result<TotpSetup>> begin(Person person);
  // Ten recovery codes, shown once; each wraps the vault key too, when it is there. Code::invalid_argument:
  // the code is wrong.
  Task<Result<std::vector<Secret>>> confirm(std::string person_id, std::string code,
                                            std::optional<Secret> vault_key);
  // One step of clock drift either way; each step's code once (replays refused). Code::unauthorized: wrong,
  // or TOTP is off. Code::rate_limited: not looked at, see kTotpMaxWait. The detail may be shown.
  Task<Result<void>> check(std::string person_id, std::string code);
  // A recovery code works once. The vault key when the code wraps it. Code::unauthorized.
  Task<Result<std::optional<Secret>>> use_recovery_code(std::string person_id, Secret code);
  Task<Result<std::vector<Secret>>> new_recovery_codes(std::string person_id,
                                                       std::optional<Secret> vault_key);
  Task<Result<int64_t>> recovery_codes_left(std::string person_id);
  Task<Result<void>> turn_off(std::string person_id);  // recovery codes go too

 private:
  struct State;
  std::shared_ptr<State> state_;
};

const std::vector<sql::Migration>& second_factor_migrations();  // number 12

}  // namespace valetkey::accounts
