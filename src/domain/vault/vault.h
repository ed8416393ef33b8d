// The vault: sealed credentials in the store, opened by whoever holds their key, refreshed before they
// expire. One instance serves the process; every method may be called from any worker.
#pragma once

#include <memory>
#include <vector>

#include "domain/vault/credential.h"
#include "foundation/base/clock.h"
#include "foundation/base/random.h"
#include "foundation/base/result.h"
#include "foundation/base/task.h"
#include "foundation/sql/database.h"

namespace valetkey {

// What an attempt to refresh came to.
struct RefreshReply {
  enum class Kind {
    renewed,    // `tokens` is complete: what the provider left out is carried over from the old ones
    reused,     // the refresh token was already spent: somebody else may hold the newer pair
    permanent,  // signing in again is the only way
    transient,  // try later; the present pair stays good
  };
  Kind kind = Kind::transient;
  ProviderTokens tokens;
  std::string detail;  // for the log
};

// Implemented by the engine, injected by app/. Called on the worker of the caller; never concurrently for one
// credential within the process.
class TokenRefresher {
 public:
  virtual ~TokenRefresher() = default;
  // False: tokens of this provider never need one (github).
  virtual bool can_refresh(ProviderId provider) const = 0;
  virtual Task<RefreshReply> refresh(ProviderId provider, ProviderTokens tokens, std::string originator) = 0;
};

// Renewing somewhere that outlives this process (app/refresh_keeper), so that a pair which the provider has
// just rotated is not lost with it. May be called from any worker.
class RemoteRenewals {
 public:
  virtual ~RemoteRenewals() = default;
  // Ok: the row holds something newer than `spent_version`. Code::unauthorized: dead. Code::unavailable: not
  // now. Code::disconnected: nobody is there; renew in this process.
  virtual Task<Result<void>> renew(CredentialKey key, int64_t spent_version) = 0;
};

struct Renewal;  // vault/renewal.h

struct NewCredential {
  ProviderId provider = ProviderId::openai;
  std::string app;
  std::string originator;
  ProviderTokens tokens;
};

struct VaultOptions {
  std::vector<Secret> identity_secrets;  // the first derives new user ids, all recognise known ones
  Millis refresh_before = 60 * kSecond;  // refresh when the access token has less than this left
  Millis refresh_deadline = 30 * kSecond;
  Millis lease = 6 * kSecond;  // one process's right to refresh one credential; extended while it does
  Millis record_lifetime = 30 * kDay;  // from sign-in; extended by refresh
};

class Vault {
 public:
  Vault(sql::Database& database, const Clock& clock, Random& random, TokenRefresher& refresher,
        VaultOptions options);
  ~Vault();

  // Before the first request: every renewal is asked of `remote` (not owned) from then on.
  void renew_through(RemoteRenewals& remote);
  // What the other end of a RemoteRenewals does: renews in this process; results as there.
  Task<Result<void>> renew(CredentialKey key, int64_t spent_version);

  // Seals a new sign-in under a fresh K as a row of its own (a second device never logs the first out).
  // `user` is the same for the same account of the same provider, also across a rotation of the identity
  // secrets.
  Result<CredentialKey> seal_new(sql::Transaction& transaction, const NewCredential& credential);

  // All of these: Code::unauthorized when the row is gone, expired, of another app or provider, or K does not
  // open it; Code::store when the database failed.

  // Reads and opens. Never calls the provider. `key` must outlive the task, here and in open_for_use().
  Task<Result<OpenCredential>> open(const CredentialKey& key);
  // The same, with an access token that is good for at least refresh_before (if the provider can give one).
  // unauthorized: dead for good, sign in again. unavailable: the provider cannot refresh just now and the old
  // token is spent.
  Task<Result<OpenCredential>> open_for_use(const CredentialKey& key);
  // After the upstream refused the access token of `rejected_version` with 401: one forced refresh, or
  // whatever newer tokens somebody else stored meanwhile.
  Task<Result<OpenCredential>> renew_rejected(CredentialKey key, int64_t rejected_version);

  Task<Result<void>> end(CredentialKey key);   // POST /auth/revoke
  Task<Result<int64_t>> end_all(UserId user);  // every sign-in of a person; how many
  Task<Result<int64_t>> delete_expired();      // rows past expires_at; how many

 private:
  struct State;
  enum class Purpose { look, use };
  Task<Result<OpenCredential>> open_row_of(const CredentialKey& key, Purpose purpose);
  // `opened` is not fresh; what is returned may be made of it.
  Task<Result<OpenCredential>> renew_for_use(const CredentialKey& key, OpenCredential& opened);
  Task<Result<Renewal>> renew_wherever(const CredentialKey& key, int64_t spent_version);
  std::shared_ptr<State> state_;
};

// base64url(HMAC-SHA256(secret, provider || 0x00 || account id)), 43 characters: AuthAI's account_id_hash and
// user.id.
std::string identity_hash(const Secret& secret, ProviderId provider, std::string_view account_id);

// The tables of the vault and of sign_in, in order (domain/vault/migrations.cc holds the one list of the
// house).
const std::vector<sql::Migration>& migrations();

// Copies AuthAI's auth_records (SQLite or PostgreSQL) into our table, format byte 0 in front; rows already
// there are left alone. Its JWTs open them as they are. Returns how many were copied.
Result<int64_t> import_authai(sql::Database& from, sql::Database& to, Millis now);

}  // namespace valetkey
