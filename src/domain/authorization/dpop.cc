#include "domain/authorization/dpop.h"

#include <cmath>

#include "domain/authorization/dpop_proof.h"
#include "foundation/crypto/crypto.h"
#include "foundation/jose/jose.h"

namespace valetkey::authorization {
namespace {

constexpr size_t kTimeSize = 8;
constexpr size_t kMacSize = 16;
constexpr Millis kClockDifference = kMinute;  // between our instances

// The time in milliseconds, big-endian, and a MAC of it.
std::string nonce_bytes(const Secret& key, Millis time) {
  std::string bytes(kTimeSize, '\0');
  for (size_t i = 0; i < kTimeSize; ++i) bytes[i] = static_cast<char>(time >> (8 * (kTimeSize - 1 - i)));
  return bytes + crypto::hmac_sha256(key, "dpop nonce" + bytes).substr(0, kMacSize);
}

bool is_fresh_nonce(const Secret& key, std::string_view nonce, Millis now) {
  const auto bytes = jose::base64url_decode(nonce);
  if (!bytes || bytes->size() != kTimeSize + kMacSize) return false;
  uint64_t time = 0;
  for (size_t i = 0; i < kTimeSize; ++i) time = time << 8 | static_cast<unsigned char>((*bytes)[i]);
  const auto made_at = static_cast<Millis>(time);
  if (!crypto::equal(nonce_bytes(key, made_at), *bytes)) return false;
  return made_at <= now + kClockDifference && now - made_at <= kDpopWindow;
}

bool is_recent(double seconds, Millis now) {
  return std::abs(seconds * kSecond - static_cast<double>(now)) <= static_cast<double>(kDpopWindow);
}

// Points 8, 9 and 12 of RFC 9449 section 4.3. Null: all right.
const char* mismatch(const DpopProof& proof, const DpopRequest& request) {
  if (proof.method != request.method) return "The proof's htm is not this request's method.";
  if (!is_same_target(proof.url, request.url)) return "The proof's htu is not this request's URL.";
  if (!request.access_token.empty() &&
      proof.token_hash != jose::base64url_encode(crypto::sha256(request.access_token))) {
    return "The proof's ath is not the hash of this access token.";
  }
  return nullptr;
}

DpopOutcome invalid(std::string description) {
  DpopOutcome outcome;
  outcome.description = std::move(description);
  return outcome;
}

}  // namespace

DpopVerifier::DpopVerifier(sql::Database& database, const Clock& clock, Secret nonce_key, bool nonce_required)
    : database_(database), clock_(clock), nonce_key_(std::move(nonce_key)), nonce_required_(nonce_required) {}

Task<Result<DpopOutcome>> DpopVerifier::verify(DpopRequest request) const {
  const Millis now = clock_.now();
  const auto proof = read_dpop_proof(request.proof);
  if (!proof.ok()) co_return invalid(proof.error().detail);
  if (const char* why = mismatch(*proof, request)) co_return invalid(why);

  DpopOutcome outcome;
  const bool uses_nonce = nonce_required_ || !proof->nonce.empty();
  if (uses_nonce) outcome.nonce = jose::base64url_encode(nonce_bytes(nonce_key_, now));
  if (uses_nonce && !is_fresh_nonce(nonce_key_, proof->nonce, now)) {
    outcome.kind = DpopOutcome::Kind::nonce_wanted;
    co_return outcome;
  }
  if (!uses_nonce && !is_recent(proof->issued_at, now))
    co_return invalid("The proof's iat is not within 5 minutes.");

  // Point 11: once only. Remembered for as long as the proof could pass for a recent one, and only now, so
  // that nobody burns another's id.
  const std::string id = proof->thumbprint + ":" + proof->id;
  const Millis until = now + 2 * kDpopWindow + kClockDifference;
  std::function<Result<bool>(sql::Transaction&)> see = [&](sql::Transaction& transaction) {
    return see_once(transaction, "dpop", id, until);
  };
  CO_TRY(const bool first_time, co_await database_.write_value<bool>(see));
  if (!first_time) co_return invalid("The proof was used before.");
  outcome.kind = DpopOutcome::Kind::proved;
  outcome.thumbprint = proof->thumbprint;
  co_return outcome;
}

}  // namespace valetkey::authorization
