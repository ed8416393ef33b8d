// Every token that the emulated issuers have given out, and what has become of it. One sign-in is a family:
// its refresh token rotates, is single use, and only the family's latest access token is taken. Thread-safe.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "clock.h"
#include "ids.h"
#include "jwt.h"
#include "people.h"

namespace valetkey::emulator {

enum class Issuer { openai, xai, github };
std::string_view issuer_name(Issuer issuer);
std::optional<Issuer> issuer_of(std::string_view name);

struct TokenSet {
  std::string access, refresh, id_token;  // github: access only
  int64_t expires_in = 0;                 // seconds
  Person person;
};

// What the control API can set.
struct TokenPolicy {
  Millis access_lifetime = kHour;
  Millis copilot_lifetime = 30 * kMinute;
  Millis copilot_refresh_in = 25 * kMinute;
  int reuse_status = 401;  // of refresh_token_reused; 400 is seen too
  bool reuse_revokes_family = true;
};

enum class AccessVerdict { good, unknown, expired, superseded, invalidated };
struct AccessCheck {
  AccessVerdict verdict = AccessVerdict::unknown;
  Person person;
};

enum class RefreshVerdict { good, unknown, reused, expired, invalidated };
struct RefreshOutcome {
  RefreshVerdict verdict = RefreshVerdict::unknown;
  TokenSet tokens;
};

struct TokenCounts {
  int64_t sign_ins = 0, access_issued = 0, refreshes = 0, reuses = 0, revocations = 0, copilot_exchanges = 0;
};

class TokenBook {
 public:
  TokenBook(MovableClock& clock, IdSource& ids) : clock_(clock), ids_(ids) {}

  TokenSet sign_in(Issuer issuer, const Person& person, std::string_view client_id,
                   const JwtShape& shape = {});
  // Takes the refresh token, gives a new pair. `moved_to`: the reply names another account (A6.new_account).
  // `rotate` false keeps the refresh token alive (A13.no_rotation).
  RefreshOutcome refresh(Issuer issuer, std::string_view refresh_token, const JwtShape& shape = {},
                         const Person* moved_to = nullptr, bool rotate = true);
  AccessCheck check_access(Issuer issuer, std::string_view access_token) const;
  // Ends the family of an access or refresh token. False when unknown.
  bool revoke(std::string_view token);

  // A short Copilot token for a GitHub token; checked by check_copilot.
  struct CopilotToken {
    std::string token;
    Millis expires_at = 0;
  };
  CopilotToken exchange_copilot(const Person& person);
  AccessCheck check_copilot(std::string_view token) const;

  // For tests: `email` empty = everybody. They return how many tokens were struck.
  size_t expire_access(std::string_view email);
  size_t invalidate_access(std::string_view email);
  size_t spoil_refresh(std::string_view email, RefreshVerdict verdict);  // expired or invalidated

  // Whose token this is (any kind, dead or alive); empty when unknown.
  std::string owner_of(std::string_view token) const;
  TokenPolicy policy() const;
  void set_policy(const TokenPolicy& policy);
  TokenCounts counts() const;
  void clear();

 private:
  struct Family {
    Issuer issuer = Issuer::openai;
    Person person;
    std::string client_id;
    std::string latest_access;
    bool revoked = false;
  };
  struct Access {
    uint64_t family = 0;
    Millis expires_at = 0;
    bool invalidated = false;
  };
  struct Refresh {
    uint64_t family = 0;
    RefreshVerdict state = RefreshVerdict::good;  // reused = already taken once
  };
  TokenSet mint(uint64_t family_id, Family& family, const JwtShape& shape);

  MovableClock& clock_;
  IdSource& ids_;
  mutable std::mutex mutex_;
  TokenPolicy policy_;
  TokenCounts counts_;
  uint64_t next_family_ = 1;
  std::map<uint64_t, Family> families_;
  std::unordered_map<std::string, Access> access_;
  std::unordered_map<std::string, Refresh> refresh_;
};

}  // namespace valetkey::emulator
