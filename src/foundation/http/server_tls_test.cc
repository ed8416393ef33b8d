// The server behind TLS: everything that goes through the stream works the same.
#include <gtest/gtest.h>

#include "foundation/http/server.h"
#include "foundation/http/server_test_support.h"
#include "foundation/net/stream_test_support.h"

namespace valetkey::http {
namespace {

using net::testing::run_task;

std::shared_ptr<net::TlsContext> must(Result<std::shared_ptr<net::TlsContext>> context) {
  EXPECT_TRUE(context.ok());
  return context.ok() ? *context : nullptr;
}

Task<std::string> ask(net::Stream& stream, std::string request, std::string_view until) {
  EXPECT_TRUE((co_await stream.write_all(request)).ok());
  std::string answer;
  while (answer.find(until) == std::string::npos) {
    char bytes[4096];
    auto got = co_await stream.read_some(bytes, sizeof bytes);
    if (!got.ok() || *got == 0) break;
    answer.append(bytes, *got);
  }
  co_return answer;
}

class ServerTls : public ::testing::Test {
 protected:
  Task<net::Stream> connect(unsigned short port, const net::testing::Certificate& trusted) {
    net::ConnectTarget target{"localhost", port, must(net::TlsContext::client(trusted.chain_file))};
    auto stream = co_await net::connect(std::move(target), 5 * kSecond);
    EXPECT_TRUE(stream.ok()) << (stream.ok() ? "" : stream.error().detail);
    co_return std::move(*stream);
  }
  net::testing::TemporaryFolder folder_;
  net::testing::Certificate first_ = net::testing::make_certificate(folder_, "first", "DNS:localhost");
  net::testing::Certificate second_ = net::testing::make_certificate(folder_, "second", "DNS:localhost");
};

TEST_F(ServerTls, AnswersKeepsTheConnectionAndTakesANewCertificate) {
  run_task([this](net::Worker& worker) -> Task<void> {
    std::string large(200'000, 'b');
    Router router;
    router.add(Route("GET", "/hello", {.max_body = 0}, testing::say_hello));
    router.add(Route("POST", "/echo", {.max_body = 1 << 20}, testing::echo));
    ServerOptions options;
    options.tls = must(net::TlsContext::server(first_.chain_file, first_.key_file));
    Server server(std::move(options), router);
    EXPECT_TRUE(server.start({&worker}).ok());
    net::Stream stream = co_await connect(server.port(), first_);
    for (int i = 0; i < 3; ++i) {
      std::string answer = co_await ask(stream, std::string(testing::kGet), "hello");
      EXPECT_EQ(testing::body_of(answer), "hello");
    }
    std::string echoed = co_await ask(stream, testing::post("/echo", large + "END"), "END");
    EXPECT_TRUE(testing::body_of(echoed) == large + "END");
    server.replace_tls(must(net::TlsContext::server(second_.chain_file, second_.key_file)));
    net::Stream other = co_await connect(server.port(), second_);
    std::string again = co_await ask(other, std::string(testing::kGet), "hello");
    EXPECT_EQ(testing::body_of(again), "hello");
  });
}

TEST_F(ServerTls, AnswersInPiecesArriveWhole) {
  run_task([this](net::Worker& worker) -> Task<void> {
    const std::string first(20'000, 'a'), second(5'000, 'b');
    auto in_pieces = [&](Exchange& exchange) -> Task<void> {
      exchange.begin(200, {});
      (void)co_await exchange.write(first);
      (void)co_await exchange.end(second, "END");
    };
    Router router;
    router.add(Route("GET", "/pieces", {.max_body = 0}, in_pieces));
    ServerOptions options;
    options.tls = must(net::TlsContext::server(first_.chain_file, first_.key_file));
    Server server(std::move(options), router);
    EXPECT_TRUE(server.start({&worker}).ok());
    net::Stream stream = co_await connect(server.port(), first_);
    std::string answer = co_await ask(stream, "GET /pieces HTTP/1.1\r\nHost: h\r\n\r\n", "END\r\n0\r\n\r\n");
    ChunkDecoder decoder;
    std::string chunks = testing::body_of(answer), decoded;
    for (std::string_view input = chunks; !input.empty();) decoded += decoder.next(input).value();
    EXPECT_TRUE(decoded == first + second + "END");
  });
}

TEST_F(ServerTls, ALeavingClientCancelsAndASilentOneIsTimedOut) {
  run_task([this](net::Worker& worker) -> Task<void> {
    bool cancelled = false;
    auto wait = [&](Exchange& exchange) -> Task<void> {
      cancelled = !co_await net::sleep_for(5 * kSecond, &exchange.cancellation());
    };
    Router router;
    router.add(Route("GET", "/wait", {.max_body = 0}, wait));
    ServerOptions options;
    options.tls = must(net::TlsContext::server(first_.chain_file, first_.key_file));
    options.limits.head_timeout = 200;
    Server server(std::move(options), router);
    EXPECT_TRUE(server.start({&worker}).ok());
    net::Stream leaving = co_await connect(server.port(), first_);
    EXPECT_TRUE((co_await leaving.write_all("GET /wait HTTP/1.1\r\nHost: h\r\n\r\n")).ok());
    co_await net::sleep_for(50);
    EXPECT_FALSE(cancelled);
    leaving.close();
    co_await net::sleep_for(100);
    EXPECT_TRUE(cancelled);
    net::Stream slow = co_await connect(server.port(), first_);
    std::string answer = co_await ask(slow, "GET /wa", "\r\n\r\n");
    EXPECT_EQ(testing::status_of(answer), "HTTP/1.1 408");
    // A peer that never shakes hands is cut.
    net::ConnectTarget plain{"localhost", server.port(), nullptr};
    auto mute = co_await net::connect(std::move(plain), 5 * kSecond);
    char byte = 0;
    auto got = co_await mute->read_some(&byte, 1);
    EXPECT_TRUE(!got.ok() || *got == 0);
  });
}

}  // namespace
}  // namespace valetkey::http
