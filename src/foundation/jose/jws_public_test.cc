// Compact JWS under public keys, and the forged ones of every kind that was ever accepted somewhere.
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "foundation/base/strings.h"
#include "foundation/crypto/crypto.h"
#include "foundation/crypto/signature.h"
#include "foundation/jose/jose.h"
#include "foundation/jose/jwk.h"

namespace valetkey::jose {
namespace {

VerifyingKey parse(const std::string& jwk) {
  auto key = VerifyingKey::parse(JsonDocument::parse(jwk)->root());
  EXPECT_TRUE(key.ok()) << jwk;
  return *key;
}

const SigningKey& key_of(Algorithm algorithm) {
  static const SigningKey keys[] = {SigningKey::generate(Algorithm::ES256, "es"),
                                    SigningKey::generate(Algorithm::RS256, "rs"),
                                    SigningKey::generate(Algorithm::EdDSA, "ed")};
  return keys[static_cast<size_t>(algorithm)];
}

// A key whose private half tests may use on texts that sign_jwt would never make.
struct RawKey {
  crypto::PrivateKey key;
  VerifyingKey verifying_key;

  explicit RawKey(crypto::KeyKind kind = crypto::KeyKind::p256)
      : key(crypto::PrivateKey::generate(kind)), verifying_key(parse(jwk())) {}
  std::string jwk() const {
    const crypto::PublicParts& parts = key.public_key().parts();
    if (key.kind() == crypto::KeyKind::rsa) {
      return R"({"kty":"RSA","n":")" + base64url_encode(parts.n) + R"(","e":")" + base64url_encode(parts.e) +
             "\"}";
    }
    return R"({"kty":"EC","crv":"P-256","x":")" + base64url_encode(parts.x) + R"(","y":")" +
           base64url_encode(parts.y) + "\"}";
  }
  std::string sign(std::string_view header, std::string_view payload = R"({"sub":"me"})") const {
    const std::string text = base64url_encode(header) + "." + base64url_encode(payload);
    return text + "." + base64url_encode(key.sign(text));
  }
};

void expect_forged(const std::string& jwt, const VerifyingKey& key) {
  const auto opened = verify_jws(jwt, key);
  ASSERT_FALSE(opened.ok()) << jwt.substr(0, 300);
  EXPECT_EQ(opened.error().code, Code::unauthorized);
}

void expect_bad_header(const std::string& header) {
  static const RawKey key;
  const std::string jwt = key.sign(header);
  const auto read = read_jws_header(jwt);
  ASSERT_FALSE(read.ok()) << header.substr(0, 300);
  EXPECT_EQ(read.error().code, Code::invalid_argument);
  expect_forged(jwt, key.verifying_key);
}

TEST(PublicJws, SignsAndVerifiesWithEveryAlgorithm) {
  for (const Algorithm algorithm : {Algorithm::ES256, Algorithm::RS256, Algorithm::EdDSA}) {
    const SigningKey& key = key_of(algorithm);
    const std::string jwt = key.sign_jwt("at+jwt", R"({"sub":"me","n":[1,{"a":2}]})");
    EXPECT_EQ(base64url_decode(jwt.substr(0, jwt.find('.'))),
              R"({"alg":")" + std::string(to_string(algorithm)) + R"(","typ":"at+jwt","kid":")" +
                  key.key_id() + "\"}");
    const auto header = read_jws_header(jwt);
    ASSERT_TRUE(header.ok());
    EXPECT_EQ(header->algorithm, algorithm);
    EXPECT_EQ(header->key_id, key.key_id());
    EXPECT_EQ(header->typ, "at+jwt");
    const auto payload = verify_jws(jwt, key.verifying_key());
    ASSERT_TRUE(payload.ok()) << payload.error().detail;
    EXPECT_EQ((*payload)["sub"].string(), "me");
    EXPECT_EQ((*payload)["n"].at(1)["a"].integer(), 2);
    expect_forged(
        jwt, key_of(algorithm == Algorithm::ES256 ? Algorithm::RS256 : Algorithm::ES256).verifying_key());
    expect_forged(jwt, SigningKey::generate(Algorithm::ES256, key.key_id()).verifying_key());
  }
}

