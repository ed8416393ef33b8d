#include "domain/passes/session_pass.h"

#include <gtest/gtest.h>

namespace valetkey {
namespace {

constexpr int64_t kIssuedAt = 1'780'000'000;

jose::HmacKeyRing ring_of(std::initializer_list<char> bytes) {
  std::vector<Secret> keys;
  for (char byte : bytes) keys.push_back(Secret(std::string(32, byte)));
  return jose::HmacKeyRing(std::move(keys));
}

CredentialKey some_key() {
  CredentialKey key;
  key.id = CredentialId("01J00000000000000000000000");
  key.key = Secret(std::string(kRecordKeySize, '\xff'));
  key.provider = ProviderId::github;
  return key;
}

// 32 bytes of 0xff.
std::string key_text() {
  return std::string(42, '_') + "8";
}

// A JWT of ours with these claims, whatever they are.
std::string signed_claims(const std::string& claims) {
  return ring_of({'a'}).sign(claims);
}
Result<SessionPass> verify(const std::string& jwt, int64_t now = kIssuedAt) {
  return verify_session_pass(ring_of({'a'}), jwt, now);
}
std::string claims_with(const std::string& members) {
  return R"({"v":2,"rid":"r","k":")" + key_text() + R"(",)" + members + "}";
}

TEST(SessionPass, HasExactlyTheHeaderAndTheOrderOfAuthai) {
  std::string jwt = issue_session_pass(ring_of({'a'}), some_key(), kIssuedAt);
  std::string header = jwt.substr(0, jwt.find('.'));
  std::string payload = jwt.substr(header.size() + 1, jwt.rfind('.') - header.size() - 1);
  EXPECT_EQ(jose::base64url_decode(header), R"({"alg":"HS256"})");
  EXPECT_EQ(jose::base64url_decode(payload), R"({"v":2,"rid":"01J00000000000000000000000","k":")" +
                                                 key_text() +
                                                 R"(","prov":"github","iat":1780000000,"exp":1781209600})");
}

TEST(SessionPass, NamesTheAppBetweenProviderAndTimes) {
  CredentialKey key = some_key();
  key.app = "app_1";
  std::string jwt = issue_session_pass(ring_of({'a'}), key, kIssuedAt);
  std::string payload = jwt.substr(jwt.find('.') + 1, jwt.rfind('.') - jwt.find('.') - 1);
  EXPECT_NE(jose::base64url_decode(payload)->find(R"("prov":"github","app":"app_1","iat":)"),
            std::string::npos);
}

TEST(SessionPass, ComesBackAsItWasIssued) {
  CredentialKey key = some_key();
  key.app = "app_1";
  auto pass = verify(issue_session_pass(ring_of({'a'}), key, kIssuedAt));
  ASSERT_TRUE(pass.ok());
  EXPECT_EQ(pass->credential.id, key.id);
  EXPECT_EQ(pass->credential.key, key.key);
  EXPECT_EQ(pass->credential.provider, ProviderId::github);
  EXPECT_EQ(pass->credential.app, "app_1");
  EXPECT_EQ(pass->issued_at, kIssuedAt);
  EXPECT_EQ(pass->expires_at, kIssuedAt + 1'209'600);
}

TEST(SessionPass, ExpiresToTheSecond) {
  std::string jwt = issue_session_pass(ring_of({'a'}), some_key(), kIssuedAt);
  EXPECT_TRUE(verify(jwt, kIssuedAt + kSessionSeconds - 1).ok());
  EXPECT_FALSE(verify(jwt, kIssuedAt + kSessionSeconds).ok());
}

TEST(SessionPass, ARotationOfTheSecretLogsNobodyOut) {
  std::string old_pass = issue_session_pass(ring_of({'a'}), some_key(), kIssuedAt);
  auto rotated = ring_of({'b', 'a'});
  EXPECT_TRUE(verify_session_pass(rotated, old_pass, kIssuedAt).ok());
  std::string new_pass = issue_session_pass(rotated, some_key(), kIssuedAt);
  EXPECT_TRUE(verify_session_pass(ring_of({'b'}), new_pass, kIssuedAt).ok());
  EXPECT_FALSE(verify_session_pass(ring_of({'b'}), old_pass, kIssuedAt).ok());
}

