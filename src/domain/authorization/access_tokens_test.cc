// RFC 9068, and the memory of what was verified before.
#include "domain/authorization/access_tokens.h"

#include <thread>

#include "domain/authorization/authorization_test_support.h"
#include "domain/authorization/verified_tokens.h"
#include "foundation/jose/jose.h"

namespace valetkey::authorization {
namespace {

using namespace testing_support;

class AccessTokensTest : public AuthorizationTest {
 protected:
  Result<AccessToken> verify(const Secret& token, const std::string& resource) {
    return await_now(house.tokens.verify(std::string(token.reveal()), resource));
  }
  // Signed by this server, whatever it says.
  Secret sign(const std::string& typ, const std::string& claims) {
    return Secret(house.keys.current()->signing_key(jose::Algorithm::ES256).sign_jwt(typ, claims));
  }
  std::string claims(const std::string& issuer, int64_t expires_at) {
    return R"({"iss":")" + issuer + R"(","sub":"ada","aud":")" + kNotes +
           R"(","client_id":"app","jti":"1","scope":"a","exp":)" + std::to_string(expires_at) + "}";
  }
  void expect_refused(const Secret& token) {
    for (int i = 0; i < 2; ++i) {  // remembered or not
      auto read = house.read(token);
      ASSERT_FALSE(read.ok());
      EXPECT_EQ(read.error().code, Code::unauthorized);
    }
  }

  apps::AuthenticatedClient app = proved_client("app", {"authorization_code", "refresh_token"});
};
ON_BOTH_ENGINES(AccessTokensTest);

TEST_P(AccessTokensTest, AllItSaysComesBackTheSecondTimeToo) {
  auto issued =
      house.issue(app.client, {"openid", "email", kAiScope}, kDefaultResource, "a-thumbprint", some_ai());
  for (int i = 0; i < 2; ++i) {
    auto token = verify(issued.access_token, kDefaultResource);
    ASSERT_TRUE(token.ok());
    EXPECT_EQ(token->subject, "ada");
    EXPECT_TRUE(token->of_person);
    EXPECT_EQ(token->client_id, "app");
    EXPECT_EQ(token->grant_id, issued.grant.id);
    EXPECT_EQ(token->email, "ada@example.test");
    EXPECT_EQ(token->dpop_thumbprint, "a-thumbprint");
    EXPECT_EQ(token->authenticated_at, (kNow - kMinute) / kSecond);
    EXPECT_EQ(token->expires_at - token->issued_at, 600);
    ASSERT_EQ(token->ai.size(), 1u);
    EXPECT_TRUE(token->ai[0].key == some_ai()[0].key);
  }
}

TEST_P(AccessTokensTest, TheClaimsAreThoseOfRfc9068AndTheSeeds) {
  auto issued = house.issue(app.client, {"openid", "email"}, kNotes);
  auto header = jose::read_jws_header(issued.access_token.reveal());
  ASSERT_TRUE(header.ok());
  EXPECT_EQ(header->typ, "at+jwt");
  EXPECT_EQ(header->algorithm, jose::Algorithm::ES256);
  auto claims = jose::read_unverified(issued.access_token.reveal());
  ASSERT_TRUE(claims);
  for (const char* name : {"iss", "sub", "aud", "client_id", "azp", "jti", "scope", "email"}) {
    EXPECT_TRUE((*claims)[name].is_string()) << name;
  }
  for (const char* name : {"iat", "exp", "auth_time"}) EXPECT_TRUE((*claims)[name].is_number()) << name;
  EXPECT_EQ((*claims)["azp"].string(), "app");
  auto without = jose::read_unverified(house.issue(app.client, {"openid"}, kNotes).access_token.reveal());
  EXPECT_FALSE((*without)["email"].exists());
  EXPECT_FALSE((*without)["k"].exists());
}

TEST_P(AccessTokensTest, ATokenIsForItsOwnResourceOnly) {
  auto issued = house.issue(app.client, {"notes:read"}, kNotes);
  EXPECT_TRUE(verify(issued.access_token, kNotes).ok());
  EXPECT_TRUE(verify(issued.access_token, "HTTPS://NOTES.test:443/mcp").ok());
  for (const char* other :
       {kPhotos, kDefaultResource, "https://notes.test/", "https://notes.test/mcp/", ""}) {
    EXPECT_FALSE(verify(issued.access_token, other).ok()) << other;
  }
}

