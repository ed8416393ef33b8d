// What the methods answer, in both eras.
#include "faces/mcp/methods.h"

#include "faces/mcp/mcp_test_support.h"

namespace valetkey::faces::mcp {
namespace {

using namespace testing;

std::string initialize_with(std::string_view version) {
  return rpc("initialize", R"({"protocolVersion":")" + std::string(version) +
                               R"(","capabilities":{},"clientInfo":{"name":"t","version":"1"}})");
}

TEST(McpLegacy, InitializeAgreesOnARevision) {
  McpServer server;
  for (auto [offered, agreed] :
       std::vector<std::pair<std::string, std::string>>{{"2025-06-18", "2025-06-18"},
                                                        {"2025-11-25", "2025-11-25"},
                                                        {"2024-11-05", "2025-11-25"},
                                                        {"2026-07-28", "2025-11-25"},
                                                        {"3000-01-01", "2025-11-25"}}) {
    std::string wire = server.post("good", initialize_with(offered));
    EXPECT_EQ(status_of(wire), "HTTP/1.1 200");
    EXPECT_EQ(header_of(wire, "content-type"), "application/json");
    EXPECT_EQ(header_of(wire, "mcp-session-id"), "");
    Answer answer(wire);
    EXPECT_EQ(answer.result()["protocolVersion"].string_or(""), agreed) << offered;
    EXPECT_EQ(answer.result()["serverInfo"]["version"].string_or(""), "9.9");
    EXPECT_TRUE(answer.result()["capabilities"]["tools"].is_object());
    EXPECT_FALSE(answer.result()["resultType"].exists());
  }
}

TEST(McpLegacy, NotificationsAreAcceptedWithoutABody) {
  McpServer server;
  std::string answer = server.post("good", R"({"jsonrpc":"2.0","method":"notifications/initialized"})",
                                   {{"MCP-Protocol-Version", "2025-11-25"}});
  EXPECT_EQ(status_of(answer), "HTTP/1.1 202");
  EXPECT_EQ(body_of(answer), "");
}

TEST(McpLegacy, PingIsEmptyAndUnknownMethodsAreOrdinaryAnswers) {
  McpServer server;
  EXPECT_EQ(body_of(server.post("good", rpc("ping"))), R"({"jsonrpc":"2.0","id":1,"result":{}})");
  for (std::string method : {"prompts/list", "resources/list", "server/discover", "", "tools/List"}) {
    std::string wire = server.post("good", rpc(method));
    EXPECT_EQ(status_of(wire), "HTTP/1.1 200") << method;
    EXPECT_EQ(Answer(wire).error_code(), -32601) << method;
  }
}

TEST(McpLegacy, TheRevisionHeaderIsJudged) {
  McpServer server;
  auto ask = [&](std::string version) {
    return server.post("good", rpc("tools/list"), {{"MCP-Protocol-Version", version}});
  };
  EXPECT_EQ(status_of(ask("2025-06-18")), "HTTP/1.1 200");
  EXPECT_EQ(status_of(ask(" 2025-11-25 ")), "HTTP/1.1 200");
  EXPECT_EQ(status_of(server.post("good", rpc("tools/list"))), "HTTP/1.1 200");
  for (std::string bad : {"2024-11-05", "v999", "2025-06-18x"}) {
    std::string wire = ask(bad);
    EXPECT_EQ(status_of(wire), "HTTP/1.1 400") << bad;
    Answer answer(wire);
    EXPECT_EQ(answer.error_code(), -32022);
    EXPECT_EQ(answer["error"]["data"]["requested"].string_or(""), bad);
    EXPECT_EQ(answer["error"]["data"]["supported"].size(), 3u);
  }
}

TEST(McpTransport, MethodsThatAreNotOfferedAre405) {
  McpServer server;
  for (std::string method : {"GET", "DELETE"}) {
    std::string answer = server.send(method, "/mcp", {{"Authorization", "Bearer good"}});
    EXPECT_EQ(status_of(answer), "HTTP/1.1 405") << method;
    EXPECT_EQ(header_of(answer, "allow"), "POST, OPTIONS");
  }
  EXPECT_EQ(status_of(server.send("PUT", "/mcp", {{"Authorization", "Bearer good"}})), "HTTP/1.1 405");
}

