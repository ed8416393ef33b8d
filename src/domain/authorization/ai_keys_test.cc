#include "domain/authorization/ai_keys.h"

#include <gtest/gtest.h>

#include "domain/authorization/authorization_test_support.h"
#include "foundation/jose/jose.h"

namespace valetkey::authorization {
namespace {

Secret seal_secret(char byte = 's') {
  return Secret(std::string(32, byte));
}

TEST(AiKeysTest, WhatWasWrittenIsRead) {
  AiKeys keys = testing_support::some_ai();
  keys.push_back({CredentialId("02"), Secret(std::string(32, '\0')), ProviderId::github, "an app"});
  auto read = read_ai_keys(write_ai_keys(keys));
  ASSERT_TRUE(read.ok());
  ASSERT_EQ(read->size(), 2u);
  EXPECT_EQ(read->at(1).id.value, "02");
  EXPECT_TRUE(read->at(1).key == keys[1].key);
  EXPECT_EQ(read->at(1).provider, ProviderId::github);
  EXPECT_EQ(read->at(1).app, "an app");
  EXPECT_TRUE(write_ai_keys({}).empty());
  EXPECT_TRUE(read_ai_keys(Secret())->empty());
}

TEST(AiKeysTest, EntriesThatAreNoneAreLeftOut) {
  auto read = read_ai_keys(Secret(std::string_view(
      R"([{"id":"a","k":"AAAA","provider":"openai"},{"id":"b","k":"!","provider":"openai"},{},7,
          {"id":"c","k":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","provider":"nobody"}])")));
  ASSERT_TRUE(read.ok());
  EXPECT_TRUE(read->empty());
  EXPECT_FALSE(read_ai_keys(Secret(std::string_view("no json"))).ok());
}

TEST(AiKeysTest, AClaimOpensOnlyInItsOwnTokenUnderOurSecret) {
  const AiKeys keys = testing_support::some_ai();
  auto claim = seal_claim(keys, seal_secret(), "token-1", crypto::system_random());
  EXPECT_EQ(claim.find("KKKK"), std::string::npos);
  EXPECT_NE(claim, seal_claim(keys, seal_secret(), "token-1", crypto::system_random()));
  auto opened = open_claim(claim, {seal_secret()}, "token-1");
  ASSERT_TRUE(opened.ok());
  EXPECT_TRUE(opened->front().key == keys.front().key);
  EXPECT_TRUE(open_claim(claim, {seal_secret('n'), seal_secret()}, "token-1").ok()) << "after a rotation";

  std::string changed = *jose::base64url_decode(claim);
  changed[changed.size() / 2] ^= 1;
  for (const auto& [text, secrets, id] : {
           std::tuple{claim, std::vector<Secret>{seal_secret()}, "token-2"},
           std::tuple{claim, std::vector<Secret>{seal_secret('x')}, "token-1"},
           std::tuple{claim, std::vector<Secret>{}, "token-1"},
           std::tuple{jose::base64url_encode(changed), std::vector<Secret>{seal_secret()}, "token-1"},
           std::tuple{claim.substr(0, 8), std::vector<Secret>{seal_secret()}, "token-1"},
           std::tuple{std::string("not base64!"), std::vector<Secret>{seal_secret()}, "token-1"},
       }) {
    auto refused = open_claim(text, secrets, id);
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().code, Code::unauthorized);
  }
}

TEST(AiKeysTest, NothingIsNoClaim) {
  EXPECT_EQ(seal_claim({}, seal_secret(), "token-1", crypto::system_random()), "");
  EXPECT_TRUE(open_claim("", {seal_secret()}, "token-1")->empty());
}

}  // namespace
}  // namespace valetkey::authorization
