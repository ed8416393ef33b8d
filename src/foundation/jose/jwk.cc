#include "foundation/jose/jwk.h"

#include "foundation/crypto/crypto.h"
#include "foundation/crypto/signature.h"
#include "foundation/jose/jose.h"
#include "foundation/jose/jwk_members.h"

namespace valetkey::jose {
namespace {

using crypto::KeyKind;
using crypto::PublicParts;

Error refused(const char* why) {
  return Error{Code::invalid_argument, why, "jwk"};
}

KeyKind kind_of(Algorithm algorithm) {
  switch (algorithm) {
    case Algorithm::ES256:
      return KeyKind::p256;
    case Algorithm::RS256:
      return KeyKind::rsa;
    case Algorithm::EdDSA:
      return KeyKind::ed25519;
  }
  return KeyKind::p256;
}

Algorithm algorithm_of(KeyKind kind) {
  switch (kind) {
    case KeyKind::p256:
      return Algorithm::ES256;
    case KeyKind::rsa:
      return Algorithm::RS256;
    case KeyKind::ed25519:
      return Algorithm::EdDSA;
  }
  return Algorithm::ES256;
}

// RFC 7518 section 6, RFC 8037 section 2: the one algorithm of ours that goes with the key's type and curve.
std::optional<Algorithm> algorithm_for(const Json& jwk) {
  const std::string_view type = jwk["kty"].string_or(""), curve = jwk["crv"].string_or("");
  if (type == "EC" && curve == "P-256") return Algorithm::ES256;
  if (type == "OKP" && curve == "Ed25519") return Algorithm::EdDSA;
  if (type == "RSA") return Algorithm::RS256;
  return std::nullopt;
}

bool has_secret_member(const Json& jwk) {
  for (const char* name : {"d", "p", "q", "dp", "dq", "qi", "oth", "k"}) {
    if (jwk[name].exists()) return true;
  }
  return false;
}

// RFC 7517 sections 4.2 to 4.4.
bool is_for_verifying_with(const Json& jwk, Algorithm algorithm) {
  if (jwk["alg"].exists() && jwk["alg"].string() != to_string(algorithm)) return false;
  if (jwk["use"].exists() && jwk["use"].string() != "sig") return false;
  const Json operations = jwk["key_ops"];
  if (!operations.exists()) return true;
  bool may_verify = false;
  operations.each_element(
      [&](const Json& operation) { may_verify = may_verify || operation.string() == "verify"; });
  return may_verify;
}

std::optional<PublicParts> parts_of(const Json& jwk, Algorithm algorithm) {
  PublicParts parts;
  const auto take = [&](const char* name, std::string& target) {
    const auto bytes = canonical_bytes(jwk[name].string_or("="));
    if (bytes) target = *bytes;
    return bytes.has_value();
  };
  const bool all = algorithm == Algorithm::RS256   ? take("n", parts.n) && take("e", parts.e)
                   : algorithm == Algorithm::ES256 ? take("x", parts.x) && take("y", parts.y)
                                                   : take("x", parts.x);
  if (!all) return std::nullopt;
  return parts;
}

}  // namespace

std::string_view to_string(Algorithm algorithm) {
  switch (algorithm) {
    case Algorithm::ES256:
      return "ES256";
    case Algorithm::RS256:
      return "RS256";
    case Algorithm::EdDSA:
      return "EdDSA";
  }
  return "";
}

std::optional<Algorithm> parse_algorithm(std::string_view name) {
  for (const Algorithm algorithm : {Algorithm::ES256, Algorithm::RS256, Algorithm::EdDSA}) {
    if (to_string(algorithm) == name) return algorithm;
  }
  return std::nullopt;
}

struct VerifyingKey::Native {
  crypto::PublicKey key;
  std::string key_id;
};

VerifyingKey VerifyingKey::make(Native native) {
  VerifyingKey key;
  key.native_ = std::make_shared<const Native>(std::move(native));
  return key;
}

Result<VerifyingKey> VerifyingKey::parse(const Json& jwk) {
  if (!jwk.is_object() || repeats_a_member(jwk)) return refused("not an object of distinct members");
  if (has_secret_member(jwk)) return refused("a secret member");
  const auto algorithm = algorithm_for(jwk);
  if (!algorithm) return refused("unknown kty or crv");
  if (!is_for_verifying_with(jwk, *algorithm)) return refused("alg, use or key_ops do not fit");
  const Json key_id = jwk["kid"];
  if (key_id.exists() && (!key_id.is_string() || key_id.string()->size() > kMaxKeyIdSize))
    return refused("kid");
  const auto parts = parts_of(jwk, *algorithm);
  if (!parts) return refused("a member is missing or not canonical base64url");
  VK_TRY(crypto::PublicKey key, crypto::PublicKey::from_parts(kind_of(*algorithm), *parts));
  return make(Native{std::move(key), std::string(key_id.string_or(""))});
}

Algorithm VerifyingKey::algorithm() const {
  return algorithm_of(native_->key.kind());
}

const std::string& VerifyingKey::key_id() const {
  return native_->key_id;
}

// The required members only, in the order of their names, without a space.
std::string VerifyingKey::thumbprint() const {
  const PublicParts& parts = native_->key.parts();
  std::string text;
  JsonWriter json(text);
  json.begin_object();
  switch (algorithm()) {
    case Algorithm::ES256:
      json.member("crv", "P-256").member("kty", "EC").member("x", base64url_encode(parts.x));
      json.member("y", base64url_encode(parts.y));
      break;
    case Algorithm::RS256:
      json.member("e", base64url_encode(parts.e)).member("kty", "RSA").member("n", base64url_encode(parts.n));
      break;
    case Algorithm::EdDSA:
      json.member("crv", "Ed25519").member("kty", "OKP").member("x", base64url_encode(parts.x));
  }
  json.end_object();
  return base64url_encode(crypto::sha256(text));
}

void VerifyingKey::write(JsonWriter& json) const {
  const PublicParts& parts = native_->key.parts();
  json.begin_object();
  switch (algorithm()) {
    case Algorithm::ES256:
      json.member("kty", "EC").member("crv", "P-256").member("x", base64url_encode(parts.x));
      json.member("y", base64url_encode(parts.y));
      break;
    case Algorithm::RS256:
      json.member("kty", "RSA").member("n", base64url_encode(parts.n)).member("e", base64url_encode(parts.e));
      break;
    case Algorithm::EdDSA:
      json.member("kty", "OKP").member("crv", "Ed25519").member("x", base64url_encode(parts.x));
  }
  if (!key_id().empty()) json.member("kid", key_id());
  json.member("use", "sig").member("alg", std::string(to_string(algorithm()))).end_object();
}

bool VerifyingKey::verify(std::string_view message, std::string_view signature) const {
  return native_->key.verify(message, signature);
}

struct SigningKey::Native {
  crypto::PrivateKey key;
  VerifyingKey verifying_key;
};

SigningKey SigningKey::make(Native native) {
  SigningKey key;
  key.native_ = std::make_shared<const Native>(std::move(native));
  return key;
}

SigningKey SigningKey::generate(Algorithm algorithm, std::string key_id) {
  auto key = crypto::PrivateKey::generate(kind_of(algorithm));
  auto verifying_key = VerifyingKey::make({key.public_key(), std::move(key_id)});
  return make({std::move(key), std::move(verifying_key)});
}

Result<SigningKey> SigningKey::from_pkcs8(const Secret& text, std::string key_id) {
  if (key_id.size() > kMaxKeyIdSize) return refused("kid");
  VK_TRY(auto key, crypto::PrivateKey::from_pkcs8(text));
  auto verifying_key = VerifyingKey::make({key.public_key(), std::move(key_id)});
  return make({std::move(key), std::move(verifying_key)});
}

Secret SigningKey::pkcs8() const {
  return native_->key.pkcs8();
}

const VerifyingKey& SigningKey::verifying_key() const {
  return native_->verifying_key;
}

Algorithm SigningKey::algorithm() const {
  return verifying_key().algorithm();
}

const std::string& SigningKey::key_id() const {
  return verifying_key().key_id();
}

// Here and not with the other half of JWS, for the private key stays in this file.
std::string SigningKey::sign_jwt(std::string_view typ, std::string_view payload) const {
  std::string header;
  JsonWriter json(header);
  json.begin_object().member("alg", std::string(to_string(algorithm())));
  json.key("typ").string(typ).key("kid").string(key_id()).end_object();
  std::string jwt = base64url_encode(header);
  jwt.push_back('.');
  jwt += base64url_encode(payload);
  const std::string signature = native_->key.sign(jwt);
  jwt.push_back('.');
  jwt += base64url_encode(signature);
  return jwt;
}

}  // namespace valetkey::jose
