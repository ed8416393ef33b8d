#include "foundation/http/client/client.h"

#include <gtest/gtest.h>

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
using testing::sized;
using testing::Stream;
using testing::Worker;

constexpr Millis kAtOnce = 100;  // measured within one process; the true figure is below 1
const std::string kChunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

TEST(Client, SendsTheRequestAsGiven) {
  run_task([](Worker& worker) -> Task<void> {
    Fake fake(worker, {always(sized("hi", "X-Name:  value \r\n"))});
    Client client(worker, nullptr);
    Cancellation cancellation;
    ClientRequest request = post(fake, "{\"a\":1}");
    request.headers = {
        {"Authorization", "Bearer t"}, {"Host", "evil"}, {"Content-Length", "3"}, {"Connection", "close"}};
    auto response = co_await client.send(request, cancellation);
    EXPECT_TRUE(response.ok());
    if (!response.ok()) co_return;
    EXPECT_EQ((*response)->status(), 200);
    EXPECT_EQ((*response)->header("x-name"), "value");
    auto body = co_await (*response)->read_all(100);
    EXPECT_TRUE(body.ok());
    if (body.ok()) EXPECT_EQ(*body, "hi");
    EXPECT_EQ((*response)->header("x-name"), "value") << "the head outlives the body";
    EXPECT_EQ(fake.requests[0], "POST /v1/x HTTP/1.1\r\nhost: " + request.url.authority() +
                                    "\r\naccept-encoding: identity\r\ncontent-length: 7\r\n"
                                    "Authorization: Bearer t\r\n\r\n{\"a\":1}");
  });
}

TEST(Client, SendsHeadersOfItsCallerAloneFromWhereTheyLie) {
  run_task([](Worker& worker) -> Task<void> {
    Fake fake(worker, {always(sized("hi"))});
    Client client(worker, nullptr);
    Cancellation cancellation;
    ClientRequest request = post(fake, "{}");
    request.headers = {{"Accept-Encoding", "gzip"}, {"x-empty", ""}, {"x-last", "1"}};
    std::string host = request.url.authority();
    auto response = co_await client.send(std::move(request), cancellation);
    EXPECT_TRUE(response.ok());
    if (!response.ok()) co_return;
    EXPECT_EQ(fake.requests[0], "POST /v1/x HTTP/1.1\r\nhost: " + host +
                                    "\r\ncontent-length: 2\r\nAccept-Encoding: gzip\r\nx-empty: \r\n"
                                    "x-last: 1\r\n\r\n{}");
  });
}

TEST(Client, ReusesTheConnectionOnceTheBodyIsComplete) {
  run_task([](Worker& worker) -> Task<void> {
    Fake fake(worker, {always(kChunked + "2\r\nhi\r\n0\r\n\r\n")});
    Client client(worker, nullptr);
    Cancellation cancellation;
    for (int round = 0; round < 5; ++round) {
      Outcome outcome = co_await run_exchange(client, post(fake), cancellation);
      EXPECT_EQ(outcome.body, "hi");
      EXPECT_FALSE(outcome.failed);
    }
    EXPECT_EQ(fake.accepted, 1);
    EXPECT_EQ(fake.requests.size(), 5u);
  });
}

TEST(Client, SaysWhetherTheUpstreamHasFinishedItsBody) {
  for (auto [answer, more] :
       {std::pair(sized("hi"), false), std::pair(kChunked + "2\r\nhi\r\n0\r\n\r\n", false),
        std::pair(kChunked + "2\r\nhi\r\n", true)}) {
    run_task([answer = answer, more = more](Worker& worker) -> Task<void> {
      Fake fake(worker, {always(answer)});
      Client client(worker, nullptr);
      Cancellation cancellation;
      auto response = co_await client.send(post(fake), cancellation);
      EXPECT_TRUE(response.ok());
      if (!response.ok()) co_return;
      auto piece = co_await (*response)->read();
      EXPECT_TRUE(piece.ok() && *piece == "hi");
      EXPECT_EQ((*response)->has_more(), more) << answer;
    });
  }
}

