#include "foundation/crypto/signature.h"

#include <gtest/gtest.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <thread>
#include <vector>

#include "foundation/base/strings.h"
#include "foundation/crypto/crypto.h"

namespace valetkey::crypto {
namespace {

std::string hex(std::string_view text) {
  return *from_hex(text);
}

// The order of P-256, and 2^256 - 1.
const std::string kOrder = hex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551");
const std::string kAllOnes(32, '\xff');

class EveryKind : public testing::TestWithParam<KeyKind> {
 protected:
  // Made once: an RSA key takes its time.
  static const PrivateKey& key_of(KeyKind kind) {
    static const PrivateKey keys[] = {PrivateKey::generate(KeyKind::p256), PrivateKey::generate(KeyKind::rsa),
                                      PrivateKey::generate(KeyKind::ed25519)};
    return keys[static_cast<size_t>(kind)];
  }
  const PrivateKey& key = key_of(GetParam());
};

INSTANTIATE_TEST_SUITE_P(Signature, EveryKind,
                         testing::Values(KeyKind::p256, KeyKind::rsa, KeyKind::ed25519));

TEST_P(EveryKind, WhatIsSignedVerifiesAndNothingElseDoes) {
  const std::string signature = key.sign("message");
  EXPECT_EQ(signature.size(), GetParam() == KeyKind::rsa ? 256u : 64u);
  EXPECT_TRUE(key.public_key().verify("message", signature));
  EXPECT_FALSE(key.public_key().verify("messagf", signature));
  EXPECT_FALSE(key.public_key().verify("", signature));
  EXPECT_FALSE(key.public_key().verify("message", ""));
  EXPECT_FALSE(key.public_key().verify("message", signature + '\0'));
  EXPECT_FALSE(key.public_key().verify("message", '\0' + signature));
  EXPECT_FALSE(key.public_key().verify("message", signature.substr(1)));
  EXPECT_FALSE(key.public_key().verify("message", std::string(signature.size(), '\0')));
  for (size_t i = 0; i < signature.size(); i += 7) {
    std::string bad = signature;
    bad[i] = static_cast<char>(bad[i] ^ 1);
    EXPECT_FALSE(key.public_key().verify("message", bad)) << i;
  }
  EXPECT_TRUE(key.public_key().verify("", key.sign("")));
}

TEST_P(EveryKind, ThePartsMakeThePublicKeyAgain) {
  auto again = PublicKey::from_parts(GetParam(), key.public_key().parts());
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again->kind(), GetParam());
  EXPECT_TRUE(again->verify("message", key.sign("message")));
}

TEST_P(EveryKind, GoesThroughPkcs8) {
  auto again = PrivateKey::from_pkcs8(key.pkcs8());
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again->kind(), GetParam());
  EXPECT_TRUE(key.public_key().verify("message", again->sign("message")));
  const std::string der(key.pkcs8().reveal());
  EXPECT_FALSE(PrivateKey::from_pkcs8(Secret(der + "x")).ok());
  EXPECT_FALSE(PrivateKey::from_pkcs8(Secret(der.substr(0, der.size() - 1))).ok());
  EXPECT_FALSE(PrivateKey::from_pkcs8(Secret(der.substr(1))).ok());
}

TEST_P(EveryKind, ManyThreadsSignWithOneKey) {
  std::vector<std::thread> threads;
  for (char name = 'a'; name < 'e'; ++name) {
    threads.emplace_back([this, name] {
      const std::string message(100, name);
      for (int i = 0; i < 50; ++i) ASSERT_TRUE(key.public_key().verify(message, key.sign(message)));
    });
  }
  for (auto& thread : threads) thread.join();
}

