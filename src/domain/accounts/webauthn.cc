#include "domain/accounts/webauthn.h"

#include <algorithm>

#include "domain/accounts/cbor.h"
#include "foundation/base/strings.h"
#include "foundation/crypto/crypto.h"
#include "foundation/jose/jose.h"

namespace valetkey::accounts {
namespace {

// Section 6.1.
constexpr uint8_t kUserPresent = 0x01;
constexpr uint8_t kUserVerified = 0x04;
constexpr uint8_t kBackupEligible = 0x08;
constexpr uint8_t kBackedUp = 0x10;
constexpr uint8_t kHasCredential = 0x40;
constexpr uint8_t kHasExtensions = 0x80;
constexpr size_t kFixedSize = 32 + 1 + 4;
constexpr size_t kAaguidSize = 16;

Error refused(const char* why) {
  return Error{Code::invalid_argument, why, "webauthn"};
}

uint32_t big_endian(std::string_view bytes) {
  uint32_t value = 0;
  for (char byte : bytes) value = value << 8 | static_cast<uint8_t>(byte);
  return value;
}

// The parameters of RFC 9052 section 7 and RFC 9053 section 7.1 that say what a public key is.
struct CoseParameters {
  std::optional<int64_t> key_type, algorithm;  // 1, 3
  std::optional<int64_t> curve;                // -1 as a number
  std::string_view minus_one, minus_two, minus_three;
};

Result<void> read_cose_parameter(CborReader& reader, CoseParameters& out) {
  VK_TRY(int64_t label, reader.integer());
  if (label == -1 && reader.next_type() == CborReader::Type::integer) {
    if (out.curve) return refused("a COSE parameter twice");
    VK_TRY(out.curve, reader.integer());
    return {};
  }
  if (label == 1 || label == 3) {
    std::optional<int64_t>& target = label == 1 ? out.key_type : out.algorithm;
    if (target) return refused("a COSE parameter twice");
    VK_TRY(target, reader.integer());
    return {};
  }
  if (label > -1 || label < -3) return reader.skip();
  std::string_view& target = label == -1 ? out.minus_one : label == -2 ? out.minus_two : out.minus_three;
  if (!target.empty()) return refused("a COSE parameter twice");
  VK_TRY(target, reader.bytes());
  return {};
}

Result<CoseKey> read_cose_key(CborReader& reader) {
  VK_TRY(size_t pairs, reader.map());
  CoseParameters found;
  for (size_t i = 0; i < pairs; ++i) VK_CHECK(read_cose_parameter(reader, found));
  CoseKey key;
  // Key types 2 (EC2), 1 (OKP), 3 (RSA); curves 1 (P-256), 6 (Ed25519).
  if (found.algorithm == -7 && found.key_type == 2 && found.curve == 1) {
    if (found.minus_two.size() != 32 || found.minus_three.size() != 32)
      return refused("not a point of P-256");
    key = CoseKey{CoseAlgorithm::ES256, std::string(found.minus_two) + std::string(found.minus_three)};
  } else if (found.algorithm == -8 && found.key_type == 1 && found.curve == 6) {
    if (found.minus_two.size() != 32) return refused("not a key of Ed25519");
    key = CoseKey{CoseAlgorithm::EdDSA, std::string(found.minus_two)};
  } else if (found.algorithm == -257 && found.key_type == 3 && !found.curve) {
    if (found.minus_one.size() != 256 || found.minus_two.size() != 3)
      return refused("not an RSA key of 2048 bits");
    key = CoseKey{CoseAlgorithm::RS256, std::string(found.minus_one) + std::string(found.minus_two)};
  } else {
    return refused("a key of a kind that was not asked for");
  }
  if (!is_valid_key(key)) return refused("not a valid public key");
  return key;
}

// Takes what it read off the front of `bytes`, as read_extensions does.
Result<AttestedCredential> read_attested(std::string_view& bytes) {
  if (bytes.size() < kAaguidSize + 2) return refused("authenticator data cut short");
  const size_t size = big_endian(bytes.substr(kAaguidSize, 2));
  bytes.remove_prefix(kAaguidSize + 2);
  if (size == 0 || size > kMaxCredentialId || size > bytes.size()) return refused("not a credential id");
  AttestedCredential attested;
  attested.id = bytes.substr(0, size);
  CborReader reader(bytes.substr(size));
  VK_TRY(attested.key, read_cose_key(reader));
  bytes = reader.rest();
  return attested;
}

Result<void> read_extensions(std::string_view& bytes, AuthenticatorData& data) {
  CborReader reader(bytes);
  VK_TRY(size_t pairs, reader.map());
  for (size_t i = 0; i < pairs; ++i) {
    VK_TRY(std::string_view name, reader.text());
    if (name == "hmac-secret") data.has_hmac_secret = true;
    if (name == "credBlob") data.has_cred_blob = true;
    VK_CHECK(reader.skip());
  }
  bytes = reader.rest();
  return {};
}

}  // namespace

Result<AuthenticatorData> read_authenticator_data(std::string_view bytes) {
  if (bytes.size() < kFixedSize || bytes.size() > kMaxAuthenticatorData)
    return refused("not authenticator data");
  AuthenticatorData data;
  data.rp_id_hash = bytes.substr(0, 32);
  const auto flags = static_cast<uint8_t>(bytes[32]);
  data.sign_count = big_endian(bytes.substr(33, 4));
  data.user_present = (flags & kUserPresent) != 0;
  data.user_verified = (flags & kUserVerified) != 0;
  // Level 3, section 6.1.3: what cannot be backed up is not backed up.
  if ((flags & kBackedUp) != 0 && (flags & kBackupEligible) == 0)
    return refused("backed up, yet not eligible");
  bytes.remove_prefix(kFixedSize);
  if ((flags & kHasCredential) != 0) {
    VK_TRY(data.attested, read_attested(bytes));
  }
  if ((flags & kHasExtensions) != 0) VK_CHECK(read_extensions(bytes, data));
  if (!bytes.empty()) return refused("bytes after the authenticator data");
  return data;
}

Result<std::string_view> read_attestation_object(std::string_view bytes) {
  if (bytes.size() > kMaxAttestation) return refused("attestation too large");
  CborReader reader(bytes);
  VK_TRY(size_t pairs, reader.map());
  std::optional<std::string_view> data;
  bool has_format = false;
  for (size_t i = 0; i < pairs; ++i) {
    VK_TRY(std::string_view name, reader.text());
    if (name == "authData") {
      if (data) return refused("authData twice");
      VK_TRY(data, reader.bytes());
    } else if (name == "fmt") {
      has_format = true;
      VK_CHECK(reader.text());
    } else {
      VK_CHECK(reader.skip());
    }
  }
  if (!data || !has_format || !reader.rest().empty()) return refused("not an attestation object");
  return *data;
}

Result<std::string> read_client_data(std::string_view json, const Ceremony& ceremony) {
  if (json.size() > kMaxClientData) return refused("client data too large");
  VK_TRY(JsonDocument document, JsonDocument::parse(json));
  const Json root = document.root();
  if (root["type"].string() != ceremony.type) return refused("another ceremony");
  if (root["origin"].string() != ceremony.origin) return refused("another origin");
  const Json cross = root["crossOrigin"];
  if (cross.exists() && cross.boolean() != false) return refused("in a frame of another origin");
  if (root["topOrigin"].exists()) return refused("in a frame of another origin");
  auto challenge = jose::base64url_decode(root["challenge"].string_or(""));
  if (!challenge || challenge->empty()) return refused("no challenge");
  return std::move(*challenge);
}

namespace {

Result<std::string> read_bytes(const Json& value, size_t limit) {
  auto text = value.string();
  if (!text || text->size() > 2 * limit) return refused("a member is missing or too large");
  auto bytes = jose::base64url_decode(*text);
  if (!bytes || bytes->empty() || bytes->size() > limit) return refused("a member is not base64url");
  return std::move(*bytes);
}

Result<std::string> read_credential_id(const Json& response) {
  if (response["type"].string() != "public-key") return refused("not a public key credential");
  VK_TRY(std::string id, read_bytes(response["id"], kMaxCredentialId));
  if (response["rawId"].exists() && response["rawId"].string() != response["id"].string()) {
    return refused("id and rawId differ");
  }
  return id;
}

std::optional<std::string> read_prf_output(const Json& response) {
  auto output = read_bytes(response["clientExtensionResults"]["prf"]["results"]["first"], kPrfOutput);
  if (!output.ok() || output->size() != kPrfOutput) return std::nullopt;
  return std::move(*output);
}

}  // namespace

Result<RegistrationResponse> read_registration_response(const Json& response) {
  RegistrationResponse out;
  VK_TRY(out.credential_id, read_credential_id(response));
  VK_TRY(out.client_data, read_bytes(response["response"]["clientDataJSON"], kMaxClientData));
  VK_TRY(out.attestation_object, read_bytes(response["response"]["attestationObject"], kMaxAttestation));
  out.prf_output = read_prf_output(response);
  return out;
}

Result<AssertionResponse> read_assertion_response(const Json& response) {
  AssertionResponse out;
  VK_TRY(out.credential_id, read_credential_id(response));
  const Json inner = response["response"];
  VK_TRY(out.client_data, read_bytes(inner["clientDataJSON"], kMaxClientData));
  VK_TRY(out.authenticator_data, read_bytes(inner["authenticatorData"], kMaxAuthenticatorData));
  VK_TRY(out.signature, read_bytes(inner["signature"], kMaxSignature));
  VK_TRY(out.user_handle, read_bytes(inner["userHandle"], kMaxUserHandle));
  out.prf_output = read_prf_output(response);
  return out;
}

}  // namespace valetkey::accounts
