// Refreshing a credential's tokens: once at a time in the process (a flight) and across processes (a lease in
// the row), detached from the request that needed it, written durably before anybody uses the result.
#pragma once

#include <memory>
#include <optional>

#include "domain/vault/credential_rows.h"
#include "domain/vault/vault.h"

namespace valetkey {

struct Renewal {
  enum class Kind {
    renewed,      // `credential` is newer than what the caller had
    dead,         // signing in again is the only way
    unavailable,  // not now; the present pair stays as it is
  };
  Kind kind = Kind::unavailable;
  OpenCredential credential;
};

// What a credential row says to the holder of `key`; Code::unauthorized when it is missing, expired, another
// app's or does not open.
Result<OpenCredential> open_row(std::optional<CredentialRow> row, const CredentialKey& key, Millis now);

// Every method may be called from any worker.
class Renewals {
 public:
  Renewals(sql::Database& database, const Clock& clock, Random& random, TokenRefresher& refresher,
           const VaultOptions& options);
  ~Renewals();

  // Tokens newer than `spent_version`. Waits at most options.refresh_deadline; the work goes on without the
  // caller.
  Task<Result<Renewal>> renew(CredentialKey key, int64_t spent_version);

  // Forgets pairs that could not be stored for so long that their rows are gone.
  void drop_old_unsaved();

 private:
  struct State;
  std::shared_ptr<State> state_;  // shared with work under way
};

}  // namespace valetkey