// RFC 6979 appendix A.2.5: the key, and its signature of "sample" with SHA-256.
TEST(Signature, KnownAnswerOfP256) {
  PublicParts parts;
  parts.x = hex("60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6");
  parts.y = hex("7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299");
  const auto key = PublicKey::from_parts(KeyKind::p256, parts);
  ASSERT_TRUE(key.ok());
  const std::string r = hex("efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716");
  const std::string s = hex("f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8");
  EXPECT_TRUE(key->verify("sample", r + s));
  const std::string zero(32, '\0'), one = std::string(31, '\0') + '\1';
  for (const std::string& bad : {zero, kOrder, kAllOnes, one}) {
    EXPECT_FALSE(key->verify("sample", bad + s));
    EXPECT_FALSE(key->verify("sample", r + bad));
    EXPECT_FALSE(key->verify("sample", bad + bad));
  }
  EXPECT_FALSE(key->verify("sample", s + r));
  EXPECT_FALSE(key->verify("sample", zero + r + s));
}

TEST(Signature, APointOffTheCurveIsNoKey) {
  PublicParts good = PrivateKey::generate(KeyKind::p256).public_key().parts();
  const std::string prime = hex("ffffffff00000001000000000000000000000000ffffffffffffffffffffffff");
  PublicParts off = good, swapped = good, zero = good, too_big = good, short_x = good, long_y = good;
  off.y.back() = static_cast<char>(off.y.back() ^ 1);
  std::swap(swapped.x, swapped.y);
  zero.x = zero.y = std::string(32, '\0');
  too_big.x = prime;
  short_x.x.pop_back();
  long_y.y.push_back('\0');
  for (const PublicParts& bad : {off, swapped, zero, too_big, short_x, long_y, PublicParts{}}) {
    const auto key = PublicKey::from_parts(KeyKind::p256, bad);
    ASSERT_FALSE(key.ok());
    EXPECT_EQ(key.error().code, Code::invalid_argument);
  }
  EXPECT_TRUE(PublicKey::from_parts(KeyKind::p256, good).ok());
}

// RFC 8032 section 7.1, test 2.
TEST(Signature, KnownAnswerOfEd25519) {
  PublicParts parts;
  parts.x = hex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c");
  const auto key = PublicKey::from_parts(KeyKind::ed25519, parts);
  ASSERT_TRUE(key.ok());
  const std::string r = hex("92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da");
  const std::string s = hex("085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00");
  EXPECT_TRUE(key->verify("\x72", r + s));
  // The same s plus the group's order: a second spelling of one signature.
  std::string other_s = s;
  const std::string order = hex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
  for (unsigned i = 0, carry = 0; i < 32; ++i) {
    carry += static_cast<unsigned char>(s[i]) + static_cast<unsigned char>(order[i]);
    other_s[i] = static_cast<char>(carry);
    carry >>= 8;
  }
  EXPECT_FALSE(key->verify("\x72", r + other_s));
}

