#include "engine/providers/token_life.h"

#include <gtest/gtest.h>

#include "engine/providers/providers_test_support.h"

namespace valetkey::providers {
namespace {

std::optional<Millis> expiry(std::string_view payload) {
  return jwt_expiry(unsigned_jwt(payload), kNoon);
}

TEST(TokenLife, TheClaimExp) {
  EXPECT_EQ(expiry(R"({"exp":1763643600})"), kNoon + kHour);
  EXPECT_EQ(expiry(R"({"exp":1763643600.0})"), kNoon + kHour);
  EXPECT_EQ(expiry(R"({"exp":1763636400})"), kNoon - kHour) << "a past one is told as it is";
}

TEST(TokenLife, AHugeExpIsCut) {
  EXPECT_EQ(expiry(R"({"exp":99999999999})"), kNoon + kLongestTokenLife);
  EXPECT_EQ(expiry(R"({"exp":9223372036854775807})"), kNoon + kLongestTokenLife);
  EXPECT_EQ(expiry(R"({"exp":1e300})"), kNoon + kLongestTokenLife);
}

TEST(TokenLife, NoUsableExp) {
  for (auto* payload :
       {"{}", R"({"exp":"1763643600"})", R"({"exp":null})", R"({"exp":0})", R"({"exp":-5})", "[]"}) {
    EXPECT_EQ(expiry(payload), std::nullopt) << payload;
  }
  for (auto* token : {"", "opaque", "a.b.c", "..", "a.b"})
    EXPECT_EQ(jwt_expiry(token, kNoon), std::nullopt) << token;
}

TEST(TokenLife, PaddedBase64IsReadToo) {
  std::string payload = jose::base64_encode(R"({"exp":1763643600 })");
  ASSERT_NE(payload.find('='), std::string::npos);
  EXPECT_EQ(jwt_expiry("e30." + payload + ".x", kNoon), kNoon + kHour);
}

TEST(TokenLife, ExpiresIn) {
  auto after = [](std::string_view text) {
    auto document = JsonDocument::parse(text);
    return expiry_after(document->root()["n"], kNoon);
  };
  EXPECT_EQ(after(R"({"n":3600})"), kNoon + kHour);
  EXPECT_EQ(after(R"({"n":"3600"})"), kNoon + kHour);
  EXPECT_EQ(after(R"({"n":1e30})"), kNoon + kLongestTokenLife);
  for (auto* text : {"{}", R"({"n":0})", R"({"n":-1})", R"({"n":"soon"})", R"({"n":"nan"})", R"({"n":[]})"}) {
    EXPECT_EQ(after(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace valetkey::providers
