// Limits, time-outs, clients that leave or take nothing, overload and the graceful stop.
#include <atomic>

#include "foundation/http/server_test_support.h"

namespace valetkey::http {
namespace {

using namespace testing;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

int64_t millis_since(steady_clock::time_point start) {
  return std::chrono::duration_cast<milliseconds>(steady_clock::now() - start).count();
}

TEST(ServerLimits, HeadAndLineAndBody) {
  ServerOptions options;
  options.limits.head = {.line_bytes = 100, .head_bytes = 1000, .header_count = 5};
  options.limits.max_body = 200;
  TestServer server(std::move(options));
  unsigned short port = server.route("GET", "/hello", say_hello)
                            .route("POST", "/echo", echo, {.max_body = 100})
                            .route("POST", "/wide", echo, {.max_body = 1000})
                            .start();
  auto ask = [&](std::string_view request) {
    RawClient client(port);
    std::string answer = client.ask(request);
    if (status_of(answer) >= "HTTP/1.1 4") {
      EXPECT_EQ(header_of(answer, "access-control-allow-origin"), "*") << answer;
      EXPECT_NE(header_of(answer, "x-request-id"), "");
    }
    return status_of(answer).substr(9);
  };
  EXPECT_EQ(ask("GET /" + std::string(100, 'a') + " HTTP/1.1\r\nHost: h\r\n\r\n"), "414");
  EXPECT_EQ(ask("GET /hello HTTP/1.1\r\nHost: h\r\nX: " + std::string(1000, 'a') + "\r\n\r\n"), "431");
  EXPECT_EQ(ask("GET /hello HTTP/1.1\r\nHost: h\r\nA:1\r\nB:1\r\nC:1\r\nD:1\r\nE:1\r\n\r\n"), "431");
  EXPECT_EQ(ask("GET /hello HTTP/1.1\r\nHost: h\r\nA:1\r\nB:1\r\nC:1\r\nD:1\r\n\r\n"), "200");
  EXPECT_EQ(ask(post("/echo", std::string(100, 'b'))), "200");
  EXPECT_EQ(ask(post("/echo", std::string(101, 'b'))), "413");
  EXPECT_EQ(ask(post("/wide", std::string(200, 'b'))), "200");
  EXPECT_EQ(ask(post("/wide", std::string(201, 'b'))), "413");
  auto chunked = [](size_t size) {
    std::string wire = "POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (size_t i = 0; i < size; ++i) append_chunk(wire, "c");
    return wire + std::string(kLastChunk);
  };
  EXPECT_EQ(ask(chunked(100)), "200");
  EXPECT_EQ(ask(chunked(101)), "413");
  EXPECT_EQ(ask("POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"), "400");
  EXPECT_EQ(ask("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n"),
            "400");
  EXPECT_EQ(ask("GET / HTTP/2.0\r\n\r\n"), "505");
  EXPECT_EQ(ask("GET /hello HTTP/1.1\nHost: h\n\n"), "400");
  EXPECT_EQ(ask("POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip, chunked\r\n\r\n"), "501");
}

TEST(ServerLimits, ABodyOverTheLimitIsRefusedBeforeItIsRead) {
  TestServer server;
  RawClient client(server.route("POST", "/echo", echo, {.max_body = 10}).start());
  std::string answer = client.ask("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999\r\n\r\n");
  EXPECT_EQ(status_of(answer), "HTTP/1.1 413");
  EXPECT_EQ(header_of(answer, "connection"), "close");
  client.send(std::string(100'000, 'x'));  // is taken and dropped, so the answer is not lost in a reset
  EXPECT_EQ(client.read_to_end(), "");
}

TEST(ServerLimits, UnknownPathsAndMethods) {
  TestServer server;
  RawClient client(server.route("POST", "/echo", echo).route("GET", "/hello", say_hello).start());
  EXPECT_EQ(status_of(client.ask(post("/nowhere", "dropped"))), "HTTP/1.1 404");
  std::string answer = client.ask("GET /echo HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(status_of(answer), "HTTP/1.1 405");
  EXPECT_EQ(header_of(answer, "allow"), "POST");
  EXPECT_EQ(body_of(client.ask(kGet)), "hello");  // the connection lives on
}

TEST(ServerLimits, SlowHeadsAndBodiesAre408AndIdlenessEndsSilently) {
  ServerOptions options;
  options.limits.head_timeout = 200;
  options.limits.body_timeout = 200;
  options.limits.idle_timeout = 300;
  TestServer server(std::move(options));
  unsigned short port = server.route("POST", "/echo", echo).route("GET", "/hello", say_hello).start();
  auto start = steady_clock::now();
  RawClient head(port), body(port), idle(port), used(port);
  head.send("GET /hello HTTP/1.1\r\n");
  body.send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nab");
  EXPECT_EQ(body_of(used.ask(kGet)), "hello");
  EXPECT_EQ(status_of(head.read_answer()), "HTTP/1.1 408");
  EXPECT_EQ(status_of(body.read_answer()), "HTTP/1.1 408");
  EXPECT_EQ(idle.read_to_end(), "");
  EXPECT_EQ(used.read_to_end(), "");
  EXPECT_TRUE(idle.ended() && used.ended());
  EXPECT_GE(millis_since(start), 290);
  EXPECT_LT(millis_since(start), 2000);
}

TEST(ServerLimits, AClientThatDripsItsHeadIsNotWaitedForLonger) {
  ServerOptions options;
  options.limits.head_timeout = 200;
  TestServer server(std::move(options));
  RawClient client(server.route("GET", "/hello", say_hello).start());
  auto start = steady_clock::now();
  client.send("GET /hello HTTP/1.1\r\n");
  std::string answer;
  while (answer.empty() && millis_since(start) < 3000) {
    client.send("X: y\r\n");
    answer = client.read_some(20);
  }
  EXPECT_EQ(status_of(answer), "HTTP/1.1 408");
}

// What a handler that waits saw of its cancellation.
struct Waiting {
  std::atomic<bool> started = false;
  std::atomic<bool> cancelled = false;
  std::atomic<bool> answered = false;

  Handler handler(Millis limit = 5 * kSecond) {
    return [this, limit](Exchange& exchange) -> Task<void> {
      started = true;
      cancelled = !co_await net::sleep_for(limit, &exchange.cancellation());
      answered = true;
      co_await say_hello(exchange);
    };
  }
};

TEST(ServerDisconnect, ALeavingClientCancelsWithin100Milliseconds) {
  int64_t best = 10'000;
  for (int attempt = 0; attempt < 5 && best > 100; ++attempt) {  // the machine may be busy
    for (bool with_reset : {false, true}) {
      Waiting waiting;
      TestServer server;
      RawClient client(server.route("GET", "/wait", waiting.handler()).start());
      client.send("GET /wait HTTP/1.1\r\nHost: h\r\n\r\n");
      ASSERT_TRUE(eventually([&] { return waiting.started.load(); }));
      auto start = steady_clock::now();
      with_reset ? client.close_with_reset() : client.close();
      ASSERT_TRUE(eventually([&] { return waiting.cancelled.load(); }));
      best = std::min(best, millis_since(start));
    }
  }
  EXPECT_LE(best, 100);
}

TEST(ServerDisconnect, PipelinedBytesAreNotALeavingClientAndTheNextRequestIsServed) {
  Waiting waiting;
  TestServer server;
  RawClient client(
      server.route("GET", "/wait", waiting.handler(300)).route("GET", "/hello", say_hello).start());
  client.send("GET /wait HTTP/1.1\r\nHost: h\r\n\r\n");
  ASSERT_TRUE(eventually([&] { return waiting.started.load(); }));
  client.send(kGet);
  EXPECT_EQ(body_of(client.read_answer()), "hello");
  EXPECT_FALSE(waiting.cancelled);
  EXPECT_EQ(body_of(client.read_answer()), "hello");
}

TEST(ServerDisconnect, ALeavingClientIsSeenBehindPipelinedBytes) {
  for (size_t pipelined : {size_t{10}, size_t{100'000}}) {
    Waiting waiting;
    TestServer server;
    RawClient client(server.route("GET", "/wait", waiting.handler()).start());
    client.send("GET /wait HTTP/1.1\r\nHost: h\r\n\r\n");
    ASSERT_TRUE(eventually([&] { return waiting.started.load(); }));
    client.send(std::string(pipelined, 'x'));
    std::this_thread::sleep_for(milliseconds(20));
    EXPECT_FALSE(waiting.cancelled);
    client.close();
    EXPECT_TRUE(eventually([&] { return waiting.cancelled.load(); }, 1000)) << pipelined;
  }
}

TEST(ServerDisconnect, WatchedRequestsFollowEachOtherOnOneConnection) {
  Waiting waiting;
  TestServer server;
  RawClient client(server.route("GET", "/wait", waiting.handler(1)).start());
  for (int i = 0; i < 50; ++i)
    EXPECT_EQ(body_of(client.ask("GET /wait HTTP/1.1\r\nHost: h\r\n\r\n")), "hello");
  EXPECT_FALSE(waiting.cancelled);
}

TEST(ServerDisconnect, WritesToAClientThatLeftAreCancelled) {
  TestServer server;
  std::atomic<bool> saw = false;
  auto stream = [&](Exchange& exchange) -> Task<void> {
    exchange.begin(200, {});
    for (;;) {
      Result<void> written = co_await exchange.write("tick");
      if (!written.ok()) {
        saw = written.error().code == Code::cancelled;
        co_return;
      }
      co_await net::sleep_for(5);
    }
  };
  RawClient client(server.route("GET", "/stream", stream).start());
  client.send("GET /stream HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_NE(client.read_some(), "");
  client.close();
  EXPECT_TRUE(eventually([&] { return saw.load(); }));
}

TEST(ServerSlowClient, WritingWaitsForTheSocketAndGoesOnWhenItIsRead) {
  TestServer server;
  std::atomic<size_t> written = 0;
  constexpr size_t kTotal = 64u << 20;
  auto stream = [&](Exchange& exchange) -> Task<void> {
    std::string piece(64 << 10, 'p');
    exchange.begin(200, {});
    while (written < kTotal) {
      if (!(co_await exchange.write(piece)).ok()) co_return;
      written += piece.size();
    }
    (void)co_await exchange.end();
  };
  RawClient client(server.route("GET", "/stream", stream).start(), 64 << 10);
  client.send("GET /stream HTTP/1.1\r\nHost: h\r\n\r\n");
  std::this_thread::sleep_for(milliseconds(300));
  EXPECT_LT(written, 16u << 20);  // the kernel's buffers, nothing of ours
  size_t got = 0;
  while (got < kTotal) {
    std::string piece = client.read_some();
    ASSERT_NE(piece, "");
    got += piece.size();
  }
  EXPECT_TRUE(eventually([&] { return written >= kTotal; }));
}

TEST(ServerSlowClient, OneThatTakesNothingIsGoneAfterTheWriteTimeout) {
  ServerOptions options;
  options.limits.write_timeout = 200;
  TestServer server(std::move(options));
  std::atomic<bool> ended = false, cancelled = false;
  auto stream = [&](Exchange& exchange) -> Task<void> {
    std::string piece(64 << 10, 'p');
    exchange.begin(200, {});
    while ((co_await exchange.write(piece)).ok()) {
    }
    cancelled = exchange.cancellation().requested();
    ended = true;
  };
  RawClient client(server.route("GET", "/stream", stream).start(), 64 << 10);
  client.send("GET /stream HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_TRUE(eventually([&] { return ended.load(); }, 3000));
  EXPECT_TRUE(cancelled);
  EXPECT_TRUE(eventually([&] { return server.server().connections() == 0; }));
}

TEST(ServerLimits, TheTotalDeadlineCancelsAndTheHandlerMayStillSaySo) {
  ServerOptions options;
  options.limits.total_timeout = 200;
  Waiting waiting;
  TestServer server(std::move(options));
  RawClient client(server.route("GET", "/wait", waiting.handler()).start());
  EXPECT_EQ(body_of(client.ask("GET /wait HTTP/1.1\r\nHost: h\r\n\r\n")), "hello");
  EXPECT_TRUE(waiting.cancelled);
}

TEST(ServerLimits, OneConnectionTooManyIs503) {
  ServerOptions options;
  options.limits.max_connections = 2;
  TestServer server(std::move(options));
  unsigned short port = server.route("GET", "/hello", say_hello).start();
  RawClient a(port), b(port);
  EXPECT_EQ(body_of(a.ask(kGet)), "hello");
  EXPECT_EQ(body_of(b.ask(kGet)), "hello");
  RawClient c(port);
  EXPECT_EQ(status_of(c.ask(kGet)), "HTTP/1.1 503");
  EXPECT_EQ(c.read_to_end(), "");
  a.close();
  c.close();
  ASSERT_TRUE(eventually([&] { return server.server().connections() == 1; }));
  RawClient d(port);
  EXPECT_EQ(body_of(d.ask(kGet)), "hello");
}

TEST(ServerStop, IdleConnectionsEndAtOnceAndRunningExchangesFinish) {
  Waiting waiting;
  TestServer server({}, 2);
  unsigned short port =
      server.route("GET", "/wait", waiting.handler(400)).route("GET", "/hello", say_hello).start();
  RawClient idle(port), busy(port);
  EXPECT_EQ(body_of(idle.ask(kGet)), "hello");
  busy.send("GET /wait HTTP/1.1\r\nHost: h\r\n\r\n");
  ASSERT_TRUE(eventually([&] { return waiting.started.load(); }));
  auto start = steady_clock::now();
  std::thread stopper([&] { EXPECT_TRUE(server.drain(milliseconds(5000))); });
  EXPECT_EQ(idle.read_to_end(), "");
  EXPECT_LT(millis_since(start), 300);
  std::string answer = busy.read_answer();
  EXPECT_EQ(body_of(answer), "hello");
  EXPECT_EQ(header_of(answer, "connection"), "close");
  stopper.join();
  EXPECT_FALSE(waiting.cancelled);
  EXPECT_EQ(server.server().connections(), 0u);
}

TEST(ServerStop, TheDrainLimitCancelsAndAStreamCanStillEndItself) {
  ServerOptions options;
  options.limits.drain_timeout = 200;
  TestServer server(std::move(options));
  std::atomic<bool> started = false, draining = false;
  auto stream = [&](Exchange& exchange) -> Task<void> {
    exchange.begin(200, {});
    (void)co_await exchange.write("first");
    started = true;
    co_await net::sleep_for(10 * kSecond, &exchange.cancellation());
    draining = exchange.draining();
    (void)co_await exchange.end("in-band error");
  };
  RawClient client(server.route("GET", "/stream", stream).start());
  client.send("GET /stream HTTP/1.1\r\nHost: h\r\n\r\n");
  ASSERT_TRUE(eventually([&] { return started.load(); }));
  EXPECT_TRUE(server.drain(milliseconds(3000)));
  EXPECT_TRUE(draining);
  std::string answer = client.read_to_end();
  EXPECT_NE(answer.find("in-band error\r\n0\r\n\r\n"), std::string::npos);
}

}  // namespace
}  // namespace valetkey::http
