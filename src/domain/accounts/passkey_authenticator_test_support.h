// A browser with a passkey in it, in software, that can be told to do one thing wrong.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "domain/accounts/webauthn.h"
#include "foundation/base/json.h"
#include "foundation/crypto/crypto.h"
#include "foundation/crypto/signature.h"
#include "foundation/jose/jose.h"

namespace valetkey::accounts {

constexpr const char* kRpId = "valet.example";
constexpr const char* kOrigin = "https://valet.example";

// CBOR by hand, so that the reader is not tested with itself.
inline std::string cbor_head(unsigned major, uint64_t argument) {
  std::string out;
  if (argument < 24) return {static_cast<char>(major << 5 | argument)};
  const int size = argument < 256 ? 1 : argument < 65536 ? 2 : 4;
  out.push_back(static_cast<char>(major << 5 | (size == 1 ? 24u : size == 2 ? 25u : 26u)));
  for (int i = size - 1; i >= 0; --i) out.push_back(static_cast<char>(argument >> (8 * i)));
  return out;
}
inline std::string cbor_int(int64_t value) {
  return value < 0 ? cbor_head(1, static_cast<uint64_t>(-1 - value))
                   : cbor_head(0, static_cast<uint64_t>(value));
}
inline std::string cbor_bytes(std::string_view bytes) {
  return cbor_head(2, bytes.size()) + std::string(bytes);
}
inline std::string cbor_text(std::string_view text) {
  return cbor_head(3, text.size()) + std::string(text);
}
inline std::string big_endian_bytes(uint64_t value, int size) {
  std::string out;
  for (int i = size - 1; i >= 0; --i) out.push_back(static_cast<char>(value >> (8 * i)));
  return out;
}

// What goes over the wire; a test changes it before it is signed (or after, in Sent).
struct Plan {
  std::string type, challenge, origin = kOrigin;  // challenge in base64url
  std::string more_client_data;                   // ,"crossOrigin":true
  std::string rp_id = kRpId;
  uint8_t flags = 0x05;
  uint32_t sign_count = 0;
  std::string extensions;  // CBOR, sets the flag
  std::string trailing;    // after the authenticator data
  std::string format = "none";
  std::string statement = cbor_head(5, 0);
};
struct Sent {
  std::string id, client_data, authenticator_data, signature, user_handle, attestation_object;
  std::optional<std::string> prf_output;

  std::string json() const {
    const auto text = [](std::string_view bytes) { return "\"" + jose::base64url_encode(bytes) + "\""; };
    std::string out = R"({"type":"public-key","id":)" + text(id) + R"(,"rawId":)" + text(id) +
                      R"(,"authenticatorAttachment":"platform","response":{"clientDataJSON":)" +
                      text(client_data);
    if (!attestation_object.empty()) out += R"(,"attestationObject":)" + text(attestation_object);
    if (!authenticator_data.empty()) out += R"(,"authenticatorData":)" + text(authenticator_data);
    if (!signature.empty()) out += R"(,"signature":)" + text(signature);
    if (!user_handle.empty()) out += R"(,"userHandle":)" + text(user_handle);
    out += R"(},"clientExtensionResults":{)";
    if (prf_output) out += R"("prf":{"enabled":true,"results":{"first":)" + text(*prf_output) + "}}";
    return out + "}}";
  }
};

class SoftwareAuthenticator {
 public:
  using Change = std::function<void(Plan&)>;

  explicit SoftwareAuthenticator(CoseAlgorithm algorithm = CoseAlgorithm::ES256, size_t id_size = 32)
      : algorithm_(algorithm),
        key_(crypto::PrivateKey::generate(algorithm == CoseAlgorithm::ES256   ? crypto::KeyKind::p256
                                          : algorithm == CoseAlgorithm::EdDSA ? crypto::KeyKind::ed25519
                                                                              : crypto::KeyKind::rsa)),
        id_(crypto::system_random().bytes(id_size)) {}

  const std::string& id() const { return id_; }
  std::string user_handle;  // learnt at registration
  std::optional<std::string> prf_output;
  uint32_t sign_count = 0;  // zero: does not count

