#include "domain/sign_in/code_challenge.h"

#include <algorithm>
#include <string>

#include "foundation/crypto/crypto.h"
#include "foundation/jose/jose.h"

namespace valetkey {
namespace {

constexpr size_t kChallengeSize = 43;
constexpr size_t kMinVerifierSize = 43;
constexpr size_t kMaxVerifierSize = 128;

bool is_base64url(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}
bool is_unreserved(char c) {
  return is_base64url(c) || c == '.' || c == '~';
}

}  // namespace

bool is_code_challenge(std::string_view challenge) {
  return challenge.size() == kChallengeSize && std::all_of(challenge.begin(), challenge.end(), is_base64url);
}

bool proves_code_challenge(std::string_view challenge, std::string_view verifier) {
  if (verifier.size() < kMinVerifierSize || verifier.size() > kMaxVerifierSize) return false;
  if (!std::all_of(verifier.begin(), verifier.end(), is_unreserved)) return false;
  return crypto::equal(jose::base64url_encode(crypto::sha256(verifier)), challenge);
}

}  // namespace valetkey
