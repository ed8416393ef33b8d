// Asymmetric keys and the JWTs they sign: JWK (RFC 7517), JWK thumbprints (RFC 7638), compact JWS (RFC 7515)
// with ES256, RS256 and EdDSA (RFC 7518, RFC 8037). Keys are immutable, cheap to copy and shared between
// workers; pure functions otherwise.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "foundation/base/json.h"
#include "foundation/base/result.h"
#include "foundation/base/secret.h"

namespace valetkey::jose {

enum class Algorithm { ES256, RS256, EdDSA };
std::string_view to_string(Algorithm algorithm);
std::optional<Algorithm> parse_algorithm(std::string_view name);  // exact spelling; nothing for any other

constexpr size_t kMaxJwksSize = 64 * 1024;
constexpr size_t kMaxJwksKeys = 64;
constexpr size_t kMaxKeyIdSize = 256;

class VerifyingKey {
 public:
  // Code::invalid_argument for private or symmetric members, an unknown kty or crv, a point off its curve, an
  // RSA modulus below 2048 or above 8192 bits, an `alg` or `use` that does not fit, or non-canonical
  // base64url.
  static Result<VerifyingKey> parse(const Json& jwk);
  Algorithm algorithm() const;
  const std::string& key_id() const;  // empty when the JWK has none
  std::string thumbprint() const;     // RFC 7638, base64url(SHA-256)
  // {"kty",..., "kid","use":"sig","alg"}: public members only.
  void write(JsonWriter& json) const;
  // `signature` as JWS carries it (ES256: r || s, 64 bytes, both in range). False for any other.
  bool verify(std::string_view message, std::string_view signature) const;

 private:
  friend class SigningKey;
  struct Native;
  static VerifyingKey make(Native native);
  std::shared_ptr<const Native> native_;
};

class SigningKey {
 public:
  static SigningKey generate(Algorithm algorithm, std::string key_id);  // RSA: 2048 bits
  // PKCS #8, DER or PEM. RSA keys of 2048..8192 bits become RS256. Code::invalid_argument.
  static Result<SigningKey> from_pkcs8(const Secret& text, std::string key_id);
  Secret pkcs8() const;  // DER
  const VerifyingKey& verifying_key() const;
  Algorithm algorithm() const;
  const std::string& key_id() const;
  // Compact JWS over `payload` (JSON text): protected header {"alg","typ","kid"}, in this order.
  std::string sign_jwt(std::string_view typ, std::string_view payload) const;

 private:
  struct Native;
  static SigningKey make(Native native);
  std::shared_ptr<const Native> native_;
};

// A JWK Set. Keys we cannot use are left out, as RFC 7517 section 5 asks.
class JwkSet {
 public:
  static Result<JwkSet> parse(std::string_view text);  // Code::invalid_argument; limits above
  // With a kid: that key. Without: the only key of that algorithm. Null: none.
  const VerifyingKey* find(std::string_view key_id, Algorithm algorithm) const;
  const std::vector<VerifyingKey>& keys() const { return keys_; }

 private:
  std::vector<VerifyingKey> keys_;
};

// The protected header, read before any key is chosen and to be trusted in nothing else. Refused
// (Code::invalid_argument): more than kMaxJwtSize, not three canonical base64url parts, a header that is no
// JSON object or repeats a member, `crit`, an algorithm that is not ours, `b64`.
struct JwsHeader {
  Algorithm algorithm;
  std::string key_id;  // at most kMaxKeyIdSize
  std::string typ;     // lower case, without a leading "application/"
  JsonDocument document;
};
Result<JwsHeader> read_jws_header(std::string_view jwt);
// The payload when `key` signed it with its own algorithm. Code::unauthorized for everything else, a payload
// that is no JSON object or repeats a member included. Claims are the caller's to judge.
Result<JsonDocument> verify_jws(std::string_view jwt, const VerifyingKey& key);

}  // namespace valetkey::jose