TEST(SessionPass, TakesWhatOlderVersionsIssued) {
  auto first =
      verify(signed_claims(R"({"v":1,"rid":"r","k":")" + key_text() + R"(","iat":1,"exp":1780000001})"));
  ASSERT_TRUE(first.ok());
  EXPECT_EQ(first->credential.provider, ProviderId::openai);
  EXPECT_EQ(first->credential.app, "");
  auto timeless = verify(signed_claims(claims_with(R"("prov":"xai","app":"")")));
  ASSERT_TRUE(timeless.ok());
  EXPECT_EQ(timeless->expires_at, 0);
  EXPECT_EQ(timeless->issued_at, 0);
}

TEST(SessionPass, ReadsTheKeyLeniently) {
  for (std::string k :
       {key_text() + "=", std::string(42, '/') + "8", std::string(42, '/') + "8=", " " + key_text()}) {
    auto pass = verify(signed_claims(R"({"v":2,"rid":"r","k":")" + k + R"("})"));
    ASSERT_TRUE(pass.ok()) << k;
    EXPECT_EQ(pass->credential.key, some_key().key);
  }
}

TEST(SessionPass, RefusesEverythingElseWithOneCode) {
  const std::string good = issue_session_pass(ring_of({'a'}), some_key(), kIssuedAt);
  std::string k_short = jose::base64url_encode(std::string(31, 'k')),
              k_long = jose::base64url_encode(std::string(33, 'k'));
  const std::string bad[] = {
      "",
      "a.b",
      "a.b.c",
      good + "x",
      good.substr(0, good.size() - 1),
      good.substr(good.find('.')),
      std::string(9000, 'a'),
      ring_of({'b'}).sign(claims_with(R"("prov":"openai")")),
      signed_claims("[]"),
      signed_claims("1"),
      signed_claims(R"({"rid":"r","k":")" + key_text() + R"("})"),
      signed_claims(R"({"v":0,"rid":"r","k":")" + key_text() + R"("})"),
      signed_claims(R"({"v":3,"rid":"r","k":")" + key_text() + R"("})"),
      signed_claims(R"({"v":"2","rid":"r","k":")" + key_text() + R"("})"),
      signed_claims(R"({"v":2,"rid":"","k":")" + key_text() + R"("})"),
      signed_claims(R"({"v":2,"rid":7,"k":")" + key_text() + R"("})"),
      signed_claims(R"({"v":2,"k":")" + key_text() + R"("})"),
      signed_claims(R"({"v":2,"rid":"r"})"),
      signed_claims(R"({"v":2,"rid":"r","k":")" + k_short + R"("})"),
      signed_claims(R"({"v":2,"rid":"r","k":")" + k_long + R"("})"),
      signed_claims(R"({"v":2,"rid":"r","k":"!"})"),
      signed_claims(claims_with(R"("prov":"anthropic")")),
      signed_claims(claims_with(R"("prov":null)")),
      signed_claims(claims_with(R"("app":1)")),
      signed_claims(claims_with(R"("exp":1780000000)")),
      signed_claims(claims_with(R"("exp":1779999999.5)")),
      signed_claims(claims_with(R"("exp":"1790000000")")),
      signed_claims(claims_with(R"("nbf":1780000001)")),
      signed_claims(claims_with(R"("nbf":"now")")),
      signed_claims(claims_with(R"("iat":"then")")),
  };
  for (const std::string& jwt : bad) {
    auto pass = verify(jwt);
    ASSERT_FALSE(pass.ok()) << jwt;
    EXPECT_EQ(pass.error().code, Code::unauthorized);
  }
  EXPECT_TRUE(verify(signed_claims(claims_with(R"("nbf":1780000000,"exp":1780000000.5)"))).ok());
}

TEST(SessionPass, NoSingleBitOfItCanChange) {
  const std::string good = issue_session_pass(ring_of({'a'}), some_key(), kIssuedAt);
  for (size_t bit = 0; bit < good.size() * 8; ++bit) {
    std::string damaged = good;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << (bit % 8)));
    auto pass = verify(damaged);
    // The last character of the signature carries two bits that mean nothing.
    if (pass.ok()) EXPECT_EQ(bit / 8, good.size() - 1);
  }
}

TEST(BearerToken, TakesTheWordInAnyCaseAndTheRestOfTheLine) {
  EXPECT_EQ(bearer_token("Bearer abc.def"), "abc.def");
  EXPECT_EQ(bearer_token("bEARER \t  abc"), "abc");
  EXPECT_EQ(bearer_token("Bearer\tabc"), "abc");
  for (std::string_view other : {"", "Bearer", "Bearer ", "Bearerabc", "Basic abc", "abc", "Bear abc"}) {
    EXPECT_EQ(bearer_token(other), "") << other;
  }
}

}  // namespace
}  // namespace valetkey
