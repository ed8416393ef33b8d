// Any bytes as a JWK Set, as one JWK and as a JWS under public keys.
#include <cstdlib>

#include "foundation/jose/jose.h"
#include "foundation/jose/jwk.h"

namespace {

using namespace valetkey;

void require(bool holds) {
  if (!holds) std::abort();
}

// What we read we write so that everybody, we included, reads the same key.
void round_trip(const jose::VerifyingKey& key) {
  std::string text;
  JsonWriter json(text);
  key.write(json);
  const auto document = JsonDocument::parse(text);
  require(document.ok());
  const auto again = jose::VerifyingKey::parse(document->root());
  require(again.ok() && again->thumbprint() == key.thumbprint() && again->key_id() == key.key_id() &&
          again->algorithm() == key.algorithm());
  require(!key.verify("message", "") && !key.verify("message", std::string(64, '\0')));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const auto key = jose::SigningKey::generate(jose::Algorithm::ES256, "k");
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto set = jose::JwkSet::parse(text); set.ok()) {
    require(set->keys().size() <= jose::kMaxJwksKeys);
    for (const jose::VerifyingKey& found : set->keys()) {
      round_trip(found);
      if (!found.key_id().empty()) require(set->find(found.key_id(), found.algorithm()) != nullptr);
    }
  }
  if (const auto document = JsonDocument::parse(text); document.ok()) {
    if (const auto one = jose::VerifyingKey::parse(document->root()); one.ok()) round_trip(*one);
  }
  require(!jose::verify_jws(text, key.verifying_key()).ok());  // nobody has the private half
  static_cast<void>(jose::read_jws_header(text));
  static_cast<void>(jose::read_jws_header(jose::base64url_encode(text) + ".e30.AAAA"));
  const std::string jwt = key.sign_jwt("at+jwt", text);
  if (jose::verify_jws(jwt, key.verifying_key()).ok()) require(jose::read_unverified(jwt).has_value());
  return 0;
}