TEST(Client, ParallelRequestsHaveConnectionsOfTheirOwn) {
  run_task([](Worker& worker) -> Task<void> {
    Fake fake(worker, {always(sized("hi"))});
    Client client(worker, nullptr);
    Cancellation cancellation;
    auto first = co_await client.send(post(fake), cancellation);
    EXPECT_TRUE(first.ok());
    std::string slow_head = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhi";
    Fake slow(worker, {once({slow_head, "!", "!", "!"}, false, 30)});
    auto second = co_await client.send(post(slow), cancellation);
    auto third = co_await client.send(post(slow), cancellation);
    EXPECT_TRUE(second.ok() && third.ok());
    EXPECT_EQ(slow.accepted, 2);
    auto body = co_await (*second)->read_all(10);
    EXPECT_TRUE(body.ok());
    if (body.ok()) EXPECT_EQ(*body, "hi!!!");
  });
}

TEST(Client, LeavingABodyUnreadClosesTheConnectionAtOnce) {
  run_task([](Worker& worker) -> Task<void> {
    Millis left_at = 0;
    Fake fake(worker, {[&left_at](Stream& stream, Fake& self) -> Task<void> {
                co_await self.read_request(stream);
                co_await self.write(stream, kChunked + "2\r\nhi\r\n");
                EXPECT_TRUE(co_await stream.wait_for_peer_gone());
                left_at = steady_millis();
              }});
    Client client(worker, nullptr);
    Cancellation cancellation;
    auto response = co_await client.send(post(fake), cancellation);
    EXPECT_TRUE(response.ok());
    if (!response.ok()) co_return;
    auto piece = co_await (*response)->read();
    EXPECT_TRUE(piece.ok());
    if (piece.ok()) EXPECT_EQ(*piece, "hi");
    Millis dropped_at = steady_millis();
    response->reset();
    std::function<bool()> left = [&] { return left_at > 0; };
    EXPECT_TRUE(co_await eventually(left));
    EXPECT_LE(left_at - dropped_at, kAtOnce);
  });
}

Task<void> request_after(Cancellation& cancellation, Millis wait, Millis* at = nullptr) {
  co_await net::sleep_for(wait);
  if (at != nullptr) *at = steady_millis();
  cancellation.request();
}

TEST(Client, CancellationEndsAWaitingReadAndTheUpstreamSeesIt) {
  run_task([](Worker& worker) -> Task<void> {
    Millis left_at = 0;
    Fake fake(worker, {[&left_at](Stream& stream, Fake& self) -> Task<void> {
                co_await self.read_request(stream);
                co_await self.write(stream, kChunked + "2\r\nhi\r\n");
                EXPECT_TRUE(co_await stream.wait_for_peer_gone());
                left_at = steady_millis();
              }});
    Client client(worker, nullptr);
    Cancellation cancellation;
    Millis cancelled_at = 0;
    worker.spawn(request_after(cancellation, 30, &cancelled_at));
    Outcome outcome = co_await run_exchange(client, post(fake), cancellation);
    EXPECT_EQ(outcome.body, "hi");
    EXPECT_EQ(outcome.failed, Code::cancelled);
    std::function<bool()> left = [&] { return left_at > 0; };
    EXPECT_TRUE(co_await eventually(left));
    EXPECT_LE(left_at - cancelled_at, kAtOnce);
    Outcome again = co_await run_exchange(client, post(fake), cancellation);
    EXPECT_EQ(again.failed, Code::cancelled);
    EXPECT_EQ(fake.accepted, 1);
  });
}

TEST(Client, CancellationEndsTheWaitForAHead) {
  run_task([](Worker& worker) -> Task<void> {
    Fake fake(worker, {[](Stream& stream, Fake& self) -> Task<void> {
                co_await self.read_request(stream);
                co_await self.read_request(stream);
              }});
    Client client(worker, nullptr);
    Cancellation cancellation;
    worker.spawn(request_after(cancellation, 20));
    Millis started = steady_millis();
    Outcome outcome = co_await run_exchange(client, post(fake), cancellation);
    EXPECT_EQ(outcome.failed, Code::cancelled);
    EXPECT_LT(steady_millis() - started, 5000);
    std::function<bool()> left = [&] { return fake.peers_gone == 1; };
    EXPECT_TRUE(co_await eventually(left));
  });
}

TEST(Client, PatienceRunsOutAndReadingGoesOn) {
  run_task([](Worker& worker) -> Task<void> {
    Fake fake(worker, {once({sized("ab").substr(0, sized("ab").size() - 1), "b"}, false, 400)});
    Client client(worker, nullptr);
    Cancellation cancellation;
    auto response = co_await client.send(post(fake), cancellation);
    EXPECT_TRUE(response.ok());
    if (!response.ok()) co_return;
    auto first = co_await (*response)->read(50);
    EXPECT_TRUE(first.ok() && *first == "a");
    auto none = co_await (*response)->read(50);
    EXPECT_FALSE(none.ok());
    if (!none.ok()) EXPECT_EQ(none.error().code, Code::timeout);
    EXPECT_TRUE((*response)->is_open());
    auto second = co_await (*response)->read(5000);
    EXPECT_TRUE(second.ok() && *second == "b");
    auto end = co_await (*response)->read(50);
    EXPECT_TRUE(end.ok() && end->empty());
  });
}

