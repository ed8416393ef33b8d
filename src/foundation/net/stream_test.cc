#include "foundation/net/stream.h"

#include <gtest/gtest.h>
#include <sys/epoll.h>

#include <cstdio>
#include <filesystem>
#include <fstream>

#include "foundation/net/stream_test_support.h"

namespace valetkey::net {
namespace {

using testing::Listener;
using testing::run_task;

struct Pair {
  Stream near;
  Stream far;
};

Task<Pair> connected_pair(Worker& worker) {
  Listener listener(worker);
  auto near = co_await connect({"127.0.0.1", listener.port(), nullptr}, kSecond);
  EXPECT_TRUE(near.ok());
  Stream far = co_await listener.accept();
  Pair pair{std::move(*near), std::move(far)};
  co_return pair;
}

Task<std::string> read_bytes(Stream& stream, size_t count) {
  std::string out;
  char buffer[4096];
  while (out.size() < count) {
    auto got = co_await stream.read_some(buffer, std::min(sizeof buffer, count - out.size()));
    EXPECT_TRUE(got.ok());
    if (!got.ok() || *got == 0) break;
    out.append(buffer, *got);
  }
  co_return out;
}

Task<void> write_then_close(Stream& stream, const std::string& data) {
  auto written = co_await stream.write_all(data);
  EXPECT_TRUE(written.ok());
  co_await stream.shutdown();
}

Task<void> close_after(Stream& stream, Millis wait) {
  co_await sleep_for(wait);
  stream.close();
}

TEST(Stream, SendsTwoPiecesInOrder) {
  run_task([](Worker& worker) -> Task<void> {
    Pair pair = co_await connected_pair(worker);
    auto first = co_await pair.near.write_all({{"head ", "body"}});
    auto second = co_await pair.near.write_all({{"", "!"}});
    auto third = co_await pair.near.write_all("?");
    EXPECT_TRUE(first.ok() && second.ok() && third.ok());
    EXPECT_EQ(co_await read_bytes(pair.far, 11), "head body!?");
    EXPECT_EQ(pair.far.peer_address(), "127.0.0.1");
    EXPECT_FALSE(pair.far.is_tls());
  });
}

TEST(Stream, WritesMoreThanTheSocketTakesAtOnce) {
  run_task([](Worker& worker) -> Task<void> {
    Pair pair = co_await connected_pair(worker);
    std::string data(12'000'000, 'x');
    for (size_t i = 0; i < data.size(); ++i) data[i] = static_cast<char>('a' + i % 23);
    worker.spawn(write_then_close(pair.near, data));
    std::string got = co_await read_bytes(pair.far, data.size());
    EXPECT_TRUE(got == data);
    char byte = 0;
    auto end = co_await pair.far.read_some(&byte, 1);
    EXPECT_TRUE(end.ok());
    if (end.ok()) EXPECT_EQ(*end, 0u);
  });
}

TEST(Stream, CloseEndsAPendingReadWithCancelled) {
  run_task([](Worker& worker) -> Task<void> {
    Pair pair = co_await connected_pair(worker);
    worker.spawn(close_after(pair.near, 20));
    char byte = 0;
    auto got = co_await pair.near.read_some(&byte, 1);
    EXPECT_FALSE(got.ok());
    if (!got.ok()) EXPECT_EQ(got.error().code, Code::cancelled);
    EXPECT_FALSE(pair.near.is_open());
    auto again = co_await pair.near.read_some(&byte, 1);
    EXPECT_FALSE(again.ok());
    if (!again.ok()) EXPECT_EQ(again.error().code, Code::cancelled);
    auto write = co_await pair.near.write_all("x");
    EXPECT_FALSE(write.ok());
    if (!write.ok()) EXPECT_EQ(write.error().code, Code::cancelled);
    pair.near.close();
  });
}

TEST(Stream, CloseEndsAPendingWriteWithCancelled) {
  run_task([](Worker& worker) -> Task<void> {
    Pair pair = co_await connected_pair(worker);
    worker.spawn(close_after(pair.near, 20));
    std::string data(30'000'000, 'x');
    auto sent = co_await pair.near.write_all(data);
    EXPECT_FALSE(sent.ok());
    if (!sent.ok()) EXPECT_EQ(sent.error().code, Code::cancelled);
  });
}

TEST(Stream, TellsAResetFromAnOrderlyEnd) {
  run_task([](Worker& worker) -> Task<void> {
    Pair orderly = co_await connected_pair(worker);
    orderly.far.close();
    char byte = 0;
    auto end = co_await orderly.near.read_some(&byte, 1);
    EXPECT_TRUE(end.ok() && *end == 0);
    Pair cut = co_await connected_pair(worker);
    cut.far.reset();
    auto failed = co_await cut.near.read_some(&byte, 1);
    EXPECT_FALSE(failed.ok());
    if (!failed.ok()) EXPECT_EQ(failed.error().code, Code::disconnected);
  });
}

TEST(Stream, WritingToAResetPeerIsDisconnectedAndNoSignal) {
  run_task([](Worker& worker) -> Task<void> {
    Pair pair = co_await connected_pair(worker);
    pair.far.reset();
    co_await sleep_for(10);
    auto sent = co_await pair.near.write_all("x");
    if (sent.ok()) sent = co_await pair.near.write_all("x");
    EXPECT_FALSE(sent.ok());
    if (!sent.ok()) EXPECT_EQ(sent.error().code, Code::disconnected);
  });
}

Task<void> after(Millis wait, std::function<void()> action) {
  co_await sleep_for(wait);
  action();
}

TEST(Stream, SeesThePeerLeaveWithoutReading) {
  run_task([](Worker& worker) -> Task<void> {
    Pair closed = co_await connected_pair(worker);
    worker.spawn(after(20, [&closed] { closed.far.close(); }));
    EXPECT_TRUE(co_await closed.near.wait_for_peer_gone());
    Pair cut = co_await connected_pair(worker);
    worker.spawn(after(20, [&cut] { cut.far.reset(); }));
    EXPECT_TRUE(co_await cut.near.wait_for_peer_gone());
    Pair talking = co_await connected_pair(worker);
    auto sent = co_await talking.far.write_all("hello");
    EXPECT_TRUE(sent.ok());
    EXPECT_FALSE(co_await talking.near.wait_for_peer_gone());
    EXPECT_EQ(co_await read_bytes(talking.near, 5), "hello");
    worker.spawn(after(20, [&talking] { talking.near.close(); }));
    EXPECT_FALSE(co_await talking.near.wait_for_peer_gone());
  });
}

TEST(Stream, AnIdleStreamHasNoPendingInput) {
  run_task([](Worker& worker) -> Task<void> {
    Pair pair = co_await connected_pair(worker);
    EXPECT_FALSE(pair.near.has_pending_input());
    auto sent = co_await pair.far.write_all("x");
    EXPECT_TRUE(sent.ok());
    co_await sleep_for(5);
    EXPECT_TRUE(pair.near.has_pending_input());
    EXPECT_EQ(co_await read_bytes(pair.near, 1), "x");
    EXPECT_FALSE(pair.near.has_pending_input());
    pair.far.close();
    co_await sleep_for(5);
    EXPECT_TRUE(pair.near.has_pending_input());
  });
}

TEST(Connect, IsDisconnectedWhenRefused) {
  run_task([](Worker& worker) -> Task<void> {
    unsigned short port = 0;
    {
      Listener listener(worker);
      port = listener.port();
    }
    auto failed = co_await connect({"127.0.0.1", port, nullptr}, kSecond);
    EXPECT_FALSE(failed.ok());
    if (!failed.ok()) EXPECT_EQ(failed.error().code, Code::disconnected);
  });
}

TEST(Connect, ResolvesNamesAndTriesEveryAddress) {
  run_task([](Worker& worker) -> Task<void> {
    Listener listener(worker);  // on IPv4 only; "localhost" may be ::1 first
    for (int round = 0; round < 3; ++round) {
      auto stream = co_await connect({"localhost", listener.port(), nullptr}, 5 * kSecond);
      EXPECT_TRUE(stream.ok());
    }
  });
}

// What epoll is asked to tell of this socket, as the kernel lists it.
uint32_t events_asked_for(int descriptor) {
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fdinfo")) {
    std::ifstream lines(entry.path());
    for (std::string line; std::getline(lines, line);) {
      int watched = -1;
      unsigned events = 0;
      if (std::sscanf(line.c_str(), "tfd: %d events: %x", &watched, &events) == 2 && watched == descriptor)
        return events;
    }
  }
  return 0;
}

TEST(Connect, LeavesASocketThatIsNotWokenForWriting) {
  run_task([](Worker& worker) -> Task<void> {
    Pair pair = co_await connected_pair(worker);
    uint32_t events = events_asked_for(pair.near.native().socket.native_handle());
    EXPECT_NE(events & EPOLLIN, 0u);
    EXPECT_EQ(events & EPOLLOUT, 0u);
  });
}

TEST(Connect, AnUnknownNameIsAnError) {
  run_task(
      [](Worker&) -> Task<void> {
        for (std::string host : {"no-such-host.invalid", "", "a b", "256.1.1.1.invalid"}) {
          auto failed = co_await connect({host, 80, nullptr}, 2 * kSecond);
          EXPECT_FALSE(failed.ok()) << host;
          // Without any name server the look-up itself may take longer than we wait.
          if (!failed.ok())
            EXPECT_TRUE(failed.error().code == Code::disconnected || failed.error().code == Code::timeout);
        }
      },
      30 * kSecond);
}

TEST(Connect, CancellationAndTimeEndIt) {
  run_task([](Worker& worker) -> Task<void> {
    auto tls = TlsContext::client();
    EXPECT_TRUE(tls.ok());
    if (!tls.ok()) co_return;
    Listener silent(worker);  // accepts in the kernel, never answers the TLS hello
    auto late = co_await connect({"127.0.0.1", silent.port(), *tls}, 150);
    EXPECT_FALSE(late.ok());
    if (!late.ok()) EXPECT_EQ(late.error().code, Code::timeout);
    Cancellation cancellation;
    worker.spawn(after(20, [&cancellation] { cancellation.request(); }));
    Millis started = steady_millis();
    auto cancelled = co_await connect({"127.0.0.1", silent.port(), *tls}, 10 * kSecond, &cancellation);
    EXPECT_FALSE(cancelled.ok());
    if (!cancelled.ok()) EXPECT_EQ(cancelled.error().code, Code::cancelled);
    EXPECT_LT(steady_millis() - started, 1000);
    auto at_once = co_await connect({"127.0.0.1", silent.port(), nullptr}, kSecond, &cancellation);
    EXPECT_FALSE(at_once.ok());
  });
}

}  // namespace
}  // namespace valetkey::net
