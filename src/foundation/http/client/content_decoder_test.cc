// Bodies in a content coding that nobody asked for.
#include "foundation/http/client/content_decoder.h"

#include <gtest/gtest.h>
#include <zlib.h>

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
using testing::Script;
using testing::sized;
using testing::Worker;

// One exchange with an upstream that follows the script.
Outcome against(Script script) {
  Outcome outcome;
  run_task([&](Worker& worker) -> Task<void> {
    Fake fake(worker, {script});
    Client client(worker, nullptr);
    Cancellation cancellation;
    outcome = co_await run_exchange(client, post(fake), cancellation);
  });
  return outcome;
}

std::string compressed(const std::string& text, int window) {
  z_stream stream{};
  deflateInit2(&stream, 6, Z_DEFLATED, window, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, text.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

TEST(ClientCoding, ACodedBodyThatNobodyAskedForIsDecoded) {
  std::string text(200'000, 'x');
  for (size_t i = 0; i < text.size(); ++i) text[i] = static_cast<char>('a' + i * i % 26);
  struct Case {
    const char* name;
    std::string coded;
  };
  for (const Case& one :
       {Case{"gzip", compressed(text, 15 + 16)}, Case{"x-gzip", compressed(text, 15 + 16)},
        Case{"deflate", compressed(text, 15)}, Case{"deflate", compressed(text, -15)},
        Case{"GZIP", compressed(text.substr(0, 1000), 31) + compressed(text.substr(1000), 31)}}) {
    std::string header = std::string("Content-Encoding: ") + one.name + "\r\n";
    Outcome outcome = against(once({sized(one.coded, header)}));
    EXPECT_FALSE(outcome.failed) << one.name;
    EXPECT_TRUE(outcome.body == text) << one.name;
    Outcome cut = against(once({sized(one.coded.substr(0, one.coded.size() / 2), header)}));
    EXPECT_EQ(cut.failed, Code::disconnected) << one.name;
    std::string bent = one.coded;
    for (size_t i = 20; i < 200; ++i) bent[i] = static_cast<char>(~bent[i]);
    EXPECT_TRUE(against(once({sized(bent, header)})).failed) << one.name;
  }
  EXPECT_EQ(against(once({sized("", "Content-Encoding: gzip\r\n")})).body, "");
  EXPECT_EQ(against(once({sized("plain", "Content-Encoding: identity\r\n")})).body, "plain");
}

TEST(ClientCoding, ACodedBodyIsGivenOutAsItArrives) {
  run_task([](Worker& worker) -> Task<void> {
    z_stream stream{};
    deflateInit2(&stream, 6, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY);
    auto flush = [&stream](std::string text, int mode) {
      std::string out(1000, '\0');
      stream.next_in = reinterpret_cast<Bytef*>(text.data());
      stream.avail_in = static_cast<uInt>(text.size());
      stream.next_out = reinterpret_cast<Bytef*>(out.data());
      stream.avail_out = static_cast<uInt>(out.size());
      deflate(&stream, mode);
      out.resize(out.size() - stream.avail_out);
      return out;
    };
    std::string first = flush("data: one\n\n", Z_SYNC_FLUSH);
    std::string second = flush("data: two\n\n", Z_FINISH);
    deflateEnd(&stream);
    Fake fake(worker,
              {once({"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + first, second}, false, 100)});
    Client client(worker, nullptr);
    Cancellation cancellation;
    auto response = co_await client.send(post(fake), cancellation);
    EXPECT_TRUE(response.ok());
    if (!response.ok()) co_return;
    EXPECT_EQ((*response)->header("content-encoding"), "");
    auto piece = co_await (*response)->read();
    EXPECT_TRUE(piece.ok() && *piece == "data: one\n\n");
    piece = co_await (*response)->read();
    EXPECT_TRUE(piece.ok() && *piece == "data: two\n\n");
    piece = co_await (*response)->read();
    EXPECT_TRUE(piece.ok() && piece->empty());
  });
}

TEST(ClientCoding, ACompressionBombMeetsTheLimitOfReadAll) {
  run_task([](Worker& worker) -> Task<void> {
    std::string bomb = compressed(std::string(50'000'000, 'x'), 31);
    Fake fake(worker, {always(sized(bomb, "Content-Encoding: gzip\r\n"))});
    Client client(worker, nullptr);
    Cancellation cancellation;
    auto response = co_await client.send(post(fake), cancellation);
    EXPECT_TRUE(response.ok());
    if (!response.ok()) co_return;
    auto body = co_await (*response)->read_all(1'000'000);
    EXPECT_FALSE(body.ok());
    if (!body.ok()) EXPECT_EQ(body.error().code, Code::too_large);
  });
}

}  // namespace
}  // namespace valetkey::http
