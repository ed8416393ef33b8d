// DPoP proofs (RFC 9449) and the store of what may be seen only once: proof and assertion ids.
#pragma once

#include <optional>
#include <string>

#include "foundation/base/clock.h"
#include "foundation/base/result.h"
#include "foundation/base/secret.h"
#include "foundation/base/task.h"
#include "foundation/sql/database.h"

namespace valetkey::authorization {

// True the first time `id` is seen within `kind` (conditional insert), false for a replay. Forgotten after
// `until`.
Result<bool> see_once(sql::Transaction& transaction, std::string_view kind, std::string_view id,
                      Millis until);
Result<int64_t> forget_seen(sql::Transaction& transaction, Millis now);

constexpr Millis kDpopWindow = 5 * kMinute;  // of iat, either way, and of a nonce's age

struct DpopRequest {
  std::string proof;         // the DPoP header's value; more than one header is the caller's refusal
  std::string method;        // of the HTTP request
  std::string url;           // scheme://host/path without query, as the client sees it
  std::string access_token;  // at a resource: `ath` must fit. Empty at the token endpoint
};

struct DpopOutcome {
  enum class Kind { proved, invalid_proof, nonce_wanted };
  Kind kind = Kind::invalid_proof;
  std::string thumbprint;   // proved: the jkt
  std::string description;  // invalid_proof: may be shown
  std::string nonce;        // a fresh one to hand out in DPoP-Nonce; empty: none
};

// Nonces are stateless: a MAC over the time, good for 5 minutes. When `nonce_required` is off a proof without
// one is accepted if its iat is within 5 minutes; one that is there must be ours and fresh,
// and then says when the proof was made (RFC 9449 section 4.3, point 11): a client's clock may be wrong.
class DpopVerifier {
 public:
  DpopVerifier(sql::Database& database, const Clock& clock, Secret nonce_key, bool nonce_required);
  Task<Result<DpopOutcome>> verify(DpopRequest request) const;

 private:
  sql::Database& database_;
  const Clock& clock_;
  Secret nonce_key_;
  bool nonce_required_;
};

const std::vector<sql::Migration>& seen_once_migrations();  // number 14

}  // namespace valetkey::authorization
