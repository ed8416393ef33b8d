#include "domain/apps/client_keys.h"

#include <gtest/gtest.h>

#include "domain/apps/apps_test_support.h"

namespace valetkey::apps {
namespace {

using jose::Algorithm;
using testing_support::FakeWeb;
using testing_support::jwks_of;
using testing_support::kNow;

constexpr const char* kUri = "https://app.example/jwks.json";

class ClientKeysTest : public testing::Test {
 protected:
  // Nothing: it was found.
  std::optional<Code> find(const std::string& key_id, Algorithm algorithm = Algorithm::ES256,
                           const std::string& jwks = "", const std::string& uri = kUri) {
    auto key = await_now(keys.find(jwks, uri, key_id, algorithm));
    if (!key.ok()) return key.error().code;
    return std::nullopt;
  }
  ManualClock clock{kNow};
  FakeWeb web;
  ClientKeys keys{clock, web.fetcher()};
  jose::SigningKey first = jose::SigningKey::generate(Algorithm::ES256, "first");
  jose::SigningKey second = jose::SigningKey::generate(Algorithm::EdDSA, "second");
};

TEST_F(ClientKeysTest, AreFoundByKidAndAlgorithm) {
  const std::string jwks = jwks_of({first, second});
  EXPECT_EQ(find("first", Algorithm::ES256, jwks, ""), std::nullopt);
  EXPECT_EQ(find("second", Algorithm::EdDSA, jwks, ""), std::nullopt);
  EXPECT_EQ(find("", Algorithm::EdDSA, jwks, ""), std::nullopt);
  EXPECT_EQ(find("first", Algorithm::EdDSA, jwks, ""), Code::not_found);
  EXPECT_EQ(find("third", Algorithm::ES256, jwks, ""), Code::not_found);
  EXPECT_EQ(find("first", Algorithm::ES256, "", ""), Code::not_found);
  EXPECT_EQ(web.fetches(), 0);
}

TEST_F(ClientKeysTest, AreKeptForAsLongAsTheirHeadersSay) {
  web.put(kUri, jwks_of({first}), kHour);
  EXPECT_EQ(find("first"), std::nullopt);
  clock.advance(kHour - 1);
  EXPECT_EQ(find("first"), std::nullopt);
  EXPECT_EQ(web.fetches(), 1);
  clock.advance(1);
  EXPECT_EQ(find("first"), std::nullopt);
  EXPECT_EQ(web.fetches(), 2);
}

TEST_F(ClientKeysTest, AnUnknownKidFetchesAgainWithBackOff) {
  web.put(kUri, jwks_of({first}), kDay);
  EXPECT_EQ(find("second", Algorithm::EdDSA), Code::not_found);
  EXPECT_EQ(web.fetches(), 1);
  EXPECT_EQ(find("second", Algorithm::EdDSA), Code::not_found);  // just fetched
  EXPECT_EQ(web.fetches(), 1);
  web.put(kUri, jwks_of({first, second}), kDay);
  clock.advance(kFirstRefetchPause);
  EXPECT_EQ(find("second", Algorithm::EdDSA), std::nullopt);
  EXPECT_EQ(web.fetches(), 2);

  // Made-up kids cost fewer and fewer fetches.
  for (int i = 0; i < 1000; ++i) {
    clock.advance(kSecond);
    EXPECT_EQ(find("made-up-" + std::to_string(i)), Code::not_found);
  }
  EXPECT_LE(web.fetches(), 2 + 6);
  EXPECT_EQ(find("first"), std::nullopt);
}

TEST_F(ClientKeysTest, AFailureIsNotKeptAndHurtsNoKnownKey) {
  EXPECT_EQ(find("first"), Code::upstream);
  web.put(kUri, "no JSON");
  EXPECT_EQ(find("first"), Code::upstream);
  web.put(kUri, jwks_of({first}), kDay);
  EXPECT_EQ(find("first"), std::nullopt);
  web.remove(kUri);
  clock.advance(kHour);
  EXPECT_EQ(find("other"), Code::not_found);
  EXPECT_EQ(find("first"), std::nullopt);
}

TEST_F(ClientKeysTest, AreFetchedOnceHoweverManyAsk) {
  web.put(kUri, jwks_of({first}));
  web.take_time(50);
  std::vector<Task<Result<jose::VerifyingKey>>> asks;
  for (int i = 0; i < 32; ++i) asks.push_back(keys.find("", kUri, "first", Algorithm::ES256));
  for (auto& found : await_all(std::move(asks))) EXPECT_TRUE(found.ok());
  EXPECT_EQ(web.fetches(), 1);
}

}  // namespace
}  // namespace valetkey::apps
