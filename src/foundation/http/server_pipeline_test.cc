// The stages around the handler: request id, CORS, rate limit, trusted proxies, access record.
#include <mutex>

#include "foundation/http/server_proxies.h"
#include "foundation/http/server_test_support.h"

namespace valetkey::http {
namespace {

using namespace testing;

TEST(Pipeline, ARequestIdIsTakenWhenItIsHarmlessAndMadeOtherwise) {
  TestServer server;
  RawClient client(server.route("GET", "/hello", say_hello).start());
  auto id_for = [&](std::string offered) {
    return header_of(client.ask("GET /hello HTTP/1.1\r\nHost: h\r\nX-Request-Id: " + offered + "\r\n\r\n"),
                     "x-request-id");
  };
  EXPECT_EQ(id_for("abc-1_2.Z"), "abc-1_2.Z");
  EXPECT_EQ(id_for(std::string(128, 'a')), std::string(128, 'a'));
  for (std::string bad :
       {std::string(129, 'a'), std::string("a b"), std::string("a\"b"), std::string("{}")}) {
    EXPECT_EQ(id_for(bad).size(), 26u);
  }
  EXPECT_NE(id_for("a b"), id_for("a b"));
}

TEST(Pipeline, APreflightIsAnsweredForAnyHeaderTheClientNames) {
  TestServer server;
  auto policy = RoutePolicy{.max_body = 10};
  RawClient client(
      server.route("POST", "/v1/chat", echo, policy).route("DELETE", "/v1/chat", echo, policy).start());
  auto preflight = [&](std::string path, std::string wanted) {
    return client.ask("OPTIONS " + path +
                      " HTTP/1.1\r\nHost: h\r\nOrigin: https://app.example\r\n"
                      "Access-Control-Request-Method: POST\r\nAccess-Control-Request-Headers: " +
                      wanted + "\r\n\r\n");
  };
  std::string answer = preflight("/v1/chat", "authorization,x-stainless-os, mcp-protocol-version");
  EXPECT_EQ(status_of(answer), "HTTP/1.1 204");
  EXPECT_EQ(body_of(answer), "");
  EXPECT_EQ(header_of(answer, "access-control-allow-origin"), "*");
  EXPECT_EQ(header_of(answer, "access-control-allow-methods"), "GET, POST, OPTIONS, DELETE");
  EXPECT_EQ(header_of(answer, "access-control-allow-headers"),
            "authorization,x-stainless-os, mcp-protocol-version");
  EXPECT_EQ(header_of(answer, "access-control-max-age"), "86400");
  EXPECT_EQ(header_of(answer, "vary"), "access-control-request-headers");
  EXPECT_EQ(header_of(preflight("/v1/chat", "bad name"), "access-control-allow-headers"),
            "Content-Type, Authorization, x-authai-secret, x-authai-publishable-key");
  EXPECT_EQ(status_of(preflight("/nowhere", "x")), "HTTP/1.1 204");
}

// Whatever method is asked for or not asked for: a path that is for its own origin offers nothing.
TEST(Pipeline, APathOfItsOwnOriginOnlyOffersNoCorsToAnyMethod) {
  TestServer server;
  RawClient client(server.route("POST", "/private", echo, {.max_body = 10, .cors = false})
                       .route("GET", "/mixed", say_hello)
                       .route("DELETE", "/mixed", echo, {.max_body = 10, .cors = false})
                       .start());
  auto ask = [&](const std::string& method, const std::string& path, const std::string& wanted) {
    std::string fields = wanted.empty() ? "" : "Access-Control-Request-Method: " + wanted + "\r\n";
    return client.ask(method + " " + path + " HTTP/1.1\r\nHost: h\r\nOrigin: https://evil.example\r\n" +
                      fields + "Content-Length: 0\r\n\r\n");
  };
  for (std::string wanted : {"POST", "GET", "PUT", "DELETE", "OPTIONS", "x", ""}) {
    std::string answer = ask("OPTIONS", "/private", wanted);
    EXPECT_EQ(status_of(answer), "HTTP/1.1 405") << wanted;
    EXPECT_EQ(header_of(answer, "allow"), "POST");
    EXPECT_EQ(answer.find("access-control"), std::string::npos) << wanted;
  }
  for (std::string method : {"GET", "DELETE", "PATCH"}) {
    std::string answer = ask(method, "/private", "");
    EXPECT_EQ(status_of(answer), "HTTP/1.1 405") << method;
    EXPECT_EQ(answer.find("access-control"), std::string::npos) << method;
  }
  EXPECT_EQ(status_of(ask("OPTIONS", "/mixed", "GET")), "HTTP/1.1 204");
  for (std::string wanted : {"DELETE", "PUT", ""}) {
    EXPECT_EQ(ask("OPTIONS", "/mixed", wanted).find("access-control"), std::string::npos) << wanted;
  }
}

TEST(Pipeline, EveryAnswerCarriesCorsOnceUnlessTheRouteSaysNo) {
  TestServer server;
  RawClient client(server.route("GET", "/hello", say_hello)
                       .route("GET", "/private", say_hello, {.max_body = 0, .cors = false})
                       .start());
  for (std::string path : {"/hello", "/nowhere"}) {
    std::string answer = client.ask("GET " + path + " HTTP/1.1\r\nHost: h\r\n\r\n");
    EXPECT_EQ(parse_response_head(answer, {}).head.headers.count("access-control-allow-origin"), 1u);
    EXPECT_NE(header_of(answer, "access-control-expose-headers").find("x-valetkey-dropped"),
              std::string::npos);
  }
  EXPECT_EQ(client.ask("GET /private HTTP/1.1\r\nHost: h\r\n\r\n").find("access-control"), std::string::npos);
}

TEST(Pipeline, RateLimitAnswers429WithSecondsRoundedUp) {
  ServerOptions options;
  std::mutex mutex;
  std::vector<std::string> asked;
  options.rate_limit = [&](RateClass kind, const std::string& address) -> Millis {
    std::lock_guard lock(mutex);
    asked.push_back(address);
    return kind == RateClass::sign_in_start ? 1001 : 0;
  };
  options.error_response = [](int status, std::string_view path, std::string_view) {
    return Response{
        status, {{"content-type", "application/json"}}, "{\"path\":\"" + std::string(path) + "\"}"};
  };
  options.trusted_proxies = {"127.0.0.0/8"};
  TestServer server(std::move(options));
  RawClient client(
      server.route("GET", "/limited", say_hello, {.max_body = 0, .rate = RateClass::sign_in_start})
          .route("GET", "/free", say_hello, {.max_body = 0, .rate = RateClass::none})
          .route("GET", "/other", say_hello, {.max_body = 0, .rate = RateClass::api})
          .start());
  std::string answer = client.ask("GET /limited HTTP/1.1\r\nHost: h\r\nX-Forwarded-For: 203.0.113.9\r\n\r\n");
  EXPECT_EQ(status_of(answer), "HTTP/1.1 429");
  EXPECT_EQ(header_of(answer, "retry-after"), "2");
  EXPECT_EQ(header_of(answer, "access-control-allow-origin"), "*");
  EXPECT_EQ(body_of(answer), "{\"path\":\"/limited\"}");
  EXPECT_EQ(status_of(client.ask("GET /free HTTP/1.1\r\nHost: h\r\n\r\n")), "HTTP/1.1 200");
  EXPECT_EQ(status_of(client.ask("GET /other HTTP/1.1\r\nHost: h\r\n\r\n")), "HTTP/1.1 200");
  EXPECT_EQ(asked, (std::vector<std::string>{"203.0.113.9", "127.0.0.1"}));
}

TEST(Pipeline, TheAccessRecordNamesThePatternAndNeverThePath) {
  ServerOptions options;
  std::mutex mutex;
  std::vector<std::string> lines;
  options.on_access = [&](const AccessRecord& record) {
    std::lock_guard lock(mutex);
    lines.push_back(std::string(record.method) + "|" + std::string(record.route) + "|" +
                    std::to_string(record.status) + "|" + std::string(record.note) + "|" +
                    std::to_string(record.bytes_in) + "|" + std::string(record.request_id) + "|" +
                    std::string(record.client_address));
    EXPECT_GT(record.bytes_out, 0u);
    EXPECT_GE(record.micros, 0);
  };
  TestServer server(std::move(options));
  auto noting = [](Exchange& exchange) -> Task<void> {
    exchange.note("provider", "openai");
    exchange.note("error", "x");
    EXPECT_EQ(exchange.parameter("id"), "secret value");
    EXPECT_EQ(exchange.parameter("none"), "");
    EXPECT_EQ(exchange.request().query, "a=1");
    co_await say_hello(exchange);
  };
  RawClient client(server.route("GET", "/v1/models/{id}", noting).start());
  std::string wire = "GET /v1/models/secret%20value?a=1 HTTP/1.1\r\nHost: h\r\nX-Request-Id: r1\r\n\r\n";
  client.ask(wire);
  client.ask("BREW /nowhere HTTP/1.1\r\nHost: h\r\nX-Request-Id: r2\r\n\r\n");
  client.ask("nonsense\r\n\r\n");
  ASSERT_TRUE(eventually([&] {
    std::lock_guard lock(mutex);
    return lines.size() == 3;
  }));
  EXPECT_EQ(lines[0], "GET|/v1/models/{id}|200|provider=openai error=x|" + std::to_string(wire.size()) +
                          "|r1|127.0.0.1");
  EXPECT_TRUE(lines[1].starts_with("BREW||404||"));
  EXPECT_TRUE(lines[2].starts_with("||400||"));
}

TEST(TrustedProxiesRule, OnlyATrustedPeerIsBelievedAndTheRightMostUntrustedAddressCounts) {
  auto proxies = TrustedProxies::parse({"10.0.0.0/8", "2001:db8::/32", "192.0.2.7"});
  ASSERT_TRUE(proxies.ok());
  auto client = [&](std::string peer, std::string_view name, std::string_view value) {
    Headers headers;
    if (!name.empty()) headers.add(name, value);
    return (*proxies)->client_address(peer, headers);
  };
  EXPECT_EQ(client("198.51.100.1", "X-Forwarded-For", "203.0.113.1"), "198.51.100.1");
  EXPECT_EQ(client("10.1.2.3", "", ""), "10.1.2.3");
  EXPECT_EQ(client("10.1.2.3", "X-Forwarded-For", "1.1.1.1, 203.0.113.1"), "203.0.113.1");
  EXPECT_EQ(client("10.1.2.3", "X-Forwarded-For", "1.1.1.1, 203.0.113.1:4711, 10.9.9.9,192.0.2.7"),
            "203.0.113.1");
  EXPECT_EQ(client("10.1.2.3", "X-Forwarded-For", "10.1.1.1, 10.2.2.2"), "10.1.1.1");
  EXPECT_EQ(client("10.1.2.3", "X-Forwarded-For", "1.1.1.1, unknown"), "10.1.2.3");
  EXPECT_EQ(client("11.1.2.3", "X-Forwarded-For", "1.1.1.1"), "11.1.2.3");
  EXPECT_EQ(client("2001:db8::1", "Forwarded", "for=\"[2001:db9::7]:99\";proto=https"), "2001:db9::7");
  EXPECT_EQ(client("192.0.2.7", "Forwarded", "for=1.1.1.1, For=203.0.113.4;by=10.0.0.1"), "203.0.113.4");
  EXPECT_EQ(client("192.0.2.8", "Forwarded", "for=1.1.1.1"), "192.0.2.8");
  Headers both;
  both.add("Forwarded", "for=6.6.6.6");
  both.add("X-Forwarded-For", "203.0.113.5");
  both.add("X-Forwarded-For", "203.0.113.6");
  EXPECT_EQ((*proxies)->client_address("10.0.0.1", both), "203.0.113.6");
  for (std::string bad : {"10.0.0.0/33", "x", "10.0.0.0/", "2001:db8::/129", ""}) {
    EXPECT_FALSE(TrustedProxies::parse({bad}).ok()) << bad;
  }
}

}  // namespace
}  // namespace valetkey::http
