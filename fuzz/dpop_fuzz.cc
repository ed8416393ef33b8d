// Any bytes as a DPoP proof, as the header (first line) and claims (the rest) of one that is signed, and as
// its target.
#include <cstdlib>

#include "domain/authorization/dpop_proof.h"
#include "foundation/crypto/signature.h"
#include "foundation/jose/jose.h"

namespace {

using namespace valetkey;
using jose::base64url_encode;

void require(bool holds) {
  if (!holds) std::abort();
}

// RFC 8032's first key, so that a corpus may carry proofs that are genuine in every run.
const crypto::PrivateKey& key() {
  static const auto found = crypto::PrivateKey::from_pkcs8(Secret(std::string(
      "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n"
      "-----END PRIVATE KEY-----\n")));
  return *found;
}

void read(std::string_view text) {
  const auto proof = authorization::read_dpop_proof(text);
  if (!proof.ok()) return require(!proof.error().detail.empty());
  require(!proof->id.empty() && proof->id.size() <= authorization::kMaxDpopIdSize &&
          proof->thumbprint.size() == 43);
  require(!proof->method.empty() && !proof->url.empty());
}

void read_signed(const std::string& header, std::string_view claims) {
  const std::string text = base64url_encode(header) + "." + base64url_encode(claims);
  read(text + "." + base64url_encode(key().sign(text)));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const std::string header =
      R"({"typ":"dpop+jwt","alg":"EdDSA","jwk":{"kty":"OKP","crv":"Ed25519","x":")" +
      base64url_encode(key().public_key().parts().x) + "\"}}";
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  read(text);
  read_signed(header, text);
  const size_t line = text.find('\n');
  if (line != std::string_view::npos) read_signed(std::string(text.substr(0, line)), text.substr(line + 1));

  const std::string target = "https://h.example/" + std::string(text);
  if (authorization::is_same_target(text, "https://h.example/a"))
    require(authorization::is_same_target(text, text));
  if (authorization::is_same_target(target, target)) {
    require(authorization::is_same_target("HTTPS://H.example:443/" + std::string(text), target));
    require(!authorization::is_same_target(target, "https://other.example/" + std::string(text)));
  }
  return 0;
}
