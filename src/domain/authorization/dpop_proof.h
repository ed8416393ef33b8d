// A DPoP proof by itself (RFC 9449 section 4.2): what needs neither a store nor a clock. Pure.
#pragma once

#include <string>
#include <string_view>

#include "foundation/base/result.h"

namespace valetkey::authorization {

constexpr size_t kMaxDpopProofSize = 8 * 1024;  // room for RSA of 8192 bits
constexpr size_t kMaxDpopIdSize = 256;          // jti

struct DpopProof {
  std::string thumbprint;  // of the key in the header, which signed it
  std::string id;          // jti
  std::string method;      // htm
  std::string url;         // htu, as it was sent
  double issued_at = 0;    // iat, seconds
  std::string token_hash;  // ath; empty: absent
  std::string nonce;       // empty: absent
};

// Points 2 to 7 of section 4.3. Code::invalid_argument; the detail may be shown to the client.
Result<DpopProof> read_dpop_proof(std::string_view text);

// Point 9: the same after RFC 3986's normalization of syntax and scheme, without query and fragment. False
// when one of the two is no http(s) URL.
bool is_same_target(std::string_view htu, std::string_view url);

}  // namespace valetkey::authorization
