// The tools: their list, what each answers, and what happens when a token may not.
#include "faces/mcp/tools.h"

#include "faces/mcp/collected_exchange.h"
#include "faces/mcp/mcp_test_support.h"
#include "faces/mcp/relay_tools.h"

namespace valetkey::faces::mcp {
namespace {

using namespace testing;

TEST(McpTools, TheListIsCompleteAndTheSameEveryTime) {
  McpServer server;
  std::string first = server.post("good", rpc("tools/list"));
  EXPECT_EQ(body_of(first), body_of(server.post("rich", rpc("tools/list"))));
  Answer answer(first);
  std::string names;
  answer.result()["tools"].each_element([&](const Json& tool) {
    names.append(names.empty() ? "" : " ").append(tool["name"].string_or("?"));
    EXPECT_FALSE(tool["description"].string_or("").empty());
    EXPECT_EQ(tool["inputSchema"]["type"].string_or(""), "object");
    EXPECT_EQ(tool["outputSchema"]["type"].string_or(""), "object");
    EXPECT_EQ(to_json(tool["securitySchemes"]), to_json(tool["_meta"]["securitySchemes"]));
    EXPECT_EQ(tool["annotations"]["readOnlyHint"].boolean(), true);
  });
  EXPECT_EQ(names, "ping whoami list_models ask");
  Json tools = answer.result()["tools"];
  EXPECT_EQ(to_json(tools.at(0)["securitySchemes"]), R"([{"type":"noauth"},{"type":"oauth2","scopes":[]}])");
  EXPECT_EQ(to_json(tools.at(1)["securitySchemes"]), R"([{"type":"oauth2","scopes":["profile"]}])");
  EXPECT_EQ(to_json(tools.at(3)["securitySchemes"]), R"([{"type":"oauth2","scopes":["ai.use"]}])");
  EXPECT_FALSE(answer.result()["ttlMs"].exists());
  EXPECT_TRUE(Answer(server.post_stateless("good", "tools/list")).result()["ttlMs"].exists());
}

TEST(McpTools, PingNeedsNoTokenInEitherEra) {
  McpServer server;
  for (std::string wire :
       {server.post("", call("ping")),
        server.post_stateless("", "tools/call", R"("name":"ping","arguments":{})", "ping")}) {
    EXPECT_EQ(status_of(wire), "HTTP/1.1 200");
    Answer answer(wire);
    EXPECT_EQ(answer.result()["structuredContent"]["status"].string_or(""), "ok");
    EXPECT_EQ(answer.result()["isError"].boolean(), false);
  }
  EXPECT_EQ(status_of(server.post("forged", call("ping"))), "HTTP/1.1 401");  // but not with a bad one
}

TEST(McpTools, WhoamiTellsWhatTheTokenSays) {
  McpServer server;
  Answer answer(server.post("rich", call("whoami")));
  Json person = answer.result()["structuredContent"];
  EXPECT_EQ(person["subject"].string_or(""), "person-1");
  EXPECT_EQ(person["client_id"].string_or(""), "client-1");
  EXPECT_EQ(person["email"].string_or(""), "ada@example.org");
  EXPECT_EQ(person["scopes"].size(), 3u);
  EXPECT_EQ(person["expires_at"].integer(), 2'000'000'000);
  EXPECT_EQ(answer.result()["content"].at(0)["text"].string_or(""), to_json(person));
  EXPECT_FALSE(Answer(server.post("good", call("whoami"))).result()["structuredContent"]["email"].exists());
}

TEST(McpTools, ListModelsAndAsk) {
  McpServer server;
  Answer models(server.post("rich", call("list_models")));
  EXPECT_EQ(to_json(models.result()["structuredContent"]), R"({"models":["gpt-a","gpt-b"]})");
  Answer said(server.post("rich", call("ask", R"({"model":"gpt-a","prompt":"hi \"there\""})")));
  EXPECT_EQ(said.result()["structuredContent"]["answer"].string_or(""), "You said: hi \"there\"");
  EXPECT_EQ(said.result()["content"].at(0)["text"].string_or(""), "You said: hi \"there\"");
}

TEST(McpTools, AFailureOfAToolIsAResultThatTheModelCanRead) {
  McpServer server;
  const std::vector<std::pair<std::string, std::string>> wrong = {
      {R"({"model":"gpt-z","prompt":"x"})", "There is no model gpt-z."},
      {R"({"model":"gpt-a"})", "prompt must"},
      {R"({"model":"gpt-a","prompt":""})", "prompt must"},
      {R"({"model":"gpt-a","prompt":7})", "prompt must"},
      {R"({"prompt":"x"})", "model must"},
      {R"({"model":")" + std::string(kMaxModelName + 1, 'm') + R"(","prompt":"x"})", "model must"},
      {R"({"model":"gpt-a","prompt":")" + std::string(kMaxPrompt + 1, 'p') + R"("})", "prompt must"},
  };
  for (const auto& [arguments, sentence] : wrong) {
    std::string wire = server.post("rich", call("ask", arguments));
    EXPECT_EQ(status_of(wire), "HTTP/1.1 200");
    Answer answer(wire);
    EXPECT_EQ(answer.result()["isError"].boolean(), true);
    EXPECT_EQ(answer.result()["content"].at(0)["text"].string_or("").find(sentence), 0u) << sentence;
  }
  std::string most = std::string(kMaxPrompt, 'p');
  Answer longest(server.post("rich", call("ask", R"({"model":"gpt-a","prompt":")" + most + R"("})")));
  EXPECT_EQ(longest.result()["isError"].boolean(), false);
}

TEST(McpTools, AnUnknownToolAndWrongArgumentsAreErrorsOfTheProtocol) {
  McpServer server;
  for (std::string body :
       {call("Ping"), call(""), rpc("tools/call"), call("ping", "[]"), call("whoami", "7")}) {
    std::string wire = server.post("rich", body);
    EXPECT_EQ(status_of(wire), "HTTP/1.1 200") << body;
    EXPECT_EQ(Answer(wire).error_code(), -32602) << body;
  }
}

// docs/rfc-notes/mcp.md, "A tool needs more": HTTP says it for those that follow HTTP, the result for the
// others.
TEST(McpStepUp, AMissingScopeIs403WithEverythingThatIsNeeded) {
  McpServer server;
  std::string wire = server.post("good", call("ask", R"({"model":"gpt-a","prompt":"x"})"));
  EXPECT_EQ(status_of(wire), "HTTP/1.1 403");
  std::string challenge = header_of(wire, "www-authenticate");
  EXPECT_EQ(challenge,
            std::string("Bearer resource_metadata=\"") + kMetadata +
                "\", error=\"insufficient_scope\", scope=\"profile ai.use\", error_description=\"This "
                "tool needs a permission that was not given yet.\"");
  Answer answer(wire);
  EXPECT_EQ(answer.result()["isError"].boolean(), true);
  EXPECT_EQ(answer.result()["_meta"]["mcp/www_authenticate"].at(0).string_or(""), challenge);
  EXPECT_EQ(status_of(server.post("poor", call("whoami"))), "HTTP/1.1 403");
}

TEST(McpStepUp, AClientOfTheAppsSdkReadsItInAnOrdinaryResult) {
  McpServer server;
  std::string_view marked = R"(,"_meta":{"progressToken":1,"openai/locale":"en"})";
  std::string wire = server.post("good", call("list_models", "{}", marked));
  EXPECT_EQ(status_of(wire), "HTTP/1.1 200");
  EXPECT_EQ(header_of(wire, "www-authenticate"), "");
  Answer answer(wire);
  EXPECT_EQ(answer.result()["isError"].boolean(), true);
  std::string_view challenge = answer.result()["_meta"]["mcp/www_authenticate"].at(0).string_or("");
  EXPECT_NE(challenge.find("error=\"insufficient_scope\""), std::string::npos);
  EXPECT_NE(challenge.find("error_description="), std::string::npos);
}

TEST(McpStepUp, ABoundTokenIsAskedForAnotherBoundOne) {
  McpServer server;
  std::string wire = server.send("POST", "/mcp",
                                 {{"Content-Type", "application/json"},
                                  {"Authorization", "DPoP bound"},
                                  {"DPoP", "POST https://key.example/mcp bound"}},
                                 call("ask"));
  EXPECT_EQ(status_of(wire), "HTTP/1.1 403");
  EXPECT_EQ(header_of(wire, "www-authenticate").find("DPoP "), 0u);
}

TEST(McpAnonymous, ACallWithoutATokenIsChallengedForItsTool) {
  McpServer server;
  std::string wire = server.post("", call("ask"));
  EXPECT_EQ(status_of(wire), "HTTP/1.1 401");
  EXPECT_EQ(header_of(wire, "www-authenticate"),
            std::string("Bearer resource_metadata=\"") + kMetadata + "\", scope=\"profile ai.use\"");
  EXPECT_TRUE(Answer(wire).result()["_meta"]["mcp/www_authenticate"].is_array());
  std::string marked = server.post("", call("ask", "{}", R"(,"_meta":{"openai/userAgent":"x"})"));
  EXPECT_EQ(status_of(marked), "HTTP/1.1 200");
  EXPECT_TRUE(Answer(marked).result()["_meta"]["mcp/www_authenticate"].is_array());
  // A token that has gone bad is a matter of HTTP for every client: it fetches another one.
  std::string stale = server.post("forged", call("ask", "{}", R"(,"_meta":{"openai/userAgent":"x"})"));
  EXPECT_EQ(status_of(stale), "HTTP/1.1 401");
  EXPECT_NE(header_of(stale, "www-authenticate").find("error=\"invalid_token\""), std::string::npos);
}

TEST(McpAnonymous, WithOpenDiscoveryOneMayLookAroundButCallNothingElse) {
  Mcp face = made_up_face();
  face.anonymous_discovery = true;
  McpServer server(face);
  EXPECT_EQ(status_of(server.post("", rpc("initialize"))), "HTTP/1.1 200");
  EXPECT_EQ(status_of(server.post("", R"({"jsonrpc":"2.0","method":"notifications/initialized"})")),
            "HTTP/1.1 202");
  EXPECT_EQ(status_of(server.post("", rpc("tools/list"))), "HTTP/1.1 200");
  EXPECT_EQ(status_of(server.post_stateless("", "server/discover")), "HTTP/1.1 200");
  EXPECT_EQ(status_of(server.post("", call("ping"))), "HTTP/1.1 200");
  for (std::string tool : {"whoami", "list_models", "ask", "unknown"}) {
    EXPECT_EQ(status_of(server.post("", call(tool))), "HTTP/1.1 401") << tool;
  }
  EXPECT_EQ(status_of(server.post("forged", rpc("initialize"))), "HTTP/1.1 401");
  EXPECT_EQ(status_of(server.send("GET", "/mcp/ping", {})), "HTTP/1.1 401");
}

TEST(AnswerText, TakesTheTextOrTheSentence) {
  auto text = answer_text(200, R"({"choices":[{"message":{"role":"assistant","content":"hi"}}]})");
  EXPECT_EQ(std::get<std::string>(text), "hi");
  auto refused = answer_text(429, R"({"error":{"message":"Used up until noon.","type":"rate_limit_error"}})");
  EXPECT_EQ(std::get<McpToolFailure>(refused).message, "Used up until noon.");
  auto declined = answer_text(200, R"({"choices":[{"message":{"content":null,"refusal":"I will not."}}]})");
  EXPECT_EQ(std::get<McpToolFailure>(declined).message, "I will not.");
  for (std::string broken :
       {"", "{}", R"({"choices":[]})", R"({"choices":[{"message":{"content":null}}]})"}) {
    EXPECT_EQ(std::get<McpToolFailure>(answer_text(200, broken)).message, "The model gave no answer.")
        << broken;
  }
}

TEST(CollectedExchange, KeepsWhatWouldHaveBeenSentUpToItsLimit) {
  TestServer server;
  server.route("GET", "/hello", [](http::Exchange& exchange) -> Task<void> {
    CollectedExchange collected(exchange);
    EXPECT_FALSE(collected.answered());
    collected.begin(200, {});
    (void)co_await collected.write(std::string(kMaxCollected - 2, 'a'), "a");
    (void)co_await collected.end("", "b");
    EXPECT_TRUE(collected.answered());
    EXPECT_FALSE(collected.too_large());
    EXPECT_EQ(collected.body().size(), kMaxCollected);
    (void)co_await collected.end("c", "");
    EXPECT_TRUE(collected.too_large());
    EXPECT_EQ(collected.body().size(), kMaxCollected);
    EXPECT_EQ(&collected.request(), &exchange.request());
    http::Response answer{200, {}, std::to_string(collected.status())};
    co_await exchange.send(std::move(answer));
  });
  RawClient client(server.start());
  EXPECT_EQ(body_of(client.ask(http::testing::kGet)), "200");
}

}  // namespace
}  // namespace valetkey::faces::mcp