TEST(PublicJws, Rfc7515AppendixA3) {
  const VerifyingKey key =
      parse(R"({"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",)"
            R"("y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"})");
  const auto payload = verify_jws(
      "eyJhbGciOiJFUzI1NiJ9."
      "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0"
      "cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q",
      key);
  ASSERT_TRUE(payload.ok());
  EXPECT_EQ((*payload)["iss"].string(), "joe");
}

TEST(PublicJws, Rfc7515AppendixA2) {
  const VerifyingKey key = parse(
      R"({"kty":"RSA","n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d)"
      R"(4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQO)"
      R"(S-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkML)"
      R"(s91kzk2PAcDTW9gb54h4FRWyuXpoQ","e":"AQAB"})");
  const auto payload = verify_jws(
      "eyJhbGciOiJSUzI1NiJ9."
      "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0"
      "cnVlfQ.cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_"
      "O8W2Fp5jujGbds9uJd"
      "bF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_"
      "eSN9383LcOL"
      "n6_dO--xi12jzDwusC-"
      "eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0"
      "igcN_IoypGlUPQGe77Rw",
      key);
  ASSERT_TRUE(payload.ok());
  EXPECT_EQ((*payload)["iss"].string(), "joe");
}

// Its payload is a sentence and no JWT, so the key alone is asked.
TEST(PublicJws, Rfc8037AppendixA5) {
  const VerifyingKey key =
      parse(R"({"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})");
  const std::string text = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc";
  const std::string signature =
      "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
  EXPECT_TRUE(key.verify(text, *base64url_decode(signature)));
  expect_forged(text + "." + signature, key);
}

TEST(ForgedJws, NoneOfAnySpelling) {
  for (const char* none : {"none", "None", "NONE", "nOnE", "", " none"}) {
    const std::string header = base64url_encode(R"({"alg":")" + std::string(none) + R"(","typ":"at+jwt"})");
    const std::string text = header + "." + base64url_encode(R"({"sub":"me"})");
    EXPECT_FALSE(read_jws_header(text + ".").ok());
    for (const std::string& jwt : {text + ".", text, text + ".AA"}) {
      expect_forged(jwt, key_of(Algorithm::ES256).verifying_key());
      expect_forged(jwt, key_of(Algorithm::RS256).verifying_key());
    }
  }
  expect_bad_header(R"({"typ":"at+jwt"})");
  expect_bad_header(R"({"alg":null})");
  expect_bad_header(R"({"alg":["ES256"]})");
}

// The public key, which everybody has, as the secret of a MAC.
TEST(ForgedJws, HmacWithThePublicKeyAsItsSecret) {
  const RawKey rsa(crypto::KeyKind::rsa);
  const Secret pkcs8 = rsa.key.pkcs8();
  const auto* at = reinterpret_cast<const unsigned char*>(pkcs8.reveal().data());
  EVP_PKEY* native = d2i_AutoPrivateKey(nullptr, &at, static_cast<long>(pkcs8.size()));
  unsigned char* der = nullptr;
  const int size = i2d_PUBKEY(native, &der);
  const std::string der_text(reinterpret_cast<char*>(der), static_cast<size_t>(size));
  OPENSSL_free(der);
  EVP_PKEY_free(native);
  std::string pem = base64_encode(der_text);
  for (size_t i = 64; i < pem.size(); i += 65) pem.insert(i, "\n");
  pem = "-----BEGIN PUBLIC KEY-----\n" + pem + "\n-----END PUBLIC KEY-----";
  for (const std::string& secret : {der_text, pem, pem + "\n", rsa.jwk(), std::string()}) {
    for (const char* alg : {"HS256", "hs256", "RS256"}) {
      const std::string text = base64url_encode(R"({"alg":")" + std::string(alg) + "\"}") + "." +
                               base64url_encode(R"({"sub":"me"})");
      expect_forged(text + "." + base64url_encode(crypto::hmac_sha256(Secret(secret), text)),
                    rsa.verifying_key);
    }
  }
}