// Under such a key R = the key, S = 0 would be a signature of anything.
TEST(Signature, AnEd25519PointOfSmallOrderIsNoKey) {
  for (const char* point : {"0000000000000000000000000000000000000000000000000000000000000000",
                            "0000000000000000000000000000000000000000000000000000000000000080",
                            "0100000000000000000000000000000000000000000000000000000000000000",
                            "0100000000000000000000000000000000000000000000000000000000000080",
                            "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                            "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
                            "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
                            "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                            "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"}) {
    PublicParts parts;
    parts.x = hex(point);
    EXPECT_FALSE(PublicKey::from_parts(KeyKind::ed25519, parts).ok()) << point;
  }
}

TEST(Signature, BoundsOfRsa) {
  const auto accepts = [](const std::string& n, const std::string& e) {
    PublicParts parts;
    parts.n = n;
    parts.e = e;
    return PublicKey::from_parts(KeyKind::rsa, parts).ok();
  };
  const auto odd = [](size_t bytes, char top) { return top + std::string(bytes - 1, '\xff'); };
  const std::string e = hex("010001");
  EXPECT_TRUE(accepts(odd(256, '\x80'), e));
  EXPECT_FALSE(accepts(odd(256, '\x7f'), e));  // 2047 bits
  EXPECT_FALSE(accepts(odd(128, '\x80'), e));
  EXPECT_TRUE(accepts(odd(1024, '\xff'), e));
  EXPECT_FALSE(accepts(odd(1025, '\x01'), e));  // 8193 bits
  EXPECT_FALSE(accepts('\0' + odd(256, '\x80'), e));
  EXPECT_FALSE(accepts(std::string(256, '\xfe'), e));
  EXPECT_FALSE(accepts("", e));
  const std::string n = odd(256, '\x80');
  EXPECT_TRUE(accepts(n, "\x03"));
  EXPECT_TRUE(accepts(n, odd(8, '\x01')));
  for (const std::string& bad : {std::string(), std::string(1, '\0'), std::string("\x01"),
                                 std::string("\x02"), hex("010000"), hex("00010001"), odd(9, '\x01')}) {
    EXPECT_FALSE(accepts(n, bad)) << to_hex(bad);
  }
}

TEST(Signature, Pkcs8IsReadAsPemToo) {
  // openssl genpkey -algorithm ed25519
  const std::string body = "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n";
  const std::string pem = "-----BEGIN PRIVATE KEY-----\n" + body + "-----END PRIVATE KEY-----\n";
  const auto key = PrivateKey::from_pkcs8(Secret(pem));
  ASSERT_TRUE(key.ok());  // the secret key of RFC 8032, test 1
  EXPECT_EQ(to_hex(key->public_key().parts().x),
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
  EXPECT_EQ(to_hex(key->sign("")),
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
            "d25bf5f0595"
            "bbe24655141438e7a100b");
  for (const std::string& bad :
       {std::string(), std::string("x"), pem.substr(0, 40), "-----BEGIN PUBLIC KEY-----\n" + body,
        "-----BEGIN PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: "
        "AES-256-CBC,00112233445566778899AABBCCDDEEFF\n\n" +
            body + "-----END PRIVATE KEY-----\n",
        "-----BEGIN RSA PRIVATE KEY-----\n" + body + "-----END RSA PRIVATE KEY-----\n"}) {
    const auto refused = PrivateKey::from_pkcs8(Secret(bad));
    ASSERT_FALSE(refused.ok()) << bad;
    EXPECT_EQ(refused.error().code, Code::invalid_argument);
  }
}

Secret pkcs8_of(EVP_PKEY* key) {
  PKCS8_PRIV_KEY_INFO* info = EVP_PKEY2PKCS8(key);
  unsigned char* bytes = nullptr;
  const int size = i2d_PKCS8_PRIV_KEY_INFO(info, &bytes);
  Secret out(std::string(reinterpret_cast<char*>(bytes), static_cast<size_t>(size)));
  OPENSSL_free(bytes);
  PKCS8_PRIV_KEY_INFO_free(info);
  EVP_PKEY_free(key);
  return out;
}

TEST(Signature, KeysOfOtherKindsAreRefused) {
  EXPECT_TRUE(PrivateKey::from_pkcs8(pkcs8_of(EVP_EC_gen("P-256"))).ok());
  EXPECT_FALSE(PrivateKey::from_pkcs8(pkcs8_of(EVP_EC_gen("P-384"))).ok());
  EXPECT_FALSE(PrivateKey::from_pkcs8(pkcs8_of(EVP_EC_gen("secp256k1"))).ok());
  EXPECT_FALSE(PrivateKey::from_pkcs8(pkcs8_of(EVP_RSA_gen(1024))).ok());
  EXPECT_FALSE(PrivateKey::from_pkcs8(pkcs8_of(EVP_PKEY_Q_keygen(nullptr, nullptr, "X25519"))).ok());
  EXPECT_EQ(ERR_peek_error(), 0u);  // nothing is left for TLS on this thread to find
}

TEST(Signature, HalvesOfTwoKeysAreNoKey) {
  const PrivateKey mine = PrivateKey::generate(KeyKind::p256);
  const PublicParts theirs = PrivateKey::generate(KeyKind::p256).public_key().parts();
  std::string der(mine.pkcs8().reveal());  // ends with the point
  der.replace(der.size() - 64, 64, theirs.x + theirs.y);
  EXPECT_FALSE(PrivateKey::from_pkcs8(Secret(der)).ok());
}

}  // namespace
}  // namespace valetkey::crypto
