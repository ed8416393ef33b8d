#include "domain/vault/sealed_record.h"

#include <gtest/gtest.h>

#include "domain/vault/vault.h"
#include "foundation/crypto/crypto.h"

namespace valetkey {
namespace {

CredentialKey some_key() {
  CredentialKey key;
  key.id = CredentialId("01J00000000000000000000000");
  key.key = Secret(std::string(kRecordKeySize, 'k'));
  key.provider = ProviderId::openai;
  key.app = "app_1";
  return key;
}

RecordContents some_contents() {
  RecordContents contents;
  contents.tokens.access = Secret(std::string("access \"quoted\" \xc3\xa9"));
  contents.tokens.refresh = Secret(std::string("refresh"));
  contents.tokens.expires = 1'780'000'000'123;
  contents.tokens.account_id = "acct";
  contents.tokens.fedramp = true;
  contents.tokens.plan = "pro";
  contents.originator = "valetkey";
  contents.user = UserId("someone");
  return contents;
}

std::string authai_record(const CredentialKey& key, std::string_view plaintext) {
  std::string iv(crypto::kAeadNonceSize, 'i');
  return std::string(1, kAuthaiFormat) + iv + crypto::aead_seal(key.key, iv, plaintext, "");
}

constexpr std::string_view kAuthaiPlaintext =
    R"({"provider":"openai","access":"a","refresh":"r","expires":1780000000000.5,"accountId":"acct","originator":"my app"})";

TEST(SealedRecord, GivesBackWhatWasSealed) {
  auto opened = open_record(some_key(), seal_record(some_key(), some_contents(), crypto::system_random()));
  ASSERT_TRUE(opened.ok());
  EXPECT_EQ(opened->tokens.access, some_contents().tokens.access);
  EXPECT_EQ(opened->tokens.refresh, some_contents().tokens.refresh);
  EXPECT_EQ(opened->tokens.expires, 1'780'000'000'123);
  EXPECT_EQ(opened->tokens.account_id, "acct");
  EXPECT_TRUE(opened->tokens.fedramp);
  EXPECT_EQ(opened->tokens.plan, "pro");
  EXPECT_EQ(opened->originator, "valetkey");
  EXPECT_EQ(opened->user.value, "someone");
}

TEST(SealedRecord, OpensWhatAuthaiSealed) {
  auto opened = open_record(some_key(), authai_record(some_key(), kAuthaiPlaintext));
  ASSERT_TRUE(opened.ok());
  EXPECT_EQ(opened->tokens.access.reveal(), "a");
  EXPECT_EQ(opened->tokens.expires, 1'780'000'000'000);
  EXPECT_EQ(opened->originator, "my app");
  EXPECT_TRUE(opened->user.empty());
}

TEST(SealedRecord, UsesAFreshIvEveryTime) {
  EXPECT_NE(seal_record(some_key(), some_contents(), crypto::system_random()),
            seal_record(some_key(), some_contents(), crypto::system_random()));
}

TEST(SealedRecord, NoSingleBitOfTheBytesCanChange) {
  for (const std::string& sealed : {seal_record(some_key(), some_contents(), crypto::system_random()),
                                    authai_record(some_key(), kAuthaiPlaintext)}) {
    for (size_t bit = 0; bit < sealed.size() * 8; ++bit) {
      std::string damaged = sealed;
      damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << (bit % 8)));
      auto opened = open_record(some_key(), damaged);
      ASSERT_FALSE(opened.ok()) << "bit " << bit;
      ASSERT_EQ(opened.error().code, Code::unauthorized);
    }
    for (size_t size = 0; size < sealed.size(); ++size)
      ASSERT_FALSE(open_record(some_key(), sealed.substr(0, size)).ok());
    ASSERT_FALSE(open_record(some_key(), sealed + '\0').ok());
  }
}

TEST(SealedRecord, NoSingleBitOfItsPlaceOrKeyCanChange) {
  const std::string sealed = seal_record(some_key(), some_contents(), crypto::system_random());
  auto flip_each_bit = [&](auto edit, size_t bytes) {
    for (size_t bit = 0; bit < bytes * 8; ++bit) {
      CredentialKey key = some_key();
      edit(key, bit);
      ASSERT_FALSE(open_record(key, sealed).ok()) << "bit " << bit;
    }
  };
  auto flip = [](std::string& text, size_t bit) {
    text[bit / 8] = static_cast<char>(text[bit / 8] ^ (1 << (bit % 8)));
  };
  flip_each_bit([&](CredentialKey& key, size_t bit) { flip(key.id.value, bit); }, 26);
  flip_each_bit([&](CredentialKey& key, size_t bit) { flip(key.app, bit); }, 5);
  flip_each_bit(
      [&](CredentialKey& key, size_t bit) {
        std::string bytes(key.key.reveal());
        flip(bytes, bit);
        key.key = Secret(std::move(bytes));
      },
      kRecordKeySize);
  for (ProviderId other : {ProviderId::xai, ProviderId::github}) {
    CredentialKey key = some_key();
    key.provider = other;
    EXPECT_FALSE(open_record(key, sealed).ok());
  }
}

// "ab" + "c" must not be the same place as "a" + "bc".
TEST(SealedRecord, TheBorderBetweenIdAndAppIsPartOfThePlace) {
  CredentialKey key = some_key();
  key.id = CredentialId("ab");
  key.app = "c";
  const std::string sealed = seal_record(key, some_contents(), crypto::system_random());
  key.id = CredentialId("a");
  key.app = "bc";
  EXPECT_FALSE(open_record(key, sealed).ok());
}

TEST(SealedRecord, AnAuthaiRowOfAnotherProviderIsRefused) {
  CredentialKey key = some_key();
  key.provider = ProviderId::xai;
  EXPECT_FALSE(open_record(key, authai_record(key, kAuthaiPlaintext)).ok());
}

TEST(SealedRecord, AKeyOfAnotherSizeIsRefused) {
  const std::string sealed = seal_record(some_key(), some_contents(), crypto::system_random());
  for (size_t size : {size_t{0}, kRecordKeySize - 1, kRecordKeySize + 1}) {
    CredentialKey key = some_key();
    key.key = Secret(std::string(size, 'k'));
    auto opened = open_record(key, sealed);
    ASSERT_FALSE(opened.ok());
    EXPECT_EQ(opened.error().code, Code::unauthorized);
  }
}

TEST(IdentityHash, MatchesTheVectorsOfAuthai) {
  EXPECT_EQ(identity_hash(Secret(std::string(32, 0x09)), ProviderId::openai, "acct"),
            "ofKmjFHKEkc4GvVdcMrsADLcrMGJNe_Fk-dP5G4RgAc");
  // The per-app secret of AuthAI Cloud, from which such hashes are made there.
  EXPECT_EQ(crypto::hkdf_sha256(Secret(std::string(32, 0x01)), "", "authai-cloud-identity:app_1", 32),
            Secret(std::string("\x00\x46\xb6\x43\xbc\xae\xcf\x22\xf6\x86\xe2\x92\x33\x63\xa0\xf1"
                               "\x61\x36\x94\xc3\xf5\x6a\xf4\xd3\x34\xe1\xe5\x8c\x70\xc1\x19\x8b",
                               32)));
}

}  // namespace
}  // namespace valetkey
