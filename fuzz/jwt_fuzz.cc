// Any bytes as a JWT, as base64 and as a correctly signed JWS whose header or payload they are.
#include <cstdlib>

#include "foundation/crypto/crypto.h"
#include "foundation/jose/jose.h"

namespace {

using namespace valetkey;

void require(bool holds) {
  if (!holds) std::abort();
}

void one_spelling(std::string_view text) {
  if (const auto bytes = jose::base64url_decode(text)) {
    require(jose::base64url_encode(*bytes) == text.substr(0, text.find('=')));
  }
  if (const auto bytes = jose::base64_decode(text)) require(jose::base64_encode(*bytes) == text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const Secret key(std::string(32, 'k'));
  static const jose::HmacKeyRing ring(std::vector<Secret>{key});
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  one_spelling(text);
  require(!ring.verify(text).ok());  // nobody guesses the key
  static_cast<void>(jose::read_unverified(text));

  if (ring.verify(ring.sign(text)).ok()) require(jose::read_unverified(ring.sign(text)).has_value());
  const std::string head = jose::base64url_encode(text) + ".e30";
  static_cast<void>(ring.verify(head + "." + jose::base64url_encode(crypto::hmac_sha256(key, head))));
  return 0;
}
