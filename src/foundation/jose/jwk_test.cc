#include "foundation/jose/jwk.h"

#include <gtest/gtest.h>

#include "foundation/jose/jose.h"

namespace valetkey::jose {
namespace {

constexpr const char* kX = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU";  // RFC 7515 appendix A.3
constexpr const char* kY = "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0";
constexpr const char* kEd = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";  // RFC 8037 appendix A.2
constexpr const char* kN =                                                  // RFC 7638 section 3.1
    "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_"
    "BJECPebWKRXjBZCiFV4n3"
    "oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_"
    "FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdA"
    "ZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-"
    "csFCur-"
    "kEgU8awapJzKnqDKgw";

Result<VerifyingKey> parse(const std::string& text) {
  auto document = JsonDocument::parse(text);
  EXPECT_TRUE(document.ok()) << text;
  return VerifyingKey::parse(document->root());
}

std::string ec(const std::string& more = "", const std::string& x = kX, const std::string& y = kY) {
  return R"({"kty":"EC","crv":"P-256","x":")" + x + R"(","y":")" + y + "\"" + more + "}";
}
std::string rsa(const std::string& more = "", const std::string& n = kN, const std::string& e = "AQAB") {
  return R"({"kty":"RSA","n":")" + n + R"(","e":")" + e + "\"" + more + "}";
}
std::string okp(const std::string& more = "", const std::string& x = kEd) {
  return R"({"kty":"OKP","crv":"Ed25519","x":")" + x + "\"" + more + "}";
}

void expect_refused(const std::string& text) {
  const auto key = parse(text);
  ASSERT_FALSE(key.ok()) << text;
  EXPECT_EQ(key.error().code, Code::invalid_argument) << text;
}

std::string written(const VerifyingKey& key) {
  std::string out;
  JsonWriter json(out);
  key.write(json);
  return out;
}

TEST(Jwk, EveryKindIsReadAndWritten) {
  EXPECT_EQ(written(*parse(ec(R"(,"kid":"a","x5c":["ignored"])"))),
            ec(R"(,"kid":"a","use":"sig","alg":"ES256")"));
  EXPECT_EQ(written(*parse(rsa(R"(,"kid":"b")"))), rsa(R"(,"kid":"b","use":"sig","alg":"RS256")"));
  EXPECT_EQ(written(*parse(okp())), okp(R"(,"use":"sig","alg":"EdDSA")"));
  EXPECT_EQ(parse(ec(R"(,"kid":"a")"))->key_id(), "a");
  EXPECT_EQ(parse(ec())->key_id(), "");
}

TEST(Jwk, Thumbprints) {
  EXPECT_EQ(parse(rsa(R"(,"alg":"RS256","kid":"2011-04-29")"))->thumbprint(),
            "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");                              // RFC 7638 3.1
  EXPECT_EQ(parse(okp())->thumbprint(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");  // RFC 8037 A.3
  EXPECT_EQ(parse(ec())->thumbprint(), parse(ec(R"(,"kid":"other","use":"sig")"))->thumbprint());
  EXPECT_NE(parse(ec())->thumbprint(), parse(okp())->thumbprint());
}

TEST(Jwk, AlgUseAndOperationsMustFit) {
  for (const char* more : {R"(,"alg":"ES256")", R"(,"use":"sig")", R"(,"key_ops":["verify"])",
                           R"(,"key_ops":["wrapKey","verify"])"}) {
    EXPECT_TRUE(parse(ec(more)).ok()) << more;
  }
  for (const char* more : {R"(,"alg":"RS256")", R"(,"alg":"HS256")", R"(,"alg":"none")", R"(,"alg":"es256")",
                           R"(,"alg":null)", R"(,"use":"enc")", R"(,"use":1)", R"(,"key_ops":[])",
                           R"(,"key_ops":["sign"])", R"(,"key_ops":"verify")"}) {
    expect_refused(ec(more));
  }
  expect_refused(rsa(R"(,"alg":"PS256")"));
  expect_refused(rsa(R"(,"alg":"RSA-OAEP")"));
  expect_refused(okp(R"(,"alg":"ES256")"));
}

TEST(Jwk, SecretMembersAreRefusedWhateverTheyHold) {
  for (const char* name : {"d", "p", "q", "dp", "dq", "qi", "oth", "k"}) {
    for (const std::string& key :
         {ec(std::string(",\"") + name + R"(":"AQAB")"), rsa(std::string(",\"") + name + "\":null"),
          okp(std::string(",\"") + name + R"(":"")")}) {
      expect_refused(key);
    }
  }
}

TEST(Jwk, OtherKindsOfKeys) {
  for (const char* text :
       {"{}", "[]", "null", "\"key\"", R"({"kty":"oct","k":"AQAB"})", R"({"kty":"oct"})", R"({"kty":"ec"})",
        R"({"kty":1})", R"({"kty":"OKP","crv":"X25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})",
        R"({"kty":"EC","crv":"P-384","x":"AQAB","y":"AQAB"})", R"({"kty":"RSA"})",
        R"({"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"})"}) {
    expect_refused(text);
  }
}

