#include "foundation/http/server.h"

#include "foundation/http/server_test_support.h"

namespace valetkey::http {
namespace {

using namespace testing;

TEST(Server, AnswersOnAKeptConnectionAgainAndAgain) {
  TestServer server;
  RawClient client(server.route("GET", "/hello", say_hello).start());
  for (int i = 0; i < 3; ++i) {
    std::string answer = client.ask(kGet);
    EXPECT_EQ(status_of(answer), "HTTP/1.1 200");
    EXPECT_EQ(header_of(answer, "content-length"), "5");
    EXPECT_EQ(body_of(answer), "hello");
    EXPECT_EQ(header_of(answer, "connection"), "");
  }
}

TEST(Server, PipelinedRequestsAreAnsweredInOrder) {
  TestServer server;
  RawClient client(server.route("POST", "/echo", echo).start());
  client.send(post("/echo", "one") + post("/echo", "two") + post("/echo", "") +
              post("/echo", "four").substr(0, 30));
  EXPECT_EQ(body_of(client.read_answer()), "one");
  EXPECT_EQ(body_of(client.read_answer()), "two");
  EXPECT_EQ(body_of(client.read_answer()), "");
  client.send(post("/echo", "four").substr(30));
  EXPECT_EQ(body_of(client.read_answer()), "four");
}

TEST(Server, ReadsARequestSplitAtEveryByte) {
  TestServer server;
  unsigned short port = server.route("POST", "/echo", echo).start();
  std::string wire = post("/echo", "body");
  for (size_t cut = 1; cut < wire.size(); cut += 3) {
    RawClient client(port);
    client.send(wire.substr(0, cut));
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    EXPECT_EQ(body_of(client.ask(wire.substr(cut))), "body") << cut;
  }
  RawClient slow(port);
  for (char byte : wire) {
    slow.send({&byte, 1});
    std::this_thread::sleep_for(std::chrono::microseconds(300));
  }
  EXPECT_EQ(body_of(slow.read_answer()), "body");
}

TEST(Server, BodiesOfEverySizeAndFramingArriveWhole) {
  TestServer server;
  RawClient client(server.route("POST", "/echo", echo, {.max_body = 8 << 20}).start());
  for (size_t size : {0u, 1u, 1900u, 2048u, 4096u, 70'000u, 5'000'000u}) {
    std::string body(size, 'x');
    for (size_t i = 0; i < size; i += 7) body[i] = static_cast<char>('a' + i % 26);
    EXPECT_TRUE(body_of(client.ask(post("/echo", body))) == body) << size;
    std::string chunked = "POST /echo HTTP/1.1\r\nHost: h\r\nX-Late: v\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (size_t at = 0; at < size; at += 1000) append_chunk(chunked, std::string_view(body).substr(at, 1000));
    chunked += kLastChunk;
    EXPECT_TRUE(body_of(client.ask(chunked + std::string(kGet).substr(0, 0))) == body) << size;
  }
}

TEST(Server, AChunkedBodyLeavesThePipelinedRequestBehindItAlone) {
  TestServer server;
  RawClient client(server.route("POST", "/echo", echo).start());
  client.send(
      "POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n" +
      post("/echo", "next"));
  EXPECT_EQ(body_of(client.read_answer()), "abcde");
  EXPECT_EQ(body_of(client.read_answer()), "next");
}

TEST(Server, HeadHasTheSameHeadersAndNoBody) {
  TestServer server;
  RawClient client(server.route("GET", "/hello", say_hello).start());
  client.send("HEAD /hello HTTP/1.1\r\nHost: h\r\n\r\n");
  std::string head = client.read_answer(true);
  EXPECT_EQ(header_of(head, "content-length"), "5");
  EXPECT_EQ(body_of(client.ask(kGet)), "hello");  // nothing of a body was in between
}

TEST(Server, SpeaksHttp10) {
  TestServer server;
  auto stream = [](Exchange& exchange) -> Task<void> {
    exchange.begin(200, {});
    (void)co_await exchange.write("ab");
    (void)co_await exchange.end("cd");
  };
  unsigned short port = server.route("GET", "/hello", say_hello).route("GET", "/stream", stream).start();
  RawClient closing(port);
  closing.send("GET /hello HTTP/1.0\r\n\r\n");
  EXPECT_EQ(body_of(closing.read_to_end()), "hello");
  RawClient keeping(port);
  EXPECT_EQ(header_of(keeping.ask("GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"), "connection"),
            "keep-alive");
  keeping.send("GET /stream HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  std::string answer = keeping.read_to_end();
  EXPECT_EQ(body_of(answer), "abcd");
  EXPECT_EQ(header_of(answer, "transfer-encoding"), "");
}

TEST(Server, ConnectionCloseIsHonoured) {
  TestServer server;
  RawClient client(server.route("GET", "/hello", say_hello).start());
  client.send("GET /hello HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  std::string answer = client.read_to_end();
  EXPECT_EQ(header_of(answer, "connection"), "close");
  EXPECT_TRUE(client.ended());
}

TEST(Server, AsksForTheBodyWhenTheClientWaitsForThat) {
  TestServer server;
  unsigned short port = server.route("POST", "/echo", echo, {.max_body = 10}).start();
  RawClient client(port);
  client.send("POST /echo HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n");
  EXPECT_EQ(client.read_answer(true), "HTTP/1.1 100 Continue\r\n\r\n");
  EXPECT_EQ(body_of(client.ask("body")), "body");
  client.send("POST /echo HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\nbody");
  EXPECT_EQ(body_of(client.read_answer()), "body");  // it did not wait
  EXPECT_EQ(status_of(client.ask(
                "POST /echo HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 11\r\n\r\n")),
            "HTTP/1.1 413");
  RawClient other(port);
  EXPECT_EQ(
      status_of(other.ask("POST /echo HTTP/1.1\r\nHost: h\r\nExpect: tea\r\nContent-Length: 4\r\n\r\n")),
      "HTTP/1.1 417");
}

TEST(Server, AStreamThatEndsWithItsFirstPieceArrivesWhole) {
  TestServer server;
  // The server may look at a body a moment longer than the client waits for it.
  std::vector<std::string> bodies;
  for (size_t size : {8192u, 8193u, 16'384u, 16'385u, 40'000u}) {
    bodies.emplace_back(size, '.');
    for (size_t i = 0; i < size; ++i) bodies.back()[i] = static_cast<char>('a' + i % 26);
  }
  std::atomic<size_t> asked = 0;
  auto end_at_once = [&](Exchange& exchange) -> Task<void> {
    exchange.begin(200, {});
    (void)co_await exchange.end(bodies[asked]);
  };
  RawClient client(server.route("GET", "/", end_at_once).start());
  for (; asked < bodies.size(); ++asked) {
    const std::string& body = bodies[asked];
    std::string answer = client.ask("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    EXPECT_EQ(header_of(answer, "content-length"), std::to_string(body.size()));
    EXPECT_TRUE(body_of(answer) == body) << body.size();
  }
}

TEST(Server, NoAnswerOrAnExceptionIs500AndACutStreamIsSeenAsCut) {
  TestServer server;
  auto nothing = [](Exchange&) -> Task<void> { co_return; };
  auto throws = [](Exchange&) -> Task<void> {
    throw std::runtime_error("on purpose");
    co_return;
  };
  auto begins_and_throws = [](Exchange& exchange) -> Task<void> {
    exchange.begin(200, {});
    throw std::runtime_error("on purpose");
    co_return;
  };
  auto cut = [](Exchange& exchange) -> Task<void> {
    exchange.begin(200, {});
    (void)co_await exchange.write("part");
  };
  unsigned short port = server.route("GET", "/nothing", nothing)
                            .route("GET", "/throws", throws)
                            .route("GET", "/begins", begins_and_throws)
                            .route("GET", "/cut", cut)
                            .start();
  for (std::string path : {"/nothing", "/throws", "/begins"}) {
    RawClient client(port);
    std::string answer = client.ask("GET " + path + " HTTP/1.1\r\nHost: h\r\n\r\n");
    EXPECT_EQ(status_of(answer), "HTTP/1.1 500") << path;
    EXPECT_EQ(answer.find("on purpose"), std::string::npos);
    EXPECT_NE(header_of(answer, "access-control-allow-origin"), "");
  }
  RawClient client(port);
  client.send("GET /cut HTTP/1.1\r\nHost: h\r\n\r\n");
  std::string answer = client.read_to_end();
  EXPECT_EQ(answer.find("0\r\n\r\n"), std::string::npos);
  EXPECT_TRUE(client.ended());
}

TEST(Server, RawBytesAndClosingAreTheHandlersToChoose) {
  TestServer server;
  auto raw = [](Exchange& exchange) -> Task<void> { (void)co_await exchange.write_raw("garbage"); };
  auto reset = [](Exchange& exchange) -> Task<void> {
    exchange.close_connection(true);
    co_return;
  };
  unsigned short port = server.route("GET", "/raw", raw).route("GET", "/reset", reset).start();
  RawClient client(port);
  client.send("GET /raw HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(client.read_to_end(), "garbage");
  RawClient other(port);
  other.send("GET /reset HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(other.read_to_end(), "");
  EXPECT_TRUE(other.was_reset());
}

TEST(Server, WorkersShareAPort) {
  TestServer server({}, 2);
  std::atomic<int> per_worker[2] = {0, 0};
  auto count = [&](Exchange& exchange) -> Task<void> {
    ++per_worker[exchange.worker().index()];
    EXPECT_EQ(net::Worker::current(), &exchange.worker());
    co_await say_hello(exchange);
  };
  unsigned short port = server.route("GET", "/hello", count).start();
  std::vector<std::thread> clients;
  std::atomic<int> good = 0;
  for (int t = 0; t < 8; ++t) {
    clients.emplace_back([&] {
      for (int c = 0; c < 8; ++c) {
        RawClient client(port);
        for (int i = 0; i < 20; ++i) good += body_of(client.ask(kGet)) == "hello";
      }
    });
  }
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(good, 8 * 8 * 20);
  EXPECT_GT(per_worker[0], 0);
  EXPECT_GT(per_worker[1], 0);
  EXPECT_TRUE(eventually([&] { return server.server().connections() == 0; }));
}

TEST(Server, ASecondServerCannotTakeThePort) {
  TestServer server({}, 2);
  unsigned short port = server.route("GET", "/hello", say_hello).start();
  Router router;
  net::Worker a(0), b(1);
  Server second({.port = port}, router);
  EXPECT_FALSE(second.start({&a, &b}).ok());
}

}  // namespace
}  // namespace valetkey::http
