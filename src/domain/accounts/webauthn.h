// What a browser sends of a passkey (Web Authentication level 2): parsed and checked. Pure; knows no store.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "foundation/base/json.h"
#include "foundation/base/result.h"

namespace valetkey::accounts {

constexpr size_t kMaxCredentialId = 1023;      // bytes, section 4
constexpr size_t kMaxClientData = 4 * 1024;    // bytes of JSON
constexpr size_t kMaxAttestation = 16 * 1024;  // bytes
constexpr size_t kMaxAuthenticatorData = 4 * 1024;
constexpr size_t kMaxSignature = 1024;
constexpr size_t kMaxUserHandle = 64;
constexpr size_t kPrfOutput = 32;

// IANA's COSE algorithms, in the order in which we ask for them.
enum class CoseAlgorithm : int64_t { ES256 = -7, EdDSA = -8, RS256 = -257 };
constexpr CoseAlgorithm kCoseAlgorithms[] = {CoseAlgorithm::ES256, CoseAlgorithm::EdDSA,
                                             CoseAlgorithm::RS256};

// `bytes` as libfido2 takes them: x and y of the point, the 32 bytes of Ed25519, or 256 bytes n and 3 bytes
// e.
struct CoseKey {
  CoseAlgorithm algorithm = CoseAlgorithm::ES256;
  std::string bytes;
};

struct AttestedCredential {
  std::string id;  // bytes
  CoseKey key;
};

struct AuthenticatorData {
  std::string rp_id_hash;
  bool user_present = false;
  bool user_verified = false;
  uint32_t sign_count = 0;
  std::optional<AttestedCredential> attested;
  bool has_hmac_secret = false;  // extensions that libfido2 wants to be told of
  bool has_cred_blob = false;
};

// Nothing may be left over. Code::invalid_argument for all else, a COSE key that is not ours or not on its
// curve included.
Result<AuthenticatorData> read_authenticator_data(std::string_view bytes);

// The authenticator data in an attestation object. The statement is passed over, whatever its format: we ask
// for none and trust none.
Result<std::string_view> read_attestation_object(std::string_view bytes);

struct Ceremony {
  std::string_view type;  // "webauthn.create" or "webauthn.get"
  std::string_view origin;
};
// The challenge (bytes) when type and origin fit and no frame of another origin is around it.
Result<std::string> read_client_data(std::string_view json, const Ceremony& ceremony);

// PublicKeyCredential.toJSON(), decoded from base64url.
struct RegistrationResponse {
  std::string credential_id, client_data, attestation_object;
  std::optional<std::string> prf_output;
};
struct AssertionResponse {
  std::string credential_id, client_data, authenticator_data, signature, user_handle;
  std::optional<std::string> prf_output;
};
Result<RegistrationResponse> read_registration_response(const Json& response);
Result<AssertionResponse> read_assertion_response(const Json& response);

// Whether the key signed these (libfido2): presence, verification and relying party are looked at again.
bool verify_assertion(const CoseKey& key, const AssertionResponse& response, const AuthenticatorData& data,
                      const std::string& rp_id);
bool is_valid_key(const CoseKey& key);

}  // namespace valetkey::accounts