TEST(McpTransport, MediaTypes) {
  McpServer server;
  auto ask = [&](std::string type, std::string accept) {
    Fields fields = {{"Authorization", "Bearer good"}};
    if (!type.empty()) fields.push_back({"Content-Type", type});
    if (!accept.empty()) fields.push_back({"Accept", accept});
    return status_of(server.send("POST", "/mcp", fields, rpc("ping")));
  };
  EXPECT_EQ(ask("application/json", ""), "HTTP/1.1 200");
  EXPECT_EQ(ask("Application/JSON; charset=utf-8", "text/event-stream , application/json;q=0.5"),
            "HTTP/1.1 200");
  EXPECT_EQ(ask("application/json", "*/*"), "HTTP/1.1 200");
  EXPECT_EQ(ask("application/json", "application/*"), "HTTP/1.1 200");
  EXPECT_EQ(ask("application/json", "text/event-stream"), "HTTP/1.1 406");
  EXPECT_EQ(ask("application/json", "text/html,"), "HTTP/1.1 406");
  EXPECT_EQ(ask("text/plain", ""), "HTTP/1.1 415");
  EXPECT_EQ(ask("", ""), "HTTP/1.1 415");
}

TEST(McpTransport, BrokenMessagesAreAnswered400WithTheRightCode) {
  McpServer server;
  const std::vector<std::pair<std::string, int>> broken = {
      {"", -32700},
      {"{", -32700},
      {"\xff", -32700},
      {"[]", -32600},
      {"[" + rpc("ping") + "]", -32600},
      {"7", -32600},
      {"null", -32600},
      {R"({"id":1,"method":"ping"})", -32600},
      {R"({"jsonrpc":"1.0","id":1,"method":"ping"})", -32600},
      {R"({"jsonrpc":"2.0","id":1})", -32600},
      {R"({"jsonrpc":"2.0","id":1,"result":{}})", -32600},
      {R"({"jsonrpc":"2.0","id":1,"method":7})", -32600},
      {R"({"jsonrpc":"2.0","id":null,"method":"ping"})", -32600},
      {R"({"jsonrpc":"2.0","id":1.5,"method":"ping"})", -32600},
      {R"({"jsonrpc":"2.0","id":{},"method":"ping"})", -32600},
      {R"({"jsonrpc":"2.0","id":")" + std::string(255, 'x') + R"(","method":"ping"})", -32600},
      {R"({"jsonrpc":"2.0","id":1,"method":"ping","params":[]})", -32600},
  };
  for (const auto& [body, code] : broken) {
    std::string wire = server.post("good", body);
    EXPECT_EQ(status_of(wire), "HTTP/1.1 400") << body;
    Answer answer(wire);
    EXPECT_EQ(answer.error_code(), code) << body;
    EXPECT_TRUE(answer["id"].is_null());
  }
  std::string longest = std::string(254, 'x');
  std::string wire = server.post("good", R"({"jsonrpc":"2.0","id":")" + longest + R"(","method":"ping"})");
  EXPECT_EQ(Answer(wire)["id"].string_or(""), longest);
}

TEST(McpTransport, ABodyOverTheLimitIs413) {
  McpServer server;
  std::string most = rpc("ping");
  most.append((1 << 20) - most.size(), ' ');
  EXPECT_EQ(status_of(server.post("good", most)), "HTTP/1.1 200");
  EXPECT_EQ(status_of(server.post("good", most + " ")), "HTTP/1.1 413");
}

TEST(McpStateless, DiscoverTellsAllAndNamesTheServerInMeta) {
  McpServer server;
  std::string wire = server.post_stateless("good", "server/discover");
  EXPECT_EQ(status_of(wire), "HTTP/1.1 200");
  Answer answer(wire);
  EXPECT_EQ(answer["id"].integer(), 7);
  Json result = answer.result();
  EXPECT_EQ(result["supportedVersions"].at(0).string_or(""), "2026-07-28");
  EXPECT_EQ(result["supportedVersions"].size(), 3u);
  EXPECT_TRUE(result["capabilities"]["tools"].is_object());
  EXPECT_EQ(result["resultType"].string_or(""), "complete");
  EXPECT_EQ(result["ttlMs"].integer(), 300'000);
  EXPECT_EQ(result["cacheScope"].string_or(""), "private");
  EXPECT_EQ(result["_meta"]["io.modelcontextprotocol/serverInfo"]["name"].string_or(""), "valetkey");
}

TEST(McpStateless, WhatTheEraRemovedIs404) {
  McpServer server;
  for (std::string method :
       {"initialize", "ping", "logging/setLevel", "subscriptions/listen", "unknown/method"}) {
    std::string wire = server.post_stateless("good", method);
    EXPECT_EQ(status_of(wire), "HTTP/1.1 404") << method;
    Answer answer(wire);
    EXPECT_EQ(answer.error_code(), -32601);
    EXPECT_EQ(answer["id"].integer(), 7);
  }
}

TEST(McpStateless, TheEnvelopeMustBeThere) {
  McpServer server;
  Fields headers = {{"MCP-Protocol-Version", "2026-07-28"}, {"Mcp-Method", "tools/list"}};
  for (
      std::string params :
      {R"({})", R"({"_meta":{}})", R"({"_meta":7})",
       R"({"_meta":{"io.modelcontextprotocol/clientCapabilities":{}}})",
       R"({"_meta":{"io.modelcontextprotocol/protocolVersion":7,"io.modelcontextprotocol/clientCapabilities":{}}})",
       R"({"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}})",
       R"({"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28",)"
       R"("io.modelcontextprotocol/clientCapabilities":[]}})"}) {
    std::string wire = server.post("good", rpc("tools/list", params), headers);
    EXPECT_EQ(status_of(wire), "HTTP/1.1 400") << params;
    Answer answer(wire);
    EXPECT_EQ(answer.error_code(), -32602) << params;
    EXPECT_EQ(answer["id"].integer(), 1);
  }
}

