#include "engine/providers/xai/discovery.h"

#include <gtest/gtest.h>

namespace valetkey::providers::xai {
namespace {

std::string document(std::string_view device, std::string_view token) {
  return R"({"issuer":"https://auth.x.ai","device_authorization_endpoint":")" + std::string(device) +
         R"(","token_endpoint":")" + std::string(token) + R"("})";
}

TEST(Discovery, EndpointsOfTheIssuersOwnDomain) {
  auto found = read_discovery(
      document("https://auth.x.ai/oauth2/device/code", "https://accounts.x.ai/oauth2/token"), {});
  ASSERT_TRUE(found);
  EXPECT_EQ(found->device_authorization.target, "/oauth2/device/code");
  EXPECT_EQ(found->token.host, "accounts.x.ai");
}

TEST(Discovery, AForeignHostIsRefusedWhicheverEndpointNamesIt) {
  EXPECT_FALSE(read_discovery(document("https://auth.x.ai/d", "https://evil.example/token"), {}));
  EXPECT_FALSE(read_discovery(document("https://evil.example/d", "https://auth.x.ai/token"), {}));
  EXPECT_FALSE(read_discovery(document("https://auth.x.ai/d", "http://auth.x.ai/token"), {}));
}

TEST(Discovery, IncompleteOrBroken) {
  for (auto* body :
       {"", "<html>", "{}", "[]", R"({"token_endpoint":"https://auth.x.ai/t"})", R"({"token_endpoint":7})"}) {
    EXPECT_FALSE(read_discovery(body, {})) << body;
  }
}

TEST(Discovery, TheEmulatorOnLoopback) {
  XaiOptions local;
  local.issuer = "http://127.0.0.1:4001/xai";
  EXPECT_TRUE(read_discovery(document("http://127.0.0.1:4001/d", "http://127.0.0.1:4001/t"), local));
  EXPECT_FALSE(read_discovery(document("http://127.0.0.1:4001/d", "http://127.0.0.1:4001/t"), {}));
}

}  // namespace
}  // namespace valetkey::providers::xai
