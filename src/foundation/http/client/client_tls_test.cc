#include <gtest/gtest.h>

#include "foundation/http/client/client.h"
#include "foundation/http/client/client_test_support.h"

namespace valetkey::http {
namespace {

using net::testing::run_task;
using testing::always;
using testing::Fake;
using testing::once;
using testing::Outcome;
using testing::post;
using testing::run_exchange;
using testing::sized;
using testing::Stream;
using testing::Worker;

class ClientTls : public ::testing::Test {
 protected:
  static std::shared_ptr<net::TlsContext> must(Result<std::shared_ptr<net::TlsContext>> context) {
    EXPECT_TRUE(context.ok());
    return context.ok() ? *context : nullptr;
  }
  net::testing::TemporaryFolder folder_;
  net::testing::Certificate good_ = net::testing::make_certificate(folder_, "good", "DNS:localhost");
  net::testing::Certificate wrong_ = net::testing::make_certificate(folder_, "wrong", "DNS:other.example");
  std::shared_ptr<net::TlsContext> server_ = must(net::TlsContext::server(good_.chain_file, good_.key_file));
};

TEST_F(ClientTls, TalksToTheRightHostAndReusesTheConnection) {
  run_task([this](Worker& worker) -> Task<void> {
    std::string large(300'000, 'x');
    Fake fake(worker, {always(sized(large))}, server_);
    Client client(worker, must(net::TlsContext::client(good_.chain_file)));
    Cancellation cancellation;
    for (int round = 0; round < 3; ++round) {
      Outcome outcome = co_await run_exchange(client, post(fake, large), cancellation);
      EXPECT_FALSE(outcome.failed);
      EXPECT_TRUE(outcome.body == large);
    }
    EXPECT_EQ(fake.accepted, 1);
  });
}

TEST_F(ClientTls, RefusesASelfSignedOrWrongHost) {
  run_task([this](Worker& worker) -> Task<void> {
    Fake self_signed(worker, {always(sized("hi"))}, server_);
    Fake wrong_host(worker, {always(sized("hi"))},
                    must(net::TlsContext::server(wrong_.chain_file, wrong_.key_file)));
    Client strangers(worker, must(net::TlsContext::client()));
    Client trusting(worker, must(net::TlsContext::client(wrong_.chain_file)));
    Cancellation cancellation;
    Outcome unknown = co_await run_exchange(strangers, post(self_signed), cancellation);
    Outcome wrong = co_await run_exchange(trusting, post(wrong_host), cancellation);
    EXPECT_EQ(unknown.failed, Code::protocol);
    EXPECT_EQ(wrong.failed, Code::protocol);
    EXPECT_TRUE(self_signed.requests.empty());
    EXPECT_TRUE(wrong_host.requests.empty());
  });
}

TEST_F(ClientTls, AStaleConnectionIsNotUsed) {
  run_task([this](Worker& worker) -> Task<void> {
    Fake fake(worker, {once({sized("one")}), once({sized("two")})}, server_);
    Client client(worker, must(net::TlsContext::client(good_.chain_file)));
    Cancellation cancellation;
    Outcome first = co_await run_exchange(client, post(fake), cancellation);
    EXPECT_EQ(first.body, "one");
    co_await net::sleep_for(20);
    ClientRequest never_twice = post(fake);
    never_twice.resend_on_stale = false;
    Outcome second = co_await run_exchange(client, never_twice, cancellation);
    EXPECT_EQ(second.body, "two");
  });
}

TEST_F(ClientTls, ATruncatedBodyIsNotMistakenForAWholeOne) {
  run_task([this](Worker& worker) -> Task<void> {
    Fake fake(worker, {[](Stream& stream, Fake& self) -> Task<void> {
                co_await self.read_request(stream);
                co_await self.write(stream, "HTTP/1.1 200 OK\r\n\r\nhalf");
                co_await net::sleep_for(20);
                boost::system::error_code ignored;  // a FIN without close_notify
                stream.native().socket.shutdown(asio::socket_base::shutdown_send, ignored);
                co_await net::sleep_for(50);
              }},
              server_);
    Client client(worker, must(net::TlsContext::client(good_.chain_file)));
    Cancellation cancellation;
    Outcome outcome = co_await run_exchange(client, post(fake), cancellation);
    EXPECT_EQ(outcome.body, "half");
    EXPECT_EQ(outcome.failed, Code::disconnected);
  });
}

}  // namespace
}  // namespace valetkey::http
