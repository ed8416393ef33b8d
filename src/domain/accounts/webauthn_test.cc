#include "domain/accounts/webauthn.h"

#include <gtest/gtest.h>

#include "domain/accounts/passkey_authenticator_test_support.h"
#include "foundation/base/strings.h"

namespace valetkey::accounts {
namespace {

// Authenticator data of a registration with this COSE key.
std::string with_key(const std::string& cose, const std::string& id = "abcd") {
  return crypto::sha256(kRpId) + "\x45" + std::string(4, '\0') + std::string(16, 'a') +
         big_endian_bytes(id.size(), 2) + id + cose;
}

std::string ec_key(int64_t type, int64_t algorithm, int64_t curve, const std::string& x,
                   const std::string& y) {
  return cbor_head(5, 5) + cbor_int(1) + cbor_int(type) + cbor_int(3) + cbor_int(algorithm) + cbor_int(-1) +
         cbor_int(curve) + cbor_int(-2) + cbor_bytes(x) + cbor_int(-3) + cbor_bytes(y);
}

// The generator of P-256 (SEC 2).
const std::string kX = *from_hex("6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296");
const std::string kY = *from_hex("4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5");

TEST(CoseKey, APointOfP256IsRead) {
  auto data = read_authenticator_data(with_key(ec_key(2, -7, 1, kX, kY)));
  ASSERT_TRUE(data.ok()) << data.error().detail;
  EXPECT_EQ(data->attested->id, "abcd");
  EXPECT_EQ(data->attested->key.bytes, kX + kY);
  EXPECT_TRUE(data->user_present && data->user_verified);
}

TEST(CoseKey, WhatIsNoKeyOfOursIsRefused) {
  const std::string off_curve = kY.substr(0, 31) + "\xf4";
  const std::string zero(32, '\0');
  for (const std::string& bad :
       {ec_key(2, -7, 1, kX, off_curve), ec_key(2, -7, 1, zero, zero),
        ec_key(2, -7, 1, std::string(32, '\xff'), kY), ec_key(2, -7, 1, kX.substr(1), kY),
        ec_key(2, -7, 1, kX, kY + "x"), ec_key(2, -7, 2, kX, kY), ec_key(1, -7, 1, kX, kY),
        ec_key(2, -8, 1, kX, kY), ec_key(2, -35, 2, kX, kY), ec_key(2, -25, 1, kX, kY), cbor_head(5, 0),
        cbor_head(4, 0), std::string()}) {
    EXPECT_FALSE(read_authenticator_data(with_key(bad)).ok()) << to_hex(bad);
  }
}

TEST(CoseKey, AParameterTwiceIsRefused) {
  const std::string once = ec_key(2, -7, 1, kX, kY);
  for (const std::string& again :
       {cbor_int(1) + cbor_int(2), cbor_int(3) + cbor_int(-7), cbor_int(-1) + cbor_int(1),
        cbor_int(-2) + cbor_bytes(kX), cbor_int(-3) + cbor_bytes(kY)}) {
    EXPECT_FALSE(read_authenticator_data(with_key(cbor_head(5, 6) + once.substr(1) + again)).ok());
  }
  const std::string more = cbor_head(5, 6) + once.substr(1) + cbor_int(4) + cbor_head(4, 1) + cbor_int(2);
  EXPECT_TRUE(read_authenticator_data(with_key(more)).ok()) << "key_ops may be there";
}

TEST(AuthenticatorData, IsWholeAndNothingMore) {
  const std::string whole = with_key(ec_key(2, -7, 1, kX, kY));
  for (size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(read_authenticator_data(std::string_view(whole).substr(0, size)).ok()) << size;
  }
  EXPECT_FALSE(read_authenticator_data(whole + "x").ok());
  const std::string id_limit(kMaxCredentialId, 'i');
  EXPECT_TRUE(read_authenticator_data(with_key(ec_key(2, -7, 1, kX, kY), id_limit)).ok());
  EXPECT_FALSE(read_authenticator_data(with_key(ec_key(2, -7, 1, kX, kY), id_limit + "i")).ok());
  EXPECT_FALSE(read_authenticator_data(with_key(ec_key(2, -7, 1, kX, kY), "")).ok());
}

TEST(AttestationObject, NeedsFormatAndDataOnceInAnyOrder) {
  const std::string format = cbor_text("fmt") + cbor_text("none");
  const std::string statement = cbor_text("attStmt") + cbor_head(5, 0);
  const std::string data = cbor_text("authData") + cbor_bytes("bytes");
  EXPECT_EQ(*read_attestation_object(cbor_head(5, 3) + format + statement + data), "bytes");
  EXPECT_EQ(*read_attestation_object(cbor_head(5, 3) + data + statement + format), "bytes");
  for (const std::string& bad :
       {cbor_head(5, 2) + format + statement, cbor_head(5, 2) + statement + data,
        cbor_head(5, 4) + format + data + statement + data, cbor_head(5, 3) + format + statement + data + "x",
        cbor_head(5, 3) + format + statement, cbor_head(4, 0), std::string()}) {
    EXPECT_FALSE(read_attestation_object(bad).ok());
  }
}

TEST(AttestationObject, HasALimit) {
  auto of_size = [](size_t size) {
    const std::string head = cbor_head(5, 2) + cbor_text("fmt") + cbor_text("none") + cbor_text("authData");
    return head + cbor_bytes(std::string(size - head.size() - 3, 'd'));
  };
  EXPECT_TRUE(read_attestation_object(of_size(kMaxAttestation)).ok());
  EXPECT_FALSE(read_attestation_object(of_size(kMaxAttestation + 1)).ok());
}

TEST(ClientData, IsJsonOfTheRightTypeAndOriginWithAChallenge) {
  const Ceremony ceremony{"webauthn.get", kOrigin};
  EXPECT_EQ(*read_client_data(
                R"({"type":"webauthn.get","challenge":"YWJj","origin":"https://valet.example"})", ceremony),
            "abc");
  for (const char* bad : {"", "null", "[]", "{}", R"({"type":"webauthn.get","challenge":"YWJj"})",
                          R"({"type":"webauthn.get","challenge":7,"origin":"https://valet.example"})",
                          R"({"type":"webauthn.get","challenge":"YW Jj","origin":"https://valet.example"})",
                          R"({"challenge":"YWJj","origin":"https://valet.example"})"}) {
    EXPECT_FALSE(read_client_data(bad, ceremony).ok()) << bad;
  }
  auto of_size = [](size_t size) {
    std::string json = R"({"type":"webauthn.get","challenge":"YWJj","origin":"https://valet.example","x":")";
    return json + std::string(size - json.size() - 2, 'x') + "\"}";
  };
  EXPECT_TRUE(read_client_data(of_size(kMaxClientData), ceremony).ok());
  EXPECT_FALSE(read_client_data(of_size(kMaxClientData + 1), ceremony).ok());
}

}  // namespace
}  // namespace valetkey::accounts