TEST(Client, ASilentUpstreamTimesOut) {
  run_task([](Worker& worker) -> Task<void> {
    Fake silent(worker, {[](Stream& stream, Fake& self) -> Task<void> {
                  co_await self.read_request(stream);
                  co_await self.read_request(stream);
                }});
    ClientLimits limits;
    limits.head_timeout = 200;
    limits.idle_timeout = 200;
    Client client(worker, nullptr, limits);
    Cancellation cancellation;
    Millis started = steady_millis();
    Outcome head = co_await run_exchange(client, post(silent), cancellation);
    EXPECT_EQ(head.failed, Code::timeout);
    EXPECT_GE(steady_millis() - started, 190);
    EXPECT_LT(steady_millis() - started, 5000);
    ClientRequest own_limit = post(silent);
    own_limit.head_timeout = 600;
    started = steady_millis();
    head = co_await run_exchange(client, own_limit, cancellation);
    EXPECT_EQ(head.failed, Code::timeout);
    EXPECT_GE(steady_millis() - started, 590);

    Fake stalls(worker, {[](Stream& stream, Fake& self) -> Task<void> {
                  co_await self.read_request(stream);
                  co_await self.write(stream, kChunked + "2\r\nhi\r\n");
                  co_await self.read_request(stream);
                }});
    auto response = co_await client.send(post(stalls), cancellation);
    EXPECT_TRUE(response.ok());
    if (!response.ok()) co_return;
    auto piece = co_await (*response)->read();
    EXPECT_TRUE(piece.ok());
    int rounds = 0;
    auto stalled = co_await (*response)->read(100);
    while ((*response)->is_open() && ++rounds < 10) stalled = co_await (*response)->read(100);
    EXPECT_FALSE(stalled.ok());
    if (!stalled.ok()) EXPECT_EQ(stalled.error().code, Code::timeout);
    EXPECT_FALSE((*response)->is_open());
    std::function<bool()> left = [&] { return stalls.peers_gone == 1; };
    EXPECT_TRUE(co_await eventually(left));
  });
}

TEST(Client, ReadAllHasALimit) {
  run_task([](Worker& worker) -> Task<void> {
    Fake sized_fake(worker, {always(sized("0123456789"))});
    Fake chunked(worker, {always(kChunked + "5\r\n01234\r\n5\r\n56789\r\n0\r\n\r\n")});
    Client client(worker, nullptr);
    Cancellation cancellation;
    for (Fake* fake : {&sized_fake, &chunked}) {
      auto at_limit = co_await client.send(post(*fake), cancellation);
      EXPECT_TRUE(at_limit.ok());
      if (!at_limit.ok()) co_return;
      auto body = co_await (*at_limit)->read_all(10);
      EXPECT_TRUE(body.ok() && *body == "0123456789");
      auto over = co_await client.send(post(*fake), cancellation);
      EXPECT_TRUE(over.ok());
      if (!over.ok()) co_return;
      auto refused = co_await (*over)->read_all(9);
      EXPECT_FALSE(refused.ok());
      if (!refused.ok()) EXPECT_EQ(refused.error().code, Code::too_large);
    }
  });
}

TEST(Client, ManySmallChunksOfOneReadComeAsOnePiece) {
  run_task([](Worker& worker) -> Task<void> {
    std::string answer = kChunked;
    std::string expected;
    for (int i = 0; i < 38; ++i) {
      std::string event = "data: event number " + std::to_string(i) + "\n\n";
      char size[16];
      std::snprintf(size, sizeof size, "%zx\r\n", event.size());
      answer += size + event + "\r\n";
      expected += event;
    }
    answer += "0\r\n\r\n";
    Fake fake(worker, {always(answer)});
    Client client(worker, nullptr);
    Cancellation cancellation;
    auto response = co_await client.send(post(fake), cancellation);
    EXPECT_TRUE(response.ok());
    if (!response.ok()) co_return;
    auto piece = co_await (*response)->read();
    EXPECT_TRUE(piece.ok());
    if (piece.ok()) EXPECT_EQ(*piece, expected);
    auto end = co_await (*response)->read();
    EXPECT_TRUE(end.ok() && end->empty());
    auto still_end = co_await (*response)->read();
    EXPECT_TRUE(still_end.ok() && still_end->empty());
  });
}

