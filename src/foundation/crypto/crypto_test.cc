#include "foundation/crypto/crypto.h"

#include <gtest/gtest.h>

#include <atomic>
#include <set>
#include <thread>
#include <vector>

#include "foundation/base/strings.h"

namespace valetkey::crypto {
namespace {

std::string hex(std::string_view text) {
  return *from_hex(text);
}
std::string view(const Secret& secret) {
  return std::string(secret.reveal());
}

TEST(Sha256, KnownAnswers) {
  EXPECT_EQ(to_hex(sha256("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(to_hex(sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(to_hex(sha256(std::string_view{})), to_hex(sha256("")));
}

TEST(Hmac, Rfc4231) {
  EXPECT_EQ(to_hex(hmac_sha256(Secret(std::string(20, '\x0b')), "Hi There")),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(to_hex(hmac_sha256(Secret(std::string("Jefe")), "what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  // A key longer than a block is hashed first.
  EXPECT_EQ(to_hex(hmac_sha256(Secret(std::string(131, '\xaa')),
                               "Test Using Larger Than Block-Size Key - Hash Key First")),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

// Checked against another implementation of HMAC.
TEST(Hmac, KeysAroundTheSizeOfABlock) {
  const auto mac = [](size_t size) { return to_hex(hmac_sha256(Secret(std::string(size, 'k')), "text")); };
  EXPECT_EQ(mac(63), "c90d83e78c64ee16fe2eefa3e8a834d79d1d3d0ea483f8d9908323b714c7f134");
  EXPECT_EQ(mac(64), "0414bb1d8c0c4556cdb2028727b16610ae377b1a194b6db1f853d4297f2329bc");
  EXPECT_EQ(mac(65), "5b69580123e3d7e788b7e8352ac37a3247b911c5ec0837147b74109a6382d3f5");
}

TEST(Hmac, OneKeyServesManyThreads) {
  const HmacSha256 hmac(Secret(std::string("Jefe")));
  const auto expected = hmac.mac("what do ya want for nothing?");
  std::atomic<int> wrong = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < 500; ++round) wrong += hmac.mac("what do ya want for nothing?") != expected;
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

TEST(Hmac, OneContextGivesTheSameAnswerEveryTime) {
  const Secret key(std::string("Jefe"));
  HmacSha256 context(key);
  const auto first = context.mac("what do ya want for nothing?");
  const auto other = context.mac("");
  EXPECT_EQ(context.mac("what do ya want for nothing?"), first);
  EXPECT_NE(first, other);
  HmacSha256 moved(std::move(context));
  EXPECT_EQ(moved.mac(""), other);
}

TEST(Hmac, TheEmptyKeyIsAKey) {
  EXPECT_EQ(to_hex(hmac_sha256(Secret(), "")),
            "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

TEST(Hkdf, Rfc5869) {
  const Secret first(std::string(22, '\x0b'));
  EXPECT_EQ(
      to_hex(view(hkdf_sha256(first, hex("000102030405060708090a0b0c"), hex("f0f1f2f3f4f5f6f7f8f9"), 42))),
      "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865");
  EXPECT_EQ(to_hex(view(hkdf_sha256(first, "", "", 42))),
            "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8");
  EXPECT_EQ(hkdf_sha256(first, "", "", 0).size(), 0u);
  EXPECT_EQ(hkdf_sha256(first, "", "", 255 * 32).size(), 255u * 32);
}

TEST(Hkdf, PerAppIdentitySecretOfAuthAi) {
  const Secret master(std::string(32, '\x01'));
  EXPECT_EQ(to_hex(view(hkdf_sha256(master, "", "authai-cloud-identity:app_1", 32))),
            "0046b643bcaecf22f686e2923363a0f1613694c3f56af4d334e1e58c70c1198b");
}

// McGrew and Viega, test cases 13, 14 and 16.
TEST(Aead, KnownAnswers) {
  const Secret zero(std::string(32, '\0'));
  const std::string zero_nonce(12, '\0');
  EXPECT_EQ(to_hex(aead_seal(zero, zero_nonce, "", "")), "530f8afbc74536b9a963b4f1c4cb738b");
  EXPECT_EQ(to_hex(aead_seal(zero, zero_nonce, std::string(16, '\0'), "")),
            "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919");
  const Secret key(hex("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308"));
  const std::string text =
      hex("d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525"
          "b16aedf5aa0de657ba637b39");
  const std::string aad = hex("feedfacedeadbeeffeedfacedeadbeefabaddad2");
  const std::string sealed = aead_seal(key, hex("cafebabefacedbaddecaf888"), text, aad);
  EXPECT_EQ(to_hex(sealed),
            "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838"
            "c5f61e6393ba7a0abcc9f66276fc6ece0f4e1768cddf8853bb2d551b");
  const auto opened = aead_open(key, hex("cafebabefacedbaddecaf888"), sealed, aad);
  ASSERT_TRUE(opened.ok());
  EXPECT_EQ(view(*opened), text);
}

TEST(Aead, EveryFlippedBitIsNoticed) {
  const Secret key(std::string(32, 'k'));
  const std::string nonce(12, 'n');
  const std::string sealed = aead_seal(key, nonce, "credential", "record 1");
  for (size_t i = 0; i < sealed.size() * 8; ++i) {
    std::string bad = sealed;
    bad[i / 8] = static_cast<char>(bad[i / 8] ^ (1 << (i % 8)));
    const auto opened = aead_open(key, nonce, bad, "record 1");
    ASSERT_FALSE(opened.ok());
    ASSERT_EQ(opened.error().code, Code::unauthorized);
  }
  EXPECT_FALSE(aead_open(key, nonce, sealed, "record 2").ok());
  EXPECT_FALSE(aead_open(key, nonce, sealed, "").ok());
  EXPECT_FALSE(aead_open(key, std::string(12, 'm'), sealed, "record 1").ok());
  EXPECT_FALSE(aead_open(Secret(std::string(32, 'l')), nonce, sealed, "record 1").ok());
  EXPECT_TRUE(aead_open(key, nonce, sealed, "record 1").ok());  // a failure leaves the context usable
}

TEST(Aead, OpensWhereItLiesAndLeavesNothingOfWhatDoesNotFit) {
  const Secret key(std::string(32, 'k'));
  const std::string nonce(12, 'n');
  const std::string sealed = aead_seal(key, nonce, "credential", "record 1");
  std::string good = sealed;
  ASSERT_TRUE(aead_open_in_place(key, nonce, good, "record 1").ok());
  EXPECT_EQ(good.substr(0, good.size() - kAeadTagSize), "credential");
  std::string bad = sealed;
  bad.back() = static_cast<char>(bad.back() ^ 1);
  const auto opened = aead_open_in_place(key, nonce, bad, "record 1");
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.error().code, Code::unauthorized);
  EXPECT_EQ(bad.substr(0, bad.size() - kAeadTagSize), std::string(10, '\0'));
}

TEST(Aead, WrongSizesAreTheCallersFault) {
  const Secret key(std::string(32, 'k'));
  const std::string nonce(12, 'n');
  const std::string sealed = aead_seal(key, nonce, "", "");
  const auto code = [&](const Secret& k, std::string_view n, std::string_view c) {
    const auto opened = aead_open(k, n, c, "");
    return opened.ok() ? Code::internal : opened.error().code;
  };
  EXPECT_EQ(code(Secret(std::string(31, 'k')), nonce, sealed), Code::invalid_argument);
  EXPECT_EQ(code(Secret(std::string(33, 'k')), nonce, sealed), Code::invalid_argument);
  EXPECT_EQ(code(Secret(), nonce, sealed), Code::invalid_argument);
  EXPECT_EQ(code(key, std::string(11, 'n'), sealed), Code::invalid_argument);
  EXPECT_EQ(code(key, std::string(16, 'n'), sealed), Code::invalid_argument);
  EXPECT_EQ(code(key, nonce, sealed.substr(0, 15)), Code::invalid_argument);
  EXPECT_EQ(code(key, nonce, ""), Code::invalid_argument);
  const auto empty = aead_open(key, nonce, sealed, "");
  ASSERT_TRUE(empty.ok());
  EXPECT_TRUE(empty->empty());
}

TEST(Aead, ThreadsDoNotShareAContext) {
  std::vector<std::thread> threads;
  for (char name = 'a'; name < 'i'; ++name) {
    threads.emplace_back([name] {
      const Secret key(std::string(32, name));
      const std::string nonce(12, name);
      for (int i = 0; i < 500; ++i) {
        const std::string sealed = aead_seal(key, nonce, std::string(100, name), "");
        const auto opened = aead_open(key, nonce, sealed, "");
        ASSERT_TRUE(opened.ok());
        ASSERT_EQ(opened->reveal(), std::string(100, name));
      }
    });
  }
  for (auto& thread : threads) thread.join();
}

TEST(Equal, LengthAndContent) {
  EXPECT_TRUE(equal("", ""));
  EXPECT_TRUE(equal("same", "same"));
  EXPECT_FALSE(equal("same", "samf"));
  EXPECT_FALSE(equal("same", "same "));
}

TEST(SystemRandom, NeverRepeats) {
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) seen.insert(system_random().bytes(16));
  EXPECT_EQ(seen.size(), 1000u);
  system_random().fill(nullptr, 0);
}

}  // namespace
}  // namespace valetkey::crypto
