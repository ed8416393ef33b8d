// What a hostile, broken or merely old upstream does.
#include <gtest/gtest.h>

#include "foundation/http/client/client.h"
#include "foundation/http/client/client_test_support.h"

namespace valetkey::http {
namespace {

using net::testing::run_task;
using testing::always;
using testing::eventually;
using testing::Fake;
using testing::once;
using testing::Outcome;
using testing::post;
using testing::run_exchange;
using testing::Script;
using testing::sized;
using testing::Stream;
using testing::Worker;

const std::string kChunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

// One exchange with an upstream that follows the script.
Outcome against(Script script, ClientLimits limits = {}) {
  Outcome outcome;
  run_task([&](Worker& worker) -> Task<void> {
    Fake fake(worker, {script});
    Client client(worker, nullptr, limits);
    Cancellation cancellation;
    outcome = co_await run_exchange(client, post(fake), cancellation);
  });
  return outcome;
}

TEST(ClientFaults, AcceptThenCloseIsDisconnectedAndNotTriedAgain) {
  for (bool reset : {false, true}) {
    run_task([reset](Worker& worker) -> Task<void> {
      Fake fake(worker, {once({}, reset)});
      Client client(worker, nullptr);
      Cancellation cancellation;
      Outcome outcome = co_await run_exchange(client, post(fake), cancellation);
      EXPECT_EQ(outcome.failed, Code::disconnected);
      EXPECT_EQ(outcome.status, 0);
      EXPECT_EQ(fake.accepted, 1) << "a new connection is no stale one";
    });
  }
}

TEST(ClientFaults, ARefusedConnectionIsDisconnected) {
  run_task([](Worker& worker) -> Task<void> {
    Url url;
    {
      net::testing::Listener closed(worker);
      url = *parse_url("http://127.0.0.1:" + std::to_string(closed.port()));
    }
    Client client(worker, nullptr);
    Cancellation cancellation;
    ClientRequest request;
    request.url = url;
    Outcome outcome = co_await run_exchange(client, request, cancellation);
    EXPECT_EQ(outcome.failed, Code::disconnected);
  });
}

TEST(ClientFaults, AConnectionThatClosedWhileIdleIsNotUsed) {
  run_task([](Worker& worker) -> Task<void> {
    Fake fake(worker, {once({sized("one")}), once({sized("two")})});
    Client client(worker, nullptr);
    Cancellation cancellation;
    Outcome first = co_await run_exchange(client, post(fake), cancellation);
    EXPECT_EQ(first.body, "one");
    co_await net::sleep_for(20);
    ClientRequest never_twice = post(fake);
    never_twice.resend_on_stale = false;
    Outcome second = co_await run_exchange(client, never_twice, cancellation);
    EXPECT_EQ(second.body, "two");
    EXPECT_EQ(fake.accepted, 2);
    EXPECT_EQ(fake.requests.size(), 2u);
  });
}

// The race that no look beforehand can win: the server closes on receiving the second request.
Script closes_on_the_second(bool reset) {
  return [reset](Stream& stream, Fake& fake) -> Task<void> {
    co_await fake.read_request(stream);
    co_await fake.write(stream, sized("one"));
    co_await fake.read_request(stream);
    if (reset) stream.reset();
  };
}

TEST(ClientFaults, AStaleConnectionIsReplacedOnce) {
  for (bool reset : {false, true}) {
    run_task([reset](Worker& worker) -> Task<void> {
      Fake fake(worker, {closes_on_the_second(reset), always(sized("two"))});
      Client client(worker, nullptr);
      Cancellation cancellation;
      co_await run_exchange(client, post(fake), cancellation);
      Outcome second = co_await run_exchange(client, post(fake, "body"), cancellation);
      EXPECT_EQ(second.body, "two");
      EXPECT_EQ(fake.accepted, 2);
      EXPECT_EQ(fake.requests.size(), 3u);
      EXPECT_TRUE(fake.requests.back().ends_with("body"));
    });
  }
}

TEST(ClientFaults, AStaleConnectionIsNotReplacedWhenTheRequestMustNotBeSentTwice) {
  run_task([](Worker& worker) -> Task<void> {
    Fake fake(worker, {closes_on_the_second(false), always(sized("two"))});
    Client client(worker, nullptr);
    Cancellation cancellation;
    co_await run_exchange(client, post(fake), cancellation);
    ClientRequest request = post(fake);
    request.resend_on_stale = false;
    Outcome second = co_await run_exchange(client, request, cancellation);
    EXPECT_EQ(second.failed, Code::disconnected);
    EXPECT_EQ(fake.accepted, 1);
  });
}

TEST(ClientFaults, AReplacementThatClosesTooIsNotReplacedAgain) {
  run_task([](Worker& worker) -> Task<void> {
    Fake fake(worker, {closes_on_the_second(false), once({})});
    Client client(worker, nullptr);
    Cancellation cancellation;
    co_await run_exchange(client, post(fake), cancellation);
    Outcome second = co_await run_exchange(client, post(fake), cancellation);
    EXPECT_EQ(second.failed, Code::disconnected);
    EXPECT_EQ(fake.accepted, 2);
  });
}

TEST(ClientFaults, AHeadThatWasBegunIsNeverAskedForAgain) {
  run_task([](Worker& worker) -> Task<void> {
    Fake fake(worker, {[](Stream& stream, Fake& self) -> Task<void> {
                         co_await self.read_request(stream);
                         co_await self.write(stream, sized("one"));
                         co_await self.read_request(stream);
                         co_await self.write(stream, "HTTP/1.1 200");
                       },
                       always(sized("two"))});
    Client client(worker, nullptr);
    Cancellation cancellation;
    co_await run_exchange(client, post(fake), cancellation);
    Outcome second = co_await run_exchange(client, post(fake), cancellation);
    EXPECT_EQ(second.failed, Code::disconnected);
    EXPECT_EQ(fake.accepted, 1);
  });
}

TEST(ClientFaults, ACutAtEveryByteIsSeen) {
  for (const std::string& answer : {sized("hello"), kChunked + "3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n"}) {
    size_t head = answer.find("\r\n\r\n") + 4;
    for (size_t cut = 0; cut < answer.size(); ++cut) {
      for (bool reset : {false, true}) {
        Outcome outcome = against(once({answer.substr(0, cut)}, reset, 1));
        EXPECT_EQ(outcome.failed, Code::disconnected) << "at " << cut;
        // A reset may overtake what was sent before it.
        if (!reset) EXPECT_EQ(outcome.status, cut < head ? 0 : 200) << "at " << cut;
        EXPECT_TRUE(std::string("hello").starts_with(outcome.body));
      }
    }
    EXPECT_EQ(against(once({answer})).body, "hello");
  }
}

TEST(ClientFaults, EverySplitOfAnAnswerReadsTheSame) {
  for (const std::string& answer :
       {"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + sized("hello", "X: y\r\n"),
        kChunked + "3;name=\"v\"\r\nhel\r\n02\r\nlo\r\n0\r\nX-Trailer: t\r\n\r\n"}) {
    run_task([&](Worker& worker) -> Task<void> {
      Client client(worker, nullptr);
      Cancellation cancellation;
      for (size_t cut = 1; cut < answer.size(); ++cut) {
        Fake fake(worker, {once({answer.substr(0, cut), answer.substr(cut)})});
        Outcome outcome = co_await run_exchange(client, post(fake), cancellation);
        EXPECT_EQ(outcome.body, "hello") << cut;
        EXPECT_FALSE(outcome.failed) << cut;
        co_await net::sleep_for(6);
      }
    });
  }
}

TEST(ClientFaults, InterimAnswersAreReadOver) {
  std::string interim = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </s.css>\r\n\r\n";
  Outcome together = against(once({interim + sized("hi")}));
  EXPECT_EQ(together.status, 200);
  EXPECT_EQ(together.body, "hi");
  Outcome apart = against(once({"HTTP/1.1 100 Continue\r\n\r\n", sized("hi")}));
  EXPECT_EQ(apart.body, "hi");
  std::string many;
  for (int i = 0; i < 16; ++i) many += "HTTP/1.1 102 Processing\r\n\r\n";
  EXPECT_EQ(against(once({many + sized("hi")})).body, "hi");
  EXPECT_EQ(against(once({many + "HTTP/1.1 102 Processing\r\n\r\n" + sized("hi")})).failed, Code::protocol);
  EXPECT_EQ(against(once({interim})).failed, Code::disconnected);
  EXPECT_EQ(against(once({"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n"})).failed, Code::protocol);
}

TEST(ClientFaults, AmbiguousOrBrokenAnswersAreProtocolErrors) {
  for (std::string answer : std::initializer_list<std::string>{
           std::string("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc"),
           std::string("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: "
                       "chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n"),
           std::string("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n"),
           std::string("HTTP/1.1 200 OK\r\nContent-Length: 0x2\r\n\r\nab"),
           std::string("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n"),
           std::string("HTTP/1.1 200 OK\r\nA: b\r\n folded\r\nContent-Length: 0\r\n\r\n"),
           std::string("HTTP/1.1 200 OK\r\nA : b\r\nContent-Length: 0\r\n\r\n"),
           std::string("HTTP/1.1 200 OK\nContent-Length: 0\n\n"),
           std::string("HTTP/1.1 2OO OK\r\n\r\n"),
           std::string("HTTP/2 200\r\n\r\n"),
           std::string("SSH-2.0-OpenSSH_9.2\r\n"),
           std::string("\x15\x03\x01\x00\x02\x02\x50", 7) + std::string(20, '\n'),
           kChunked + "zz\r\n",
           kChunked + "2\r\nabc\r\n0\r\n\r\n",
           kChunked + "2\nab\n0\n\n",
           kChunked + "ffffffffffffffffff\r\n",
           kChunked + "1;" + std::string(300, 'x') + "\r\na\r\n0\r\n\r\n",
           std::string("HTTP/1.1 200 OK\r\nContent-Encoding: br\r\nContent-Length: 2\r\n\r\nab"),
       }) {
    Outcome outcome = against(once({answer}, false, 20));
    EXPECT_EQ(outcome.failed, Code::protocol) << answer;
  }
}

TEST(ClientFaults, AHeadHasALimit) {
  ClientLimits limits;
  limits.head_bytes = 8 * 1024;
  std::string line = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX: ";
  auto head_of = [&](size_t size) { return line + std::string(size - line.size() - 4, 'x') + "\r\n\r\n"; };
  EXPECT_EQ(against(once({head_of(8 * 1024) + "hi"}), limits).body, "hi");
  EXPECT_EQ(against(once({head_of(8 * 1024 + 1) + "hi"}), limits).failed, Code::protocol);
  EXPECT_EQ(against(once({line + std::string(3'000'000, 'x')}), limits).failed, Code::protocol);
  // Above the usual block, in many pieces.
  EXPECT_EQ(
      against(once({head_of(60 * 1024).substr(0, 30'000), head_of(60 * 1024).substr(30'000) + "hi"})).body,
      "hi");
  std::string many = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n";
  for (int i = 0; i < 120; ++i) many += "X-" + std::to_string(i) + ": y\r\n";
  EXPECT_EQ(against(once({many + "\r\nhi"})).body, "hi");
}

TEST(ClientFaults, ABodyMayEndWithTheConnection) {
  Outcome outcome = against(once({"HTTP/1.1 200 OK\r\n\r\nhel", "lo"}));
  EXPECT_EQ(outcome.body, "hello");
  EXPECT_FALSE(outcome.failed);
  EXPECT_EQ(against(once({"HTTP/1.1 200 OK\r\n\r\nhel"}, true, 20)).failed, Code::disconnected);
  EXPECT_EQ(against(once({"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhi"})).body, "hi");
}

TEST(ClientFaults, BytesBehindTheBodyEndTheConnectionNotTheAnswer) {
  run_task([](Worker& worker) -> Task<void> {
    Fake fake(worker, {always(sized("hi") + "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison"),
                       always(sized("two"))});
    Client client(worker, nullptr);
    Cancellation cancellation;
    Outcome first = co_await run_exchange(client, post(fake), cancellation);
    EXPECT_EQ(first.body, "hi");
    Outcome second = co_await run_exchange(client, post(fake), cancellation);
    EXPECT_EQ(second.body, "two");
    EXPECT_EQ(fake.accepted, 2);
  });
}

TEST(ClientFaults, ConnectionCloseIsObeyed) {
  run_task([](Worker& worker) -> Task<void> {
    Fake fake(worker, {always(sized("hi", "Connection: close\r\n"))});
    Client client(worker, nullptr);
    Cancellation cancellation;
    co_await run_exchange(client, post(fake), cancellation);
    co_await run_exchange(client, post(fake), cancellation);
    EXPECT_EQ(fake.accepted, 2);
    std::function<bool()> gone = [&] { return fake.peers_gone == 2; };
    EXPECT_TRUE(co_await eventually(gone));
  });
}

TEST(ClientFaults, IdleConnectionsAreClosedByAge) {
  run_task([](Worker& worker) -> Task<void> {
    Fake fake(worker, {always(sized("hi"))});
    ClientLimits limits;
    limits.keep_idle = 100;
    Client client(worker, nullptr, limits);
    Cancellation cancellation;
    co_await run_exchange(client, post(fake), cancellation);
    co_await net::sleep_for(10);
    EXPECT_EQ(fake.peers_gone, 0);
    std::function<bool()> gone = [&] { return fake.peers_gone == 1; };
    EXPECT_TRUE(co_await eventually(gone));
  });
}

TEST(ClientFaults, AnEarlyAnswerIsReadWhileALongRequestIsBeingSent) {
  for (bool closes : {true, false}) {
    Outcome outcome;
    run_task([&](Worker& worker) -> Task<void> {
      Fake fake(worker, {[&](Stream& stream, Fake& self) -> Task<void> {
                  char byte = 0;
                  auto got = co_await stream.read_some(&byte, 1);
                  EXPECT_TRUE(got.ok());
                  co_await self.write(
                      stream, "HTTP/1.1 413 Too Large\r\nConnection: close\r\nContent-Length: 3\r\n\r\nbig");
                  if (closes) co_await stream.shutdown();
                  co_await net::sleep_for(10 * kSecond);
                }});
      Client client(worker, nullptr);
      Cancellation cancellation;
      Millis started = steady_millis();
      outcome = co_await run_exchange(client, post(fake, std::string(20'000'000, 'x')), cancellation);
      EXPECT_LT(steady_millis() - started, 5 * kSecond);
    });
    EXPECT_EQ(outcome.status, 413);
    EXPECT_EQ(outcome.body, "big");
  }
}

}  // namespace
}  // namespace valetkey::http