TEST(Jwk, PointsOffTheCurveAndOfAnotherLength) {
  expect_refused(ec("", kY, kX));
  expect_refused(ec("", kX, kX));
  const std::string zero = base64url_encode(std::string(32, '\0'));
  expect_refused(ec("", zero, zero));
  expect_refused(ec("", base64url_encode('\0' + *base64url_decode(kX)), kY));
  expect_refused(ec("", base64url_encode(base64url_decode(kX)->substr(1)), kY));
  expect_refused(okp("", zero));
  expect_refused(okp("", base64url_encode(std::string(31, 'x'))));
}

TEST(Jwk, ANumberHasOneSpelling) {
  expect_refused(ec("", std::string(kX) + "=", kY));
  std::string stray = kX;
  stray.back() = 'V';  // the same bytes with a bit beyond the last
  expect_refused(ec("", stray, kY));
  expect_refused(rsa("", base64url_encode('\0' + *base64url_decode(kN))));
  expect_refused(rsa("", kN, "AAEAAQ"));
  expect_refused(rsa("", std::string(kN) + " "));
  expect_refused(ec("", "", kY));
}

TEST(Jwk, RsaBounds) {
  const auto modulus = [](size_t bytes, char top) {
    return base64url_encode(top + std::string(bytes - 1, '\xff'));
  };
  EXPECT_TRUE(parse(rsa("", modulus(256, '\x80'))).ok());
  expect_refused(rsa("", modulus(256, '\x7f')));
  expect_refused(rsa("", modulus(128, '\xff')));
  EXPECT_TRUE(parse(rsa("", modulus(1024, '\xff'))).ok());
  expect_refused(rsa("", modulus(1025, '\x01')));
  expect_refused(rsa("", kN, "AQ"));
  expect_refused(rsa("", kN, "AA"));
  expect_refused(rsa("", kN, "Ag"));
}

TEST(Jwk, KeyIdAndRepeatedMembers) {
  EXPECT_TRUE(parse(ec(",\"kid\":\"" + std::string(kMaxKeyIdSize, 'k') + "\"")).ok());
  expect_refused(ec(",\"kid\":\"" + std::string(kMaxKeyIdSize + 1, 'k') + "\""));
  expect_refused(ec(R"(,"kid":1)"));
  expect_refused(ec(R"(,"kid":"a","kid":"a")"));
  expect_refused(ec(R"(,"\u006bid":"a","kid":"b")"));
  expect_refused(ec(R"(,"x":")" + std::string(kX) + "\""));
}