TEST(McpStateless, HeadersAndBodyMustSayTheSame) {
  McpServer server;
  const std::string list = McpServer::stateless_body("tools/list");
  const std::string ping = McpServer::stateless_body("tools/call", R"("name":"ping","arguments":{})");
  auto ask = [&](const std::string& body, Fields fields) {
    return server.post("good", body, std::move(fields));
  };
  const std::pair<std::string, std::string> version = {"MCP-Protocol-Version", "2026-07-28"};
  for (Fields good :
       std::vector<Fields>{{version, {"Mcp-Method", "tools/call"}, {"Mcp-Name", "ping"}},
                           {version, {"MCP-METHOD", "tools/call"}, {"mcp-name", "  ping  "}},
                           {version, {"Mcp-Method", "tools/call"}, {"Mcp-Name", "=?base64?cGluZw==?="}}}) {
    EXPECT_EQ(status_of(ask(ping, good)), "HTTP/1.1 200") << good.back().second;
  }
  const std::vector<std::pair<std::string, Fields>> refused = {
      {list, {{"Mcp-Method", "tools/list"}}},
      {list, {{"MCP-Protocol-Version", "2025-11-25"}, {"Mcp-Method", "tools/list"}}},
      {list, {version}},
      {list, {version, {"Mcp-Method", "TOOLS/LIST"}}},
      {list, {version, {"Mcp-Method", "prompts/list"}}},
      {ping, {version, {"Mcp-Method", "tools/call"}}},
      {ping, {version, {"Mcp-Method", "tools/call"}, {"Mcp-Name", "whoami"}}},
      {ping, {version, {"Mcp-Method", "tools/call"}, {"Mcp-Name", "=?base64?cGluZw?="}}},
      {ping, {version, {"Mcp-Method", "tools/call"}, {"Mcp-Name", "=?base64?!!!!?="}}},
  };
  for (const auto& [body, fields] : refused) {
    std::string wire = ask(body, fields);
    EXPECT_EQ(status_of(wire), "HTTP/1.1 400") << fields.back().second;
    EXPECT_EQ(Answer(wire).error_code(), -32020) << fields.back().second;
  }
}

TEST(McpStateless, AnUnknownRevisionIsAnsweredWithThoseWeHave) {
  McpServer server;
  for (std::string version : {"v999.0.0", "2025-11-25", "2026-07-29"}) {
    std::string body = McpServer::stateless_body("server/discover");
    body.replace(body.find("2026-07-28"), 10, version);
    std::string wire =
        server.post("good", body, {{"MCP-Protocol-Version", version}, {"Mcp-Method", "server/discover"}});
    EXPECT_EQ(status_of(wire), "HTTP/1.1 400");
    Answer answer(wire);
    EXPECT_EQ(answer.error_code(), -32022);
    EXPECT_EQ(answer["error"]["data"]["requested"].string_or(""), version);
    ASSERT_EQ(answer["error"]["data"]["supported"].size(), 1u);
    EXPECT_EQ(answer["error"]["data"]["supported"].at(0).string_or(""), "2026-07-28");
  }
}

TEST(McpStateless, ANotificationNeedsNoHeadersOfItsOwn) {
  McpServer server;
  std::string answer = server.post("good", R"({"jsonrpc":"2.0","method":"notifications/cancelled"})",
                                   {{"MCP-Protocol-Version", "2026-07-28"}});
  EXPECT_EQ(status_of(answer), "HTTP/1.1 202");
}

}  // namespace
}  // namespace valetkey::faces::mcp
