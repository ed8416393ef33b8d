#include "faces/mcp/challenge.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace valetkey::faces::mcp {
namespace {

TEST(ChallengeText, WithoutATokenThereIsNoErrorCode) {
  Challenge challenge;
  challenge.resource_metadata = "https://h/.well-known/oauth-protected-resource/mcp";
  challenge.scopes = {"profile", "ai.use"};
  EXPECT_EQ(challenge_text(challenge),
            "Bearer resource_metadata=\"https://h/.well-known/oauth-protected-resource/mcp\", "
            "scope=\"profile ai.use\"");
}

TEST(ChallengeText, NamesWhatIsWrong) {
  Challenge challenge{
      Challenge::Scheme::Bearer, "https://h/m", {"ai.use"}, "insufficient_scope", "More, please."};
  EXPECT_EQ(challenge_text(challenge),
            "Bearer resource_metadata=\"https://h/m\", error=\"insufficient_scope\", scope=\"ai.use\", "
            "error_description=\"More, please.\"");
}

TEST(ChallengeText, ADpopChallengeNamesItsAlgorithms) {
  Challenge challenge;
  challenge.scheme = Challenge::Scheme::DPoP;
  challenge.error = "use_dpop_nonce";
  EXPECT_EQ(challenge_text(challenge), "DPoP algs=\"ES256 RS256 EdDSA\", error=\"use_dpop_nonce\"");
}

TEST(ChallengeText, ABareSchemeHasNoTrailingSpace) {
  EXPECT_EQ(challenge_text({}), "Bearer");
}

TEST(ChallengeText, NothingInAValueCanEndItsQuotesOrTheHeader) {
  Challenge challenge;
  challenge.error = "invalid_token";
  challenge.error_description = std::string("a\"b\\c\r\nSet-Cookie: x\x7f\xc3\xa9\0z", 25);
  std::string text = challenge_text(challenge);
  EXPECT_EQ(text.find_first_of("\r\n\\\x7f\xc3"), std::string::npos);
  EXPECT_EQ(text.find('\0'), std::string::npos);
  EXPECT_EQ(std::count(text.begin(), text.end(), '"'), 4);
  EXPECT_NE(text.find("a b c  Set-Cookie: x"), std::string::npos);
}

TEST(ResourceMetadataUrl, GoesBetweenAuthorityAndPath) {
  EXPECT_EQ(resource_metadata_url("https://h/public/mcp"),
            "https://h/.well-known/oauth-protected-resource/public/mcp");
  EXPECT_EQ(resource_metadata_url("https://h"), "https://h/.well-known/oauth-protected-resource");
  EXPECT_EQ(resource_metadata_url("https://h/"), "https://h/.well-known/oauth-protected-resource");
  EXPECT_EQ(resource_metadata_url("http://127.0.0.1:3000/mcp"),
            "http://127.0.0.1:3000/.well-known/oauth-protected-resource/mcp");
  EXPECT_EQ(resource_metadata_url("https://h?tenant=1"),
            "https://h/.well-known/oauth-protected-resource?tenant=1");
  EXPECT_EQ(resource_metadata_url("https://h/a?b=c"), "https://h/.well-known/oauth-protected-resource/a?b=c");
}

TEST(ResourceMetadataUrl, IsEmptyForAnythingElse) {
  for (const char* bad : {"", "mcp", "ftp://h/mcp", "https://", "https:///mcp", "HTTPS"}) {
    EXPECT_EQ(resource_metadata_url(bad), "") << bad;
  }
}

}  // namespace
}  // namespace valetkey::faces::mcp