TEST(JwkSet, KeysWeCannotUseAreLeftOut) {
  const auto set = JwkSet::parse(R"({"keys":[{"kty":"oct","k":"AQAB"},7,)" + ec(R"(,"kid":"a")") + "," +
                                 rsa(R"(,"kid":"b","use":"enc")") + "," + okp(R"(,"kid":"c")") + "]}");
  ASSERT_TRUE(set.ok());
  ASSERT_EQ(set->keys().size(), 2u);
  EXPECT_EQ(set->find("a", Algorithm::ES256)->key_id(), "a");
  EXPECT_EQ(set->find("a", Algorithm::EdDSA), nullptr);  // a key serves its own algorithm only
  EXPECT_EQ(set->find("b", Algorithm::RS256), nullptr);
  EXPECT_EQ(set->find("d", Algorithm::ES256), nullptr);
}

TEST(JwkSet, WithoutAKidOnlyTheOneKeyOfTheAlgorithm) {
  auto set = JwkSet::parse("{\"keys\":[" + ec(R"(,"kid":"a")") + "," + okp() + "]}");
  EXPECT_EQ(set->find("", Algorithm::ES256)->key_id(), "a");
  EXPECT_NE(set->find("", Algorithm::EdDSA), nullptr);
  EXPECT_EQ(set->find("", Algorithm::RS256), nullptr);
  set = JwkSet::parse("{\"keys\":[" + ec(R"(,"kid":"a")") + "," + ec(R"(,"kid":"b")") + "]}");
  EXPECT_EQ(set->find("", Algorithm::ES256), nullptr);
  EXPECT_EQ(set->find("b", Algorithm::ES256)->key_id(), "b");
}

TEST(JwkSet, Limits) {
  const auto of = [](size_t count) {
    std::string keys;
    for (size_t i = 0; i < count; ++i) keys += (i == 0 ? "" : ",") + okp();
    return JwkSet::parse("{\"keys\":[" + keys + "]}");
  };
  EXPECT_EQ(of(0)->keys().size(), 0u);
  EXPECT_EQ(of(kMaxJwksKeys)->keys().size(), kMaxJwksKeys);
  EXPECT_FALSE(of(kMaxJwksKeys + 1).ok());
  std::string text = R"({"keys":[]})";
  EXPECT_TRUE(JwkSet::parse(text + std::string(kMaxJwksSize - text.size(), ' ')).ok());
  EXPECT_FALSE(JwkSet::parse(text + std::string(kMaxJwksSize + 1 - text.size(), ' ')).ok());
}

TEST(JwkSet, WhatIsNoJwkSet) {
  for (const char* text : {"", "{", "[]", "null", "{}", R"({"keys":{}})", R"({"keys":"x"})",
                           R"({"keys":[],"keys":[]})", R"({"keys":[]}x)", "<html>"}) {
    const auto set = JwkSet::parse(text);
    ASSERT_FALSE(set.ok()) << text;
    EXPECT_EQ(set.error().code, Code::invalid_argument);
  }
}

TEST(SigningKey, KeepsItsNameThroughPkcs8AndRefusesWhatIsNoKey) {
  const SigningKey key = SigningKey::generate(Algorithm::ES256, "k1");
  const auto again = SigningKey::from_pkcs8(key.pkcs8(), "k2");
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again->key_id(), "k2");
  EXPECT_EQ(again->algorithm(), Algorithm::ES256);
  EXPECT_EQ(again->verifying_key().thumbprint(), key.verifying_key().thumbprint());
  EXPECT_FALSE(SigningKey::from_pkcs8(Secret(std::string("x")), "k").ok());
  EXPECT_FALSE(SigningKey::from_pkcs8(key.pkcs8(), std::string(kMaxKeyIdSize + 1, 'k')).ok());
}

TEST(Algorithm, OneSpelling) {
  for (const char* name : {"ES256", "RS256", "EdDSA"}) EXPECT_EQ(to_string(*parse_algorithm(name)), name);
  for (const char* name :
       {"", "none", "None", "es256", "HS256", "PS256", "ES256K", "ES384", "EDDSA", "ES256 "}) {
    EXPECT_FALSE(parse_algorithm(name)) << name;
  }
}

}  // namespace
}  // namespace valetkey::jose