// A key, or where to fetch one, that comes with the token itself convinces nobody.
TEST(ForgedJws, KeysThatTheTokenBringsAlong) {
  const RawKey attacker, ours;
  for (const std::string& header : {R"({"alg":"ES256","jwk":)" + attacker.jwk() + "}",
                                    std::string(R"({"alg":"ES256","jku":"https://evil.example/jwks"})"),
                                    std::string(R"({"alg":"ES256","x5u":"https://evil.example/cert"})"),
                                    std::string(R"({"alg":"ES256","x5c":["MIIB"],"kid":"es"})")}) {
    expect_forged(attacker.sign(header), ours.verifying_key);
    EXPECT_TRUE(verify_jws(ours.sign(header), ours.verifying_key).ok());
  }
}

TEST(ForgedJws, KeyIdsAreNamesAndNothingElse) {
  const JwkSet set = *JwkSet::parse(R"({"keys":[{"kid":"k1",)" + RawKey().jwk().substr(1) + "]}");
  const RawKey attacker;
  for (const char* kid : {"../../../../dev/null", "/dev/null", "' OR 1=1 --", "k1'; DROP TABLE keys; --",
                          "k1\\u0000", "K1", " k1", "https://evil.example/key"}) {
    const std::string header = R"({"alg":"ES256","kid":")" + std::string(kid) + "\"}";
    const auto read = read_jws_header(attacker.sign(header));
    ASSERT_TRUE(read.ok()) << kid;
    EXPECT_EQ(set.find(read->key_id, read->algorithm), nullptr) << kid;
  }
  const auto header = [](size_t size) {
    return R"({"alg":"ES256","kid":")" + std::string(size, 'k') + "\"}";
  };
  EXPECT_TRUE(read_jws_header(attacker.sign(header(kMaxKeyIdSize))).ok());
  expect_bad_header(header(kMaxKeyIdSize + 1));
  expect_bad_header(header(10 * 1024));
  expect_bad_header(R"({"alg":"ES256","kid":7})");
  expect_bad_header(R"({"alg":"ES256","kid":["k1"]})");
}

TEST(ForgedJws, AnAlgorithmOfAnotherKindOfKey) {
  const RawKey ec, rsa(crypto::KeyKind::rsa);
  for (const char* alg : {"RS256", "EdDSA"}) {
    expect_forged(ec.sign(R"({"alg":")" + std::string(alg) + "\"}"), ec.verifying_key);
  }
  expect_forged(rsa.sign(R"({"alg":"ES256"})"), rsa.verifying_key);
  expect_forged(rsa.sign(R"({"alg":"ES256"})"), ec.verifying_key);
  for (const char* alg : {"PS256", "RS1", "RS512", "ES384", "ES512", "ES256K", "HS256", "dir", "A128KW"}) {
    expect_bad_header(R"({"alg":")" + std::string(alg) + "\"}");
  }
}

TEST(ForgedJws, ExtensionsWeDoNotUnderstand) {
  expect_bad_header(R"({"alg":"ES256","crit":["exp"],"exp":1})");
  expect_bad_header(R"({"alg":"ES256","crit":[]})");
  expect_bad_header(R"({"alg":"ES256","crit":null})");
  expect_bad_header(R"({"alg":"ES256","b64":false,"crit":["b64"]})");
  expect_bad_header(R"({"alg":"ES256","b64":true})");
}

TEST(ForgedJws, OneNameHasOneValue) {
  expect_bad_header(R"({"alg":"ES256","alg":"ES256"})");
  expect_bad_header(R"({"alg":"ES256","\u0061lg":"none"})");
  expect_bad_header(R"({"alg":"ES256","kid":"a","kid":"b"})");
  expect_bad_header(R"({"alg":"ES256","jwk":{"kty":"EC","kty":"RSA"}})");
  const RawKey key;
  for (const char* payload : {R"({"sub":"me","sub":"you"})", R"({"sub":"me","s\u0075b":"you"})",
                              R"({"sub":"me","cnf":{"jkt":"a","jkt":"b"}})", R"({"a":[{"b":1,"b":2}]})"}) {
    expect_forged(key.sign(R"({"alg":"ES256"})", payload), key.verifying_key);
  }
}

TEST(ForgedJws, HeadersAndPayloadsThatAreNoObjects) {
  for (const char* header :
       {"", "null", "[]", "\"ES256\"", "{", R"({"alg":"ES256"}{})", R"({"alg":"ES256")", "\xff"}) {
    expect_bad_header(header);
  }
  expect_bad_header(R"({"alg":"ES256","typ":7})");
  const RawKey key;
  for (const char* payload :
       {"", "null", "[]", "7", "\"me\"", "{", R"({"sub":"me"} x)", "{\"sub\":\"\xff\"}"}) {
    expect_forged(key.sign(R"({"alg":"ES256"})", payload), key.verifying_key);
  }
}

