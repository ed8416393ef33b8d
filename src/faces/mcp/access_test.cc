// Who gets in: tokens, proofs, challenges, and the pages of attackers.
#include "faces/mcp/access.h"

#include "faces/mcp/mcp_test_support.h"
#include "faces/mcp/origin.h"

namespace valetkey::faces::mcp {
namespace {

using namespace testing;

const std::string kFirst = std::string("Bearer resource_metadata=\"") + kMetadata + "\", scope=\"profile\"";

TEST(McpAccess, ABareRequestIsSentToTheMetadata) {
  McpServer server;
  for (std::string answer :
       {server.post("", rpc("initialize")), server.post("", rpc("tools/list")), server.post("", "not json"),
        server.send("GET", "/mcp", {}), server.send("DELETE", "/mcp", {}),
        server.post_stateless("", "server/discover")}) {
    EXPECT_EQ(status_of(answer), "HTTP/1.1 401");
    EXPECT_EQ(header_of(answer, "www-authenticate"), kFirst);
    EXPECT_EQ(header_of(answer, "cache-control"), "no-store");
    EXPECT_EQ(header_of(answer, "access-control-allow-origin"), "*");
    EXPECT_EQ(Answer(answer)["error"].string_or(""), "missing_token");
  }
}

TEST(McpAccess, AnotherSchemeCountsAsNoTokenAndGetsNoErrorCode) {
  McpServer server;
  for (std::string value : {"Basic cDpx", "Bear good", "good", "Negotiate"}) {
    std::string answer = server.post("", rpc("tools/list"), {{"Authorization", value}});
    EXPECT_EQ(header_of(answer, "www-authenticate"), kFirst) << value;
  }
}

TEST(McpAccess, ABadTokenIsInvalidWhateverIsWrongWithIt) {
  McpServer server;
  for (const std::string& value :
       std::vector<std::string>{"Bearer forged", "Bearer", "Bearer  ", "bearer x y", "DPoP forged",
                                "Bearer " + std::string(16 * 1024 + 1, 'a')}) {
    std::string answer = server.post("", rpc("tools/list"), {{"Authorization", value}});
    EXPECT_EQ(status_of(answer), "HTTP/1.1 401") << value.substr(0, 20);
    EXPECT_NE(header_of(answer, "www-authenticate").find("error=\"invalid_token\""), std::string::npos);
    EXPECT_EQ(Answer(answer)["error"].string_or(""), "invalid_token");
  }
}

TEST(McpAccess, TheSchemeIsCaseInsensitive) {
  McpServer server;
  for (std::string scheme : {"Bearer", "bearer", "BEARER"}) {
    std::string answer = server.post("", rpc("tools/list"), {{"Authorization", scheme + " good"}});
    EXPECT_EQ(status_of(answer), "HTTP/1.1 200") << scheme;
  }
}

TEST(McpAccess, TwoAuthorizationHeadersAreMalformed) {
  McpServer server;
  std::string answer = server.post("good", rpc("tools/list"), {{"Authorization", "Bearer forged"}});
  EXPECT_EQ(status_of(answer), "HTTP/1.1 400");
  EXPECT_NE(header_of(answer, "www-authenticate").find("error=\"invalid_request\""), std::string::npos);
}

TEST(McpAccess, ATokenInTheQueryIsNoToken) {
  McpServer server;
  std::string answer = server.send("POST", "/mcp?access_token=good", {{"Content-Type", "application/json"}},
                                   rpc("tools/list"));
  EXPECT_EQ(status_of(answer), "HTTP/1.1 401");
}

TEST(McpAccess, AStoreThatFailsIs503AndNeverARefusal) {
  McpServer server;
  std::string answer = server.post("store", rpc("tools/list"));
  EXPECT_EQ(status_of(answer), "HTTP/1.1 503");
  EXPECT_EQ(header_of(answer, "www-authenticate"), "");
  EXPECT_EQ(header_of(answer, "retry-after"), "5");
  EXPECT_EQ(body_of(answer).find("down"), std::string::npos);
}

TEST(McpDpop, ABoundTokenNeedsItsProofAndNothingElse) {
  McpServer server;
  auto ask = [&](Fields fields) { return server.post("", rpc("tools/list"), std::move(fields)); };
  const std::string good = "POST https://key.example/mcp bound";
  EXPECT_EQ(status_of(ask({{"Authorization", "DPoP bound"}, {"DPoP", good}})), "HTTP/1.1 200");
  EXPECT_EQ(status_of(ask({{"Authorization", "dpop bound"}, {"DPoP", good}})), "HTTP/1.1 200");
  const std::vector<Fields> refused = {
      {{"Authorization", "Bearer bound"}},                                // stolen, used as a bearer
      {{"Authorization", "Bearer bound"}, {"DPoP", good}},                // even with a proof
      {{"Authorization", "DPoP bound"}},                                  // no proof
      {{"Authorization", "DPoP bound"}, {"DPoP", good}, {"DPoP", good}},  // two
      {{"Authorization", "DPoP bound"}, {"DPoP", "GET https://key.example/mcp bound"}},
      {{"Authorization", "DPoP bound"}, {"DPoP", "POST https://evil.example/mcp bound"}},
      {{"Authorization", "DPoP bound"}, {"DPoP", "POST https://key.example/mcp other"}},
      {{"Authorization", "DPoP bound"}, {"DPoP", "other key"}},
  };
  for (const Fields& fields : refused) {
    std::string answer = ask(fields);
    EXPECT_EQ(status_of(answer), "HTTP/1.1 401") << fields.back().second;
    std::string challenge = header_of(answer, "www-authenticate");
    EXPECT_EQ(challenge.find("DPoP "), 0u) << challenge;
    EXPECT_NE(challenge.find("error=\"invalid_token\""), std::string::npos);
    EXPECT_NE(challenge.find("algs=\"ES256"), std::string::npos);
  }
}

TEST(McpDpop, ABearerTokenIsNoDpopToken) {
  McpServer server;
  std::string answer = server.post(
      "", rpc("tools/list"), {{"Authorization", "DPoP good"}, {"DPoP", "POST https://key.example/mcp good"}});
  EXPECT_EQ(status_of(answer), "HTTP/1.1 401");
  EXPECT_EQ(header_of(answer, "www-authenticate").find("Bearer "), 0u);
}

TEST(McpDpop, TheNonceComesWithTheRefusal) {
  McpServer server;
  std::string answer =
      server.post("", rpc("tools/list"), {{"Authorization", "DPoP bound"}, {"DPoP", "no nonce"}});
  EXPECT_EQ(status_of(answer), "HTTP/1.1 401");
  EXPECT_EQ(header_of(answer, "dpop-nonce"), "fresh");
  EXPECT_NE(header_of(answer, "www-authenticate").find("error=\"use_dpop_nonce\""), std::string::npos);
  std::string down = server.post("", rpc("tools/list"), {{"Authorization", "DPoP bound"}, {"DPoP", "store"}});
  EXPECT_EQ(status_of(down), "HTTP/1.1 503");
}

TEST(McpPing, AnswersAsTheSeedDid) {
  McpServer server;
  std::string answer = server.send("GET", "/mcp/ping", {{"Authorization", "Bearer rich"}});
  EXPECT_EQ(status_of(answer), "HTTP/1.1 200");
  EXPECT_EQ(body_of(answer), R"({"status":"ok","user":"person-1","scopes":["profile","email","ai.use"],)"
                             R"("resource":"https://key.example/mcp"})");
  std::string missing = server.send("GET", "/mcp/ping", {});
  EXPECT_EQ(status_of(missing), "HTTP/1.1 401");
  EXPECT_EQ(body_of(missing), R"({"error":"missing_token"})");
  EXPECT_EQ(header_of(missing, "www-authenticate"), kFirst);
  std::string invalid = server.send("GET", "/mcp/ping", {{"Authorization", "Bearer forged"}});
  EXPECT_EQ(status_of(invalid), "HTTP/1.1 401");
  EXPECT_EQ(Answer(invalid)["error"].string_or(""), "invalid_token");
}

TEST(McpPing, AProofIsForThePathThatWasCalled) {
  McpServer server;
  auto ask = [&](std::string proof) {
    return server.send("GET", "/mcp/ping", {{"Authorization", "DPoP bound"}, {"DPoP", proof}});
  };
  EXPECT_EQ(status_of(ask("GET https://key.example/mcp/ping bound")), "HTTP/1.1 200");
  EXPECT_EQ(status_of(ask("GET https://key.example/mcp bound")), "HTTP/1.1 401");
}

TEST(McpOrigin, APageThatTheBrowserTakesForOursMustBeOurs) {
  const char* resource = "https://key.example/mcp";
  EXPECT_TRUE(origin_is_acceptable("", "key.example", resource));
  EXPECT_TRUE(origin_is_acceptable("https://key.example", "key.example", resource));
  EXPECT_TRUE(
      origin_is_acceptable("http://key.example", "key.example", resource));  // behind a proxy that ends TLS
  EXPECT_TRUE(origin_is_acceptable("https://inspector.example", "key.example", resource));
  EXPECT_TRUE(origin_is_acceptable("null", "key.example", resource));
  EXPECT_TRUE(origin_is_acceptable("http://localhost:6274", "localhost:6274", resource));
  EXPECT_TRUE(origin_is_acceptable("http://[::1]:6274", "[::1]:6274", resource));
  EXPECT_FALSE(origin_is_acceptable("http://evil.example", "evil.example", resource));
  EXPECT_FALSE(origin_is_acceptable("http://evil.example:3000", "evil.example:3000", resource));
  EXPECT_FALSE(origin_is_acceptable("http://EVIL.example:80", "evil.example", resource));
  EXPECT_FALSE(origin_is_acceptable("http://localhost.evil.example", "localhost.evil.example", resource));
  EXPECT_FALSE(origin_is_acceptable("garbage", "key.example", resource));
  EXPECT_FALSE(origin_is_acceptable("http://evil.example", "", resource));
}

TEST(McpOrigin, ARebindingPageGets403EvenWithAToken) {
  McpServer server;
  Fields evil = {{"Host", "evil.example"}, {"Origin", "http://evil.example"}};
  EXPECT_EQ(status_of(server.post("good", rpc("tools/list"), evil)), "HTTP/1.1 403");
  EXPECT_EQ(status_of(server.send("GET", "/mcp", evil)), "HTTP/1.1 403");
  Fields page = {{"Origin", "https://inspector.example"}};
  EXPECT_EQ(status_of(server.post("good", rpc("tools/list"), page)), "HTTP/1.1 200");
}

}  // namespace
}  // namespace valetkey::faces::mcp
