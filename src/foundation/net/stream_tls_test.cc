#include <gtest/gtest.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <thread>

#include "foundation/net/stream.h"
#include "foundation/net/stream_test_support.h"

namespace valetkey::net {
namespace {

using testing::Listener;
using testing::run_task;

std::shared_ptr<TlsContext> must(Result<std::shared_ptr<TlsContext>> context) {
  EXPECT_TRUE(context.ok()) << (context.ok() ? "" : context.error().detail);
  return context.ok() ? *context : nullptr;
}

enum class Manner { echo, vanish, silent_close };

// Serves one connection: the handshake, then as its manner says.
Task<void> serve_one(Listener& listener, std::shared_ptr<TlsContext> tls, Manner manner, int& handshakes) {
  Stream stream = co_await listener.accept();
  auto secured = co_await tls_accept(stream, tls);
  if (!secured.ok()) co_return;
  ++handshakes;
  char buffer[20000];
  auto got = co_await stream.read_some(buffer, sizeof buffer);
  if (manner == Manner::vanish) {
    // A FIN without close_notify, as an attacker on the path would make it.
    ::shutdown(stream.native().socket.native_handle(), SHUT_WR);
    co_await sleep_for(50);
    co_return;
  }
  while (got.ok() && *got > 0) {
    auto sent = co_await stream.write_all(
        Pieces{{std::string_view(buffer, 1), std::string_view(buffer + 1, *got - 1)}});
    if (!sent.ok()) co_return;
    got = co_await stream.read_some(buffer, sizeof buffer);
  }
  co_await stream.shutdown();
}

Task<Result<std::string>> exchange(Stream& stream, std::string text) {
  CO_CHECK(co_await stream.write_all(text));
  std::string out;
  char buffer[8192];
  while (out.size() < text.size()) {
    CO_TRY(size_t got, co_await stream.read_some(buffer, sizeof buffer));
    if (got == 0) break;
    out.append(buffer, got);
  }
  co_return out;
}

class TlsStream : public ::testing::Test {
 protected:
  net::testing::TemporaryFolder folder_;
  net::testing::Certificate good_ =
      net::testing::make_certificate(folder_, "good", "DNS:localhost,IP:127.0.0.1");
  std::shared_ptr<TlsContext> server_ = must(TlsContext::server(good_.chain_file, good_.key_file));
};

TEST_F(TlsStream, EchoesUnderTheRightCertificateByNameAndByAddress) {
  run_task([this](Worker& worker) -> Task<void> {
    auto client = must(TlsContext::client(good_.chain_file));
    for (std::string host : {"localhost", "127.0.0.1"}) {
      Listener listener(worker);
      int handshakes = 0;
      worker.spawn(serve_one(listener, server_, Manner::echo, handshakes));
      auto stream = co_await connect({host, listener.port(), client}, 5 * kSecond);
      EXPECT_TRUE(stream.ok()) << (stream.ok() ? "" : stream.error().detail);
      if (!stream.ok()) co_return;
      EXPECT_TRUE(stream->is_tls());
      auto echoed = co_await exchange(*stream, "hello over TLS");
      EXPECT_TRUE(echoed.ok());
      if (echoed.ok()) EXPECT_EQ(*echoed, "hello over TLS");
      EXPECT_EQ(handshakes, 1);
      EXPECT_FALSE(stream->has_pending_input());  // only a session ticket may have come
      co_await stream->shutdown();
      char byte = 0;
      auto end = co_await stream->read_some(&byte, 1);
      EXPECT_TRUE(end.ok() && *end == 0);
    }
  });
}

Task<void> send_all(Stream& stream, const std::string& data) {
  auto sent = co_await stream.write_all(data);
  EXPECT_TRUE(sent.ok());
}

TEST_F(TlsStream, CarriesMegabytesBothWaysAtOnce) {
  run_task([this](Worker& worker) -> Task<void> {
    auto client = must(TlsContext::client(good_.chain_file));
    Listener listener(worker);
    int handshakes = 0;
    worker.spawn(serve_one(listener, server_, Manner::echo, handshakes));
    auto stream = co_await connect({"localhost", listener.port(), client}, 5 * kSecond);
    EXPECT_TRUE(stream.ok());
    if (!stream.ok()) co_return;
    std::string data(5'000'000, 'x');
    for (size_t i = 0; i < data.size(); ++i) data[i] = static_cast<char>('a' + i % 23);
    worker.spawn(send_all(*stream, data));
    std::string out;
    char buffer[32768];
    while (out.size() < data.size()) {
      auto got = co_await stream->read_some(buffer, sizeof buffer);
      EXPECT_TRUE(got.ok());
      if (!got.ok() || *got == 0) break;
      out.append(buffer, *got);
    }
    EXPECT_TRUE(out == data);
  });
}

TEST_F(TlsStream, RefusesWhatItCannotVerify) {
  auto wrong = net::testing::make_certificate(folder_, "wrong", "DNS:other.example,IP:127.0.0.2");
  auto expired = net::testing::make_certificate(folder_, "expired", "DNS:localhost", -3600);
  struct Case {
    net::testing::Certificate presented;
    std::string trusted;
    std::string host;
  };
  for (const Case& one : {Case{good_, "", "localhost"},                // unknown issuer
                          Case{good_, wrong.chain_file, "localhost"},  // another issuer
                          Case{wrong, wrong.chain_file, "localhost"},  // wrong name
                          Case{wrong, wrong.chain_file, "127.0.0.1"},  // wrong address
                          Case{expired, expired.chain_file, "localhost"}}) {
    run_task([&](Worker& worker) -> Task<void> {
      auto server = must(TlsContext::server(one.presented.chain_file, one.presented.key_file));
      auto client = must(TlsContext::client(one.trusted));
      Listener listener(worker);
      int handshakes = 0;
      worker.spawn(serve_one(listener, server, Manner::echo, handshakes));
      auto stream = co_await connect({one.host, listener.port(), client}, 5 * kSecond);
      EXPECT_FALSE(stream.ok());
      if (!stream.ok()) EXPECT_EQ(stream.error().code, Code::protocol) << stream.error().detail;
    });
  }
}

TEST_F(TlsStream, APeerThatSpeaksNoTlsIsAProtocolError) {
  run_task([](Worker& worker) -> Task<void> {
    Listener listener(worker);
    auto client = must(TlsContext::client());
    std::function<Task<void>()> plain = [&]() -> Task<void> {
      Stream stream = co_await listener.accept();
      auto sent = co_await stream.write_all("HTTP/1.1 400 Bad Request\r\n\r\n");
      EXPECT_TRUE(sent.ok());
      co_await sleep_for(50);
    };
    worker.spawn(plain());
    auto stream = co_await connect({"localhost", listener.port(), client}, 5 * kSecond);
    EXPECT_FALSE(stream.ok());
    if (!stream.ok()) EXPECT_EQ(stream.error().code, Code::protocol);
  });
}

TEST_F(TlsStream, AnEndWithoutCloseNotifyIsACut) {
  run_task([this](Worker& worker) -> Task<void> {
    auto client = must(TlsContext::client(good_.chain_file));
    Listener listener(worker);
    int handshakes = 0;
    worker.spawn(serve_one(listener, server_, Manner::vanish, handshakes));
    auto stream = co_await connect({"localhost", listener.port(), client}, 5 * kSecond);
    EXPECT_TRUE(stream.ok());
    if (!stream.ok()) co_return;
    auto answer = co_await exchange(*stream, "x");
    EXPECT_FALSE(answer.ok());
    if (!answer.ok()) EXPECT_EQ(answer.error().code, Code::disconnected) << answer.error().detail;
  });
}

TEST_F(TlsStream, ResumesTheSessionOfAnEarlierConnection) {
  run_task([this](Worker& worker) -> Task<void> {
    auto client = must(TlsContext::client(good_.chain_file));
    Listener listener(worker);
    int handshakes = 0;
    for (int round = 0; round < 4; ++round) {
      worker.spawn(serve_one(listener, server_, Manner::echo, handshakes));
      auto stream = co_await connect({"localhost", listener.port(), client}, 5 * kSecond);
      EXPECT_TRUE(stream.ok());
      if (!stream.ok()) co_return;
      auto answer = co_await exchange(*stream, "x");
      EXPECT_TRUE(answer.ok());
      EXPECT_EQ(SSL_session_reused(stream->native().ssl.get()), round == 0 ? 0 : 1);
      stream->close();
    }
  });
}

TEST_F(TlsStream, SeesThePeerLeaveThroughItsCloseNotify) {
  run_task([this](Worker& worker) -> Task<void> {
    auto client = must(TlsContext::client(good_.chain_file));
    Listener listener(worker);
    bool seen = false;
    std::function<Task<void>()> watch = [&]() -> Task<void> {
      Stream stream = co_await listener.accept();
      auto secured = co_await tls_accept(stream, server_);
      EXPECT_TRUE(secured.ok());
      char byte = 0;
      auto got = co_await stream.read_some(&byte, 1);
      EXPECT_TRUE(got.ok());
      seen = co_await stream.wait_for_peer_gone();
    };
    worker.spawn(watch());
    auto stream = co_await connect({"localhost", listener.port(), client}, 5 * kSecond);
    EXPECT_TRUE(stream.ok());
    if (!stream.ok()) co_return;
    auto sent = co_await stream->write_all("x");
    EXPECT_TRUE(sent.ok());
    co_await sleep_for(20);
    EXPECT_FALSE(seen);
    stream->close();
    co_await sleep_for(50);
    EXPECT_TRUE(seen);
  });
}

TEST_F(TlsStream, ContextsMayBeSharedByWorkers) {
  auto client = must(TlsContext::client(good_.chain_file));
  auto connect_often = [&] {
    run_task([&](Worker& worker) -> Task<void> {
      Listener listener(worker);
      int handshakes = 0;
      for (int round = 0; round < 20; ++round) {
        worker.spawn(serve_one(listener, server_, Manner::echo, handshakes));
        auto stream = co_await connect({"localhost", listener.port(), client}, 5 * kSecond);
        EXPECT_TRUE(stream.ok());
        if (!stream.ok()) co_return;
        auto answer = co_await exchange(*stream, "x");
        EXPECT_TRUE(answer.ok());
      }
    });
  };
  std::thread other(connect_often);
  connect_often();
  other.join();
}

TEST_F(TlsStream, BadFilesAreNamed) {
  auto missing = TlsContext::server("/nonexistent.crt", good_.key_file);
  ASSERT_FALSE(missing.ok());
  EXPECT_NE(missing.error().detail.find("/nonexistent.crt"), std::string::npos);
  auto other = net::testing::make_certificate(folder_, "other", "DNS:x");
  EXPECT_FALSE(TlsContext::server(good_.chain_file, other.key_file).ok());
  EXPECT_FALSE(TlsContext::client("/nonexistent.pem").ok());
}

}  // namespace
}  // namespace valetkey::net
