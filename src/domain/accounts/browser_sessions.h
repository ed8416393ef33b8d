// Who is signed in to the portal in which browser. The cookie's secret is 32 random bytes; the store keeps
// its hash, and the person's vault key wrapped under a key derived from it (product.md, split keys 3 and 4).
// A new secret at sign-in, at step-up and at sign-out.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "domain/accounts/person.h"
#include "foundation/base/random.h"
#include "foundation/base/secret.h"
#include "foundation/base/task.h"
#include "foundation/sql/database.h"

namespace valetkey::accounts {

struct BrowserSession {
  std::string id;  // public name, for the list and remote sign-out
  Person person;
  Millis signed_in_at = 0;
  Millis authenticated_at = 0;       // the last password, passkey or second factor: auth_time
  std::vector<std::string> methods;  // RFC 8176: pwd, otp, hwk, ...
  std::optional<Secret> vault_key;   // absent when the sign-in could not unwrap it (a reset password)
};

struct SessionLimits {
  Millis idle = 14 * kDay;
  Millis absolute = 90 * kDay;
  Millis fresh = 10 * kMinute;  // for what needs a recent sign-in
};

struct SessionDevice {
  std::string user_agent;  // at most 256 bytes are kept
  std::string client_address;
};

struct SessionRow {
  std::string id;
  std::string user_agent, client_address;
  Millis signed_in_at = 0, last_seen_at = 0;
};

class BrowserSessions {
 public:
  BrowserSessions(sql::Database& database, const Clock& clock, Random& random, SessionLimits limits);

  // Code::unauthorized: no such session, or it is over. Cheap: one read; last_seen is written at most once a
  // minute.
  Task<Result<BrowserSession>> find(Secret cookie);
  // The new cookie's secret. `vault_key` may be absent. `replaces`: a session that ends in the same
  // transaction (sign-in over an old cookie, step-up).
  // `password_stamp`, of a sign-in by password (password_stamp.h): Code::unauthorized when the password was
  // replaced since it was checked.
  Task<Result<Secret>> begin(std::string person_id, std::vector<std::string> methods,
                             std::optional<Secret> vault_key, SessionDevice device,
                             std::optional<Secret> replaces, std::string password_stamp = "");
  Task<Result<void>> end(Secret cookie);
  Task<Result<std::vector<SessionRow>>> list(std::string person_id);
  Task<Result<bool>> end_by_id(std::string person_id, std::string session_id);
  Task<Result<int64_t>> end_all_but(std::string person_id, std::string session_id);  // empty: all
  Task<Result<int64_t>> delete_expired();
  const SessionLimits& limits() const { return limits_; }

 private:
  sql::Database& database_;
  const Clock& clock_;
  Random& random_;
  SessionLimits limits_;
};

}  // namespace valetkey::accounts
