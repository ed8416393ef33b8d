// Answers that go out in pieces.
#include "foundation/http/server.h"
#include "foundation/http/server_test_support.h"

namespace valetkey::http {
namespace {

using namespace testing;

std::string decoded_chunks(std::string_view input) {
  ChunkDecoder decoder;
  std::string decoded;
  while (!input.empty()) decoded += decoder.next(input).value();
  EXPECT_TRUE(decoder.done());
  return decoded;
}

TEST(ServerStream, StreamsInChunksAndKeepsTheHeadForTheFirst) {
  TestServer server;
  auto stream = [](Exchange& exchange) -> Task<void> {
    exchange.begin(200, {{"content-type", "text/event-stream"}});
    for (std::string_view piece : {"one", "", "two"}) (void)co_await exchange.write(piece);
    (void)co_await exchange.end("three");
  };
  auto short_one = [](Exchange& exchange) -> Task<void> {
    exchange.begin(201, {});
    (void)co_await exchange.end("all");
  };
  RawClient client(server.route("GET", "/stream", stream)
                       .route("GET", "/short", short_one)
                       .route("GET", "/hello", say_hello)
                       .start());
  std::string answer = client.ask("GET /stream HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(header_of(answer, "transfer-encoding"), "chunked");
  EXPECT_EQ(body_of(answer), "3\r\none\r\n3\r\ntwo\r\n5\r\nthree\r\n0\r\n\r\n");
  std::string short_answer = client.ask("GET /short HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(header_of(short_answer, "content-length"), "3");
  EXPECT_EQ(body_of(short_answer), "all");
  client.send("HEAD /stream HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(status_of(client.read_answer(true)), "HTTP/1.1 200");
  EXPECT_EQ(body_of(client.ask(kGet)), "hello");
}

// Around every size from which a piece is no longer copied, or a chunk is full.
TEST(ServerStream, TwoPiecesArriveAsOneWhateverTheirSizes) {
  const std::string first(40'000, 'a'), second(40'000, 'b');
  const std::vector<size_t> sizes = {0, 1, 2048, 2049, 8192, 16'383, 16'384, 16'385, 40'000};
  auto pieces = [&](size_t a, size_t b) {
    return std::pair(std::string_view(first).substr(0, a), std::string_view(second).substr(0, b));
  };
  TestServer server;
  size_t a = 0, b = 0;
  auto whole = [&](Exchange& exchange) -> Task<void> {
    exchange.begin(200, {});
    auto [one, two] = pieces(a, b);
    (void)co_await exchange.end(one, two);
  };
  auto in_two = [&](Exchange& exchange) -> Task<void> {
    exchange.begin(200, {});
    auto [one, two] = pieces(a, b);
    (void)co_await exchange.write(one, two);
    (void)co_await exchange.end(two, one);
  };
  const unsigned short port = server.route("GET", "/whole", whole).route("GET", "/in-two", in_two).start();
  RawClient client(port);
  for (size_t of_first : sizes) {
    for (size_t of_second : sizes) {
      a = of_first, b = of_second;
      const std::string once = std::string(first, 0, a) + std::string(second, 0, b);
      const std::string again = std::string(second, 0, b) + std::string(first, 0, a);
      EXPECT_TRUE(body_of(client.ask("GET /whole HTTP/1.1\r\nHost: h\r\n\r\n")) == once) << a << " " << b;
      std::string chunks = body_of(client.ask("GET /in-two HTTP/1.1\r\nHost: h\r\n\r\n"));
      EXPECT_TRUE(decoded_chunks(chunks) == once + again) << a << " " << b;
      RawClient old(port);
      old.send("GET /in-two HTTP/1.0\r\n\r\n");
      EXPECT_TRUE(body_of(old.read_to_end()) == once + again) << a << " " << b;
    }
  }
}

TEST(ServerStream, ALargeAnswerArrivesWhole) {
  TestServer server;
  std::string large(3'000'000, 'z');
  auto send_it = [&](Exchange& exchange) -> Task<void> {
    Response answer;
    answer.body = large;
    co_await exchange.send(std::move(answer));
  };
  auto stream_it = [&](Exchange& exchange) -> Task<void> {
    exchange.begin(200, {});
    (void)co_await exchange.write(large);
    (void)co_await exchange.end();
  };
  RawClient client(server.route("GET", "/sent", send_it).route("GET", "/streamed", stream_it).start());
  EXPECT_TRUE(body_of(client.ask("GET /sent HTTP/1.1\r\nHost: h\r\n\r\n")) == large);
  std::string chunks = body_of(client.ask("GET /streamed HTTP/1.1\r\nHost: h\r\n\r\n"));
  EXPECT_TRUE(decoded_chunks(chunks) == large);
}

// Its body is copied behind the head up to 8 KiB, sent from where it lies up to 16, and goes out in pieces
// beyond.

}  // namespace
}  // namespace valetkey::http