TEST(ForgedJws, EcdsaNumbersOutOfRange) {
  const RawKey key;
  const std::string jwt = key.sign(R"({"alg":"ES256"})");
  const std::string text = jwt.substr(0, jwt.rfind('.') + 1),
                    signature = *base64url_decode(jwt.substr(text.size()));
  const std::string r = signature.substr(0, 32), s = signature.substr(32), zero(32, '\0'), ones(32, '\xff');
  const std::string order = *from_hex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551");
  ASSERT_TRUE(verify_jws(text + base64url_encode(r + s), key.verifying_key).ok());
  for (const std::string& bad :
       {zero + zero, r + zero, zero + s, order + s, r + order, order + order, ones + ones, '\0' + r + s,
        r + s + '\0', '\0' + r + '\0' + s, r, std::string(), s + r}) {
    expect_forged(text + base64url_encode(bad), key.verifying_key);
  }
  // What OpenSSL and half of the world's libraries speak: DER.
  std::string der = "\x02\x20" + r + "\x02\x20" + s;
  expect_forged(text + base64url_encode("\x30" + std::string(1, static_cast<char>(der.size())) + der),
                key.verifying_key);
}

TEST(ForgedJws, Base64HasOneSpelling) {
  const RawKey key;
  const std::string jwt = key.sign(R"({"alg":"ES256"})", R"({"sub":"me!"})");
  const size_t first = jwt.find('.'), second = jwt.rfind('.');
  const std::string h = jwt.substr(0, first), p = jwt.substr(first + 1, second - first - 1),
                    s = jwt.substr(second + 1);
  ASSERT_TRUE(verify_jws(jwt, key.verifying_key).ok());
  std::string stray = s;
  stray.back() = static_cast<char>(stray.back() + 1);  // 86 characters hold 512 bits and 4 that must be zero
  const auto with_stray_bits = h + "." + p + "." + stray;
  for (const std::string& bad :
       {h + "=." + p + "." + s, h + "." + p + "==." + s, h + "." + p + "." + s + "==", with_stray_bits,
        " " + jwt, jwt + " ", jwt + "\n", h + "\n." + p + "." + s, h + "." + p, h + "." + p + "." + s + ".",
        h + "." + p + "." + s + "." + s, "." + p + "." + s, h + ".." + s, h, std::string("."),
        std::string(".."), std::string(), "Bearer " + jwt}) {
    expect_forged(bad, key.verifying_key);
  }
  EXPECT_FALSE(read_jws_header(with_stray_bits).ok());
}

TEST(ForgedJws, LengthIsBoundedBeforeAnythingIsRead) {
  const RawKey key;
  const auto of_size = [&](size_t size) {
    std::string filler;
    for (std::string jwt;; filler.push_back('x')) {
      jwt = key.sign(R"({"alg":"ES256"})", R"({"sub":")" + filler + "\"}");
      if (jwt.size() >= size) return jwt;
      filler.append((size - jwt.size()) / 2, 'x');
    }
  };
  const std::string longest = of_size(kMaxJwtSize);
  ASSERT_EQ(longest.size(), kMaxJwtSize);
  EXPECT_TRUE(verify_jws(longest, key.verifying_key).ok());
  const std::string longer = of_size(kMaxJwtSize + 1);
  EXPECT_FALSE(read_jws_header(longer).ok());
  expect_forged(longer, key.verifying_key);
}

// Which type is wanted is the caller's question; the header answers it in one spelling.
TEST(PublicJws, TypIsReadAsAMediaType) {
  const RawKey key;
  const auto typ = [&](const char* spelt) {
    return read_jws_header(key.sign(R"({"alg":"ES256","typ":")" + std::string(spelt) + "\"}"))->typ;
  };
  EXPECT_EQ(typ("at+jwt"), "at+jwt");
  EXPECT_EQ(typ("application/at+jwt"), "at+jwt");
  EXPECT_EQ(typ("Application/AT+JWT"), "at+jwt");
  EXPECT_EQ(typ("JWT"), "jwt");
  EXPECT_EQ(typ("application/a/b"), "application/a/b");
  EXPECT_EQ(read_jws_header(key.sign(R"({"alg":"ES256"})"))->typ, "");
}

}  // namespace
}  // namespace valetkey::jose
