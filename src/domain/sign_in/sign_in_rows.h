// The table `pending_sign_ins`, one verb per statement, and what is encrypted in it. Every verb runs inside
// its caller's transaction.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "domain/sign_in/sign_in.h"
#include "foundation/sql/database.h"

namespace valetkey {

// What a session id unlocks. The id itself is never stored.
class SessionSecret {
 public:
  explicit SessionSecret(const std::string& session_id);
  const std::string& hash() const { return hash_; }  // hex SHA-256 of the id: the row's key

  enum class Purpose { device, pass };
  std::string seal(Purpose purpose, std::string_view plaintext, Random& random) const;
  Result<Secret> open(Purpose purpose, std::string_view sealed) const;

 private:
  std::string bound_to(Purpose purpose) const;
  Secret key_;
  std::string hash_;
};

enum class SignInPhase { pending, complete, failed, expired };

struct SignInRow {
  std::string session_hash;
  ProviderId provider = ProviderId::openai;
  std::string app;
  SignInPhase phase = SignInPhase::pending;
  std::string code_challenge;  // empty: none
  std::string device;          // sealed DeviceCode; empty once it is over
  std::string pass;            // sealed JWT; empty until complete
  std::string problem;
  Millis interval = 0;
  Millis next_poll_at = 0;
  Millis claim_until = 0;  // until then one poller, and no other, asks the provider
  Millis created_at = 0;
  Millis expires_at = 0;
  Millis delete_at = 0;  // from then on the row does not exist for anybody
};

std::string write_device_code(const DeviceCode& code);
Result<DeviceCode> read_device_code(const Secret& text);

Result<void> insert_sign_in(sql::Transaction& transaction, const SignInRow& row);
Result<std::optional<SignInRow>> find_sign_in(sql::Transaction& transaction, const std::string& session_hash);

// The right to ask the provider now. False when it is too early, over, or somebody else's.
Result<bool> claim_poll(sql::Transaction& transaction, const std::string& session_hash,
                        const std::string& owner, Millis now, Millis until);
// Nothing happens when the claim is no longer this owner's.
Result<void> extend_claim(sql::Transaction& transaction, const std::string& session_hash,
                          const std::string& owner, Millis until);
// Still pending: the next poll as the claim set it, or after a longer interval.
Result<void> release_claim(sql::Transaction& transaction, const std::string& session_hash,
                           const std::string& owner);
Result<void> lengthen_interval(sql::Transaction& transaction, const std::string& session_hash,
                               const std::string& owner, Millis now, Millis interval);

// Each ends a sign-in that is pending and not past its time; false when it is not (any more).
Result<bool> mark_complete(sql::Transaction& transaction, const std::string& session_hash,
                           const std::string& pass, Millis now, Millis delete_at);
Result<bool> mark_over(sql::Transaction& transaction, const std::string& session_hash,
                       const std::string& owner, SignInPhase phase, const std::string& problem);

Result<int64_t> delete_old_sign_ins(sql::Transaction& transaction, Millis now);

}  // namespace valetkey
