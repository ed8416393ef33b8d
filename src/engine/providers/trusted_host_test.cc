#include "engine/providers/trusted_host.h"

#include <gtest/gtest.h>

namespace valetkey::providers {
namespace {

const std::vector<std::string> kHosts = {"x.ai"};

bool trusted(std::string_view named, std::string_view configured = "https://auth.x.ai") {
  return trusted_endpoint(named, configured, kHosts).has_value();
}

TEST(TrustedEndpoint, TheHostOrASubdomainOverHttps) {
  EXPECT_TRUE(trusted("https://x.ai/token"));
  EXPECT_TRUE(trusted("https://auth.x.ai/oauth2/token"));
  EXPECT_TRUE(trusted("https://a.b.x.ai/token"));
}

TEST(TrustedEndpoint, LookalikesAreForeign) {
  for (auto* url :
       {"https://evilx.ai/", "https://x.ai.evil.com/", "https://evil.com/x.ai", "https://x.ai@evil.com/",
        "https://evil.com?x.ai", "https://.x.ai.evil/", "https://x-ai/", "https://xxai/"}) {
    EXPECT_FALSE(trusted(url)) << url;
  }
}

TEST(TrustedEndpoint, PlainHttpAndOtherPortsAreRefused) {
  EXPECT_FALSE(trusted("http://auth.x.ai/token"));
  EXPECT_FALSE(trusted("https://auth.x.ai:8443/token"));
  EXPECT_FALSE(trusted("ftp://auth.x.ai/token"));
  EXPECT_FALSE(trusted("/token"));
  EXPECT_FALSE(trusted(""));
}

TEST(TrustedEndpoint, WhatTheOperatorConfiguredIsTrustedItself) {
  EXPECT_TRUE(trusted("http://emulator:4000/token", "http://emulator:4000"));
  EXPECT_FALSE(trusted("http://emulator:4001/token", "http://emulator:4000"));
}

TEST(TrustedEndpoint, LoopbackIsTrustedOnlyFromLoopback) {
  EXPECT_TRUE(trusted("http://127.0.0.1:5001/token", "http://127.0.0.1:5000"));
  EXPECT_TRUE(trusted("http://localhost:5001/token", "http://127.0.0.1:5000"));
  EXPECT_TRUE(trusted("http://[::1]:5001/token", "http://localhost:5000"));
  EXPECT_FALSE(trusted("http://127.0.0.1:5001/token"));
  EXPECT_FALSE(trusted("https://localhost/token"));
  EXPECT_FALSE(trusted("http://127.0.0.1.evil.com/token", "http://127.0.0.1:5000"));
  EXPECT_FALSE(trusted("http://evil.com/token", "http://127.0.0.1:5000"));
}

}  // namespace
}  // namespace valetkey::providers
