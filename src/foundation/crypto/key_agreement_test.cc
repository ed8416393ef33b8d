#include "foundation/crypto/key_agreement.h"

#include <gtest/gtest.h>

#include "foundation/base/strings.h"
#include "foundation/crypto/crypto.h"

namespace valetkey::crypto {
namespace {

const Secret kSecret(std::string(32, 's'));

std::string seal(std::string_view public_key, std::string_view text, std::string_view aad = "device 1") {
  auto sealed = seal_to(public_key, text, aad, system_random());
  EXPECT_TRUE(sealed.ok());
  return sealed.ok() ? *sealed : "";
}

Code opening(const Secret& key, std::string_view sealed, std::string_view aad = "device 1") {
  const auto opened = open_sealed(key, sealed, aad);
  return opened.ok() ? Code::internal : opened.error().code;
}

TEST(KeyAgreement, OnlyTheHolderOfTheSecretOpens) {
  const SealingKeyPair pair = derive_sealing_key(kSecret);
  ASSERT_EQ(pair.public_key.size(), kSealingKeySize);
  const std::string sealed = seal(pair.public_key, "the key K");
  EXPECT_EQ(sealed.size(), kSealedOverhead + 9);
  const auto opened = open_sealed(derive_sealing_key(kSecret).private_key, sealed, "device 1");
  ASSERT_TRUE(opened.ok());
  EXPECT_EQ(opened->reveal(), "the key K");
  const SealingKeyPair other = derive_sealing_key(Secret(std::string(32, 't')));
  EXPECT_NE(other.public_key, pair.public_key);
  EXPECT_EQ(opening(other.private_key, sealed), Code::unauthorized);
  EXPECT_EQ(opening(pair.private_key, sealed, "device 2"), Code::unauthorized);
  EXPECT_EQ(opening(Secret(pair.public_key), sealed), Code::unauthorized);
}

TEST(KeyAgreement, EveryMessageHasAKeyOfItsOwn) {
  const SealingKeyPair pair = derive_sealing_key(kSecret);
  EXPECT_NE(seal(pair.public_key, "same"), seal(pair.public_key, "same"));
  EXPECT_EQ(opening(pair.private_key, seal(pair.public_key, "")), Code::internal);  // opened: empty is a text
}

TEST(KeyAgreement, EveryFlippedBitIsNoticed) {
  const SealingKeyPair pair = derive_sealing_key(kSecret);
  const std::string sealed = seal(pair.public_key, "K");
  for (size_t i = 0; i < sealed.size() * 8; ++i) {
    std::string bad = sealed;
    bad[i / 8] = static_cast<char>(bad[i / 8] ^ (1 << (i % 8)));
    ASSERT_EQ(opening(pair.private_key, bad), Code::unauthorized) << i;
  }
}

TEST(KeyAgreement, WrongSizes) {
  const SealingKeyPair pair = derive_sealing_key(kSecret);
  const std::string sealed = seal(pair.public_key, "");
  EXPECT_EQ(opening(pair.private_key, sealed.substr(0, sealed.size() - 1)), Code::unauthorized);
  EXPECT_EQ(opening(pair.private_key, ""), Code::unauthorized);
  EXPECT_EQ(opening(Secret(std::string(31, 'k')), sealed), Code::invalid_argument);
  EXPECT_EQ(opening(Secret(std::string(33, 'k')), sealed), Code::invalid_argument);
  for (const size_t size : {0, 31, 33}) {
    EXPECT_FALSE(seal_to(std::string(size, 'k'), "K", "", system_random()).ok()) << size;
  }
}

// Points whose multiples are few: the shared secret would be known to everybody.
TEST(KeyAgreement, PointsOfSmallOrderAreRefused) {
  const SealingKeyPair pair = derive_sealing_key(kSecret);
  const std::string one = std::string(1, '\1') + std::string(31, '\0');
  const std::string of_order_eight =
      *from_hex("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800");
  for (const std::string& point : {std::string(32, '\0'), one, of_order_eight}) {
    const auto sealed = seal_to(point, "K", "", system_random());
    ASSERT_FALSE(sealed.ok());
    EXPECT_EQ(sealed.error().code, Code::invalid_argument);
    EXPECT_EQ(opening(pair.private_key, std::string(1, '\1') + point + std::string(16, 'x')),
              Code::unauthorized);
  }
}

// What is stored today must open tomorrow. Checked against another implementation of HKDF and X25519.
TEST(KeyAgreement, TheDerivationNeverChanges) {
  EXPECT_EQ(to_hex(derive_sealing_key(kSecret).public_key),
            "929967894ec42f5663f6f6749ea4c82889fb831f352cb319a04cc44021cc1541");
}

}  // namespace
}  // namespace valetkey::crypto