TEST_P(AccessTokensTest, OnlyOurOwnAccessTokensCount) {
  const int64_t later = kNow / kSecond + 60;
  EXPECT_TRUE(house.is_live(sign("at+jwt", claims(kIssuer, later))));
  EXPECT_TRUE(house.is_live(sign("application/at+jwt", claims(kIssuer, later))));
  expect_refused(sign("JWT", claims(kIssuer, later)));
  expect_refused(sign("oauth-id-jag+jwt", claims(kIssuer, later)));
  expect_refused(sign("at+jwt", claims("https://other.test", later)));
  expect_refused(sign("at+jwt", claims(std::string(kIssuer) + "/", later)));
  expect_refused(sign("at+jwt", claims(kIssuer, kNow / kSecond)));
  expect_refused(sign("at+jwt", R"({"iss":"https://auth.test","sub":"ada"})"));
  auto stranger = jose::SigningKey::generate(
      jose::Algorithm::ES256, house.keys.current()->signing_key(jose::Algorithm::ES256).key_id());
  expect_refused(Secret(stranger.sign_jwt("at+jwt", claims(kIssuer, later))));
  auto unknown = jose::SigningKey::generate(jose::Algorithm::ES256, "unknown");
  expect_refused(Secret(unknown.sign_jwt("at+jwt", claims(kIssuer, later))));
  for (std::string text : {"", ".", "..", "...", "a.b.c"}) expect_refused(Secret(text));
  expect_refused(Secret(std::string(jose::kMaxJwtSize + 1, 'a')));
}

TEST_P(AccessTokensTest, WhatIsRememberedStillEnds) {
  auto issued = house.issue(app.client, {"notes:read"});
  auto other = house.issue(app.client, {"notes:read"});
  EXPECT_TRUE(house.is_live(issued.access_token));
  EXPECT_TRUE(house.is_live(other.access_token));
  house.write([&](auto& transaction) { return revoke_grant(transaction, issued.grant.id, kNow); });
  expect_refused(issued.access_token);
  EXPECT_TRUE(house.is_live(other.access_token));
  house.clock.advance(10 * kMinute);
  expect_refused(other.access_token);
}

TEST_P(AccessTokensTest, AFailingStoreIsNoVerdict) {
  auto issued = house.issue(app.client, {"notes:read"});
  house.write([](sql::Transaction& transaction) -> Result<void> {
    static constexpr sql::Statement kBreak{"DROP TABLE oauth_revoked_tokens"};
    VK_CHECK(transaction.run(kBreak));
    return {};
  });
  auto read = house.read(issued.access_token);
  ASSERT_FALSE(read.ok());
  EXPECT_EQ(read.error().code, Code::store);
}

std::shared_ptr<const VerifiedToken> verified(const std::string& id) {
  auto token = std::make_shared<VerifiedToken>();
  token->token.id = id;
  return token;
}

TEST(VerifiedTokensTest, AnyThreadMayLookAndRemember) {
  VerifiedTokens memory;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&memory] {
      for (int i = 0; i < 2000; ++i) {
        const std::string id = std::to_string(i);
        const std::string hash = crypto::sha256(id);
        if (auto known = memory.find(hash)) {
          EXPECT_EQ(known->token.id, id);
        } else {
          memory.remember(hash, verified(id));
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(memory.size(), 2000u);
}

TEST(VerifiedTokensTest, TheMemoryIsBoundedAndKeepsTheNewest) {
  VerifiedTokens memory;
  const size_t limit = 2 * VerifiedTokens::kShards * VerifiedTokens::kGeneration;
  for (size_t i = 0; i < 2 * limit; ++i) {
    std::string id = std::to_string(i);
    memory.remember(crypto::sha256(id), verified(id));
    EXPECT_LE(memory.size(), limit);
    ASSERT_NE(memory.find(crypto::sha256(id)), nullptr);
  }
  EXPECT_EQ(memory.find(crypto::sha256("0")), nullptr);
  EXPECT_EQ(memory.find(crypto::sha256(std::to_string(2 * limit - 1)))->token.id,
            std::to_string(2 * limit - 1));
}

}  // namespace
}  // namespace valetkey::authorization