  // `options`: the text that the server gave to the page.
  Sent create(const std::string& options, const Change& change = {}) {
    auto document = JsonDocument::parse(options);
    EXPECT_TRUE(document.ok());
    user_handle = *jose::base64url_decode((*document)["user"]["id"].string_or(""));
    Plan plan = plan_for("webauthn.create", (*document)["challenge"].string_or(""));
    plan.flags |= 0x40;
    if (change) change(plan);
    Sent sent;
    sent.id = id_;
    sent.client_data = client_data(plan);
    const std::string data = fixed_part(plan) + attested_part(plan) + plan.extensions + plan.trailing;
    sent.attestation_object = cbor_head(5, 3) + cbor_text("fmt") + cbor_text(plan.format) +
                              cbor_text("attStmt") + plan.statement + cbor_text("authData") +
                              cbor_bytes(data);
    sent.prf_output = prf_output;
    return sent;
  }

  Sent get(const std::string& options, const Change& change = {}) {
    auto document = JsonDocument::parse(options);
    EXPECT_TRUE(document.ok());
    if (sign_count > 0) ++sign_count;
    Plan plan = plan_for("webauthn.get", (*document)["challenge"].string_or(""));
    if (change) change(plan);
    Sent sent;
    sent.id = id_;
    sent.client_data = client_data(plan);
    sent.authenticator_data = fixed_part(plan) + plan.extensions + plan.trailing;
    sent.signature = sign(sent.authenticator_data + crypto::sha256(sent.client_data));
    sent.user_handle = user_handle;
    sent.prf_output = prf_output;
    return sent;
  }

  std::string cose_key() const {
    const crypto::PublicParts& parts = key_.public_key().parts();
    switch (algorithm_) {
      case CoseAlgorithm::ES256:
        return cbor_head(5, 5) + cbor_int(1) + cbor_int(2) + cbor_int(3) + cbor_int(-7) + cbor_int(-1) +
               cbor_int(1) + cbor_int(-2) + cbor_bytes(parts.x) + cbor_int(-3) + cbor_bytes(parts.y);
      case CoseAlgorithm::EdDSA:
        return cbor_head(5, 4) + cbor_int(1) + cbor_int(1) + cbor_int(3) + cbor_int(-8) + cbor_int(-1) +
               cbor_int(6) + cbor_int(-2) + cbor_bytes(parts.x);
      case CoseAlgorithm::RS256:
        return cbor_head(5, 4) + cbor_int(1) + cbor_int(3) + cbor_int(3) + cbor_int(-257) + cbor_int(-1) +
               cbor_bytes(parts.n) + cbor_int(-2) + cbor_bytes(parts.e);
    }
    return "";
  }

 private:
  Plan plan_for(std::string type, std::string_view challenge) const {
    Plan plan;
    plan.type = std::move(type);
    plan.challenge = challenge;
    plan.sign_count = sign_count;
    return plan;
  }
  static std::string client_data(const Plan& plan) {
    return R"({"type":")" + plan.type + R"(","challenge":")" + plan.challenge + R"(","origin":")" +
           plan.origin + "\"" + plan.more_client_data + "}";
  }
  static std::string fixed_part(const Plan& plan) {
    const auto flags = static_cast<uint8_t>(plan.flags | (plan.extensions.empty() ? 0 : 0x80));
    return crypto::sha256(plan.rp_id) + static_cast<char>(flags) + big_endian_bytes(plan.sign_count, 4);
  }
  std::string attested_part(const Plan& plan) const {
    if ((plan.flags & 0x40) == 0) return "";
    return std::string(16, 'a') + big_endian_bytes(id_.size(), 2) + id_ + cose_key();
  }
  std::string sign(const std::string& message) const {
    const std::string signature = key_.sign(message);
    if (algorithm_ != CoseAlgorithm::ES256) return signature;
    const std::string body = der_integer(signature.substr(0, 32)) + der_integer(signature.substr(32));
    return "\x30" + std::string(1, static_cast<char>(body.size())) + body;
  }
  static std::string der_integer(std::string number) {
    number.erase(0, std::min(number.find_first_not_of('\0'), number.size() - 1));
    if ((static_cast<uint8_t>(number[0]) & 0x80) != 0) number.insert(0, 1, '\0');
    return "\x02" + std::string(1, static_cast<char>(number.size())) + number;
  }

  CoseAlgorithm algorithm_;
  crypto::PrivateKey key_;
  std::string id_;
};

}  // namespace valetkey::accounts