TEST(Client, CarriesMegabytesEachWay) {
  run_task([](Worker& worker) -> Task<void> {
    std::string large(6'000'000, 'x');
    for (size_t i = 0; i < large.size(); ++i) large[i] = static_cast<char>('a' + i % 23);
    Fake fake(worker, {always(sized(large))});
    Client client(worker, nullptr);
    Cancellation cancellation;
    Outcome outcome = co_await run_exchange(client, post(fake, large), cancellation);
    EXPECT_FALSE(outcome.failed);
    EXPECT_TRUE(outcome.body == large);
    EXPECT_TRUE(fake.requests.at(0).ends_with(large));
    outcome = co_await run_exchange(client, post(fake, large), cancellation);
    EXPECT_TRUE(outcome.body == large);
    EXPECT_EQ(fake.accepted, 1);
  });
}

TEST(Client, AnswersWithoutABodyEndAtOnce) {
  run_task([](Worker& worker) -> Task<void> {
    Fake head_only(worker, {always("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n")});
    Fake no_content(worker, {always("HTTP/1.1 204 No Content\r\n\r\n")});
    Fake not_modified(worker,
                      {always("HTTP/1.1 304 Not Modified\r\nETag: \"a\"\r\nContent-Length: 7\r\n\r\n")});
    Client client(worker, nullptr);
    Cancellation cancellation;
    for (int round = 0; round < 2; ++round) {
      ClientRequest head;
      head.method = "HEAD";
      head.url = head_only.url();
      for (Outcome outcome : {co_await run_exchange(client, head, cancellation),
                              co_await run_exchange(client, post(no_content), cancellation),
                              co_await run_exchange(client, post(not_modified), cancellation)}) {
        EXPECT_FALSE(outcome.failed);
        EXPECT_EQ(outcome.body, "");
      }
    }
    EXPECT_EQ(head_only.accepted + no_content.accepted + not_modified.accepted, 3);
  });
}

TEST(Client, DoesNotFollowRedirects) {
  run_task([](Worker& worker) -> Task<void> {
    Fake target(worker, {always(sized("stolen"))});
    Fake fake(worker, {always("HTTP/1.1 307 Temporary Redirect\r\nLocation: " + target.url().origin() +
                              "/\r\nContent-Length: 0\r\n\r\n")});
    Client client(worker, nullptr);
    Cancellation cancellation;
    Outcome outcome = co_await run_exchange(client, post(fake), cancellation);
    EXPECT_EQ(outcome.status, 307);
    EXPECT_EQ(target.accepted, 0);
  });
}

TEST(Client, RefusesToSendWhatCouldSplitARequest) {
  run_task([](Worker& worker) -> Task<void> {
    Fake fake(worker, {always(sized("hi"))});
    Client client(worker, nullptr);
    Cancellation cancellation;
    ClientRequest bad_value = post(fake);
    bad_value.headers.add("x", "a\r\nb: c");
    ClientRequest bad_name = post(fake);
    bad_name.headers.add("x y", "a");
    ClientRequest bad_target = post(fake);
    bad_target.url.target = "/a b";
    ClientRequest bad_method = post(fake);
    bad_method.method = "GET /";
    ClientRequest no_tls = post(fake);
    no_tls.url.scheme = "https";
    for (const ClientRequest& request : {bad_value, bad_name, bad_target, bad_method, no_tls}) {
      Outcome outcome = co_await run_exchange(client, request, cancellation);
      EXPECT_EQ(outcome.failed, Code::invalid_argument);
    }
    EXPECT_TRUE(fake.requests.empty());
  });
}

TEST(Client, AResponseMayOutliveItsClient) {
  run_task([](Worker& worker) -> Task<void> {
    Fake fake(worker, {always(sized("hi"))});
    Cancellation cancellation;
    auto client = std::make_unique<Client>(worker, nullptr);
    auto response = co_await client->send(post(fake), cancellation);
    client.reset();
    EXPECT_TRUE(response.ok());
    if (!response.ok()) co_return;
    auto body = co_await (*response)->read_all(10);
    EXPECT_TRUE(body.ok() && *body == "hi");
    std::function<bool()> left = [&] { return fake.peers_gone == 1; };
    EXPECT_TRUE(co_await eventually(left));
  });
}

}  // namespace
}  // namespace valetkey::http
