#include <gtest/gtest.h>

#include <random>

#include "foundation/http/h1.h"

namespace valetkey::http {
namespace {

constexpr std::string_view kTwoChunks =
    "5;ext=\"v\"\r\nhello\r\n00b\r\n, big world\r\n0\r\nX-Trailer: 1\r\n\r\nNEXT";

struct Decoded {
  std::string data;
  bool failed = false;
  bool done = false;
  std::string left;
};

// Feeds the pieces between the cuts one after the other.
Decoded decode(std::string_view wire, const std::vector<size_t>& cuts) {
  Decoded out;
  ChunkDecoder decoder;
  size_t start = 0;
  std::string left;
  for (size_t i = 0; i <= cuts.size(); ++i) {
    size_t end = i < cuts.size() ? cuts[i] : wire.size();
    std::string piece(wire.substr(start, end - start));  // own memory: a read beyond it is an ASan error
    start = end;
    std::string_view input = piece;
    while (!input.empty() && !decoder.done()) {
      auto data = decoder.next(input);
      if (!data.ok()) {
        EXPECT_EQ(data.error().code, Code::protocol);
        out.failed = true;
        return out;
      }
      out.data += *data;
    }
    out.left += input;
  }
  out.done = decoder.done();
  return out;
}

bool refused(std::string_view wire) {
  return decode(wire, {}).failed;
}

TEST(Chunks, EverySplitGivesTheSameBody) {
  for (size_t a = 0; a <= kTwoChunks.size(); ++a) {
    for (size_t b = a; b <= kTwoChunks.size(); ++b) {
      Decoded out = decode(kTwoChunks, {a, b});
      ASSERT_FALSE(out.failed) << a << ' ' << b;
      ASSERT_TRUE(out.done);
      ASSERT_EQ(out.data, "hello, big world");
      ASSERT_EQ(out.left, "NEXT");
    }
  }
}

TEST(Chunks, ByteByByte) {
  std::vector<size_t> cuts;
  for (size_t i = 1; i < kTwoChunks.size(); ++i) cuts.push_back(i);
  Decoded out = decode(kTwoChunks, cuts);
  EXPECT_TRUE(out.done);
  EXPECT_EQ(out.data, "hello, big world");
}

TEST(Chunks, WhatIsWrittenIsReadBackAtRandomCuts) {
  std::mt19937 random(7);
  for (int round = 0; round < 200; ++round) {
    std::string body, wire;
    for (unsigned i = random() % 6; i > 0; --i) {
      std::string piece(random() % 300, static_cast<char>('a' + i));
      body += piece;
      append_chunk(wire, piece);
    }
    wire += kLastChunk;
    std::vector<size_t> cuts;
    for (unsigned i = random() % 8; i > 0; --i) cuts.push_back(random() % (wire.size() + 1));
    std::sort(cuts.begin(), cuts.end());
    Decoded out = decode(wire, cuts);
    ASSERT_TRUE(out.done);
    ASSERT_EQ(out.data, body);
  }
}

TEST(Chunks, AnUnfinishedBodyIsNotDone) {
  for (size_t n = 0; n + 4 < kTwoChunks.size(); ++n)
    EXPECT_FALSE(decode(kTwoChunks.substr(0, n), {}).done) << n;
}

TEST(Chunks, BadFramingIsRefused) {
  for (std::string_view bad : {"\r\n",
                               "g\r\n",
                               "-1\r\n",
                               "+1\r\n",
                               "0x1\r\n",
                               " 1\r\n",
                               "1 \r\n",
                               "1\n",
                               "1\r\r\n",
                               "1;a\rb\r\n",
                               "1,\r\n",
                               "10000000000000000\r\n",
                               "fffffffffffffffff\r\n",
                               "00000000000000000200000000000000000\r\n",
                               "1\r\naXX",
                               "1\r\na\n",
                               "1\r\nab\r\n",
                               "1\r\na\r\r\n",
                               "0\r\n bad: fold\r\n\r\n",
                               "0\r\nno colon\r\n\r\n",
                               "0\r\nname : v\r\n\r\n",
                               "0\r\nx: y\n\r\n",
                               "0\r\n\n"}) {
    EXPECT_TRUE(refused(bad)) << bad;
  }
  EXPECT_TRUE(refused(std::string_view("1;\0\r\n", 5)));
}

TEST(Chunks, LineLimitHoldsExactly) {
  auto line = [](size_t size) { return "1;" + std::string(size - 2, 'x') + "\r\na\r\n0\r\n\r\n"; };
  EXPECT_TRUE(decode(line(kMaxChunkLine), {}).done);
  EXPECT_TRUE(decode(line(kMaxChunkLine), {kMaxChunkLine}).done);
  EXPECT_TRUE(refused(line(kMaxChunkLine + 1)));
  EXPECT_TRUE(refused("1;" + std::string(kMaxChunkLine, 'x')));  // never ends
}

TEST(Chunks, TrailerLimitHoldsExactly) {
  auto trailers = [](size_t total) {  // as two fields
    std::string text = "0\r\nA: " + std::string(1000, 'x') + "\r\nB: ";
    size_t so_far = text.size() - 3;
    return text + std::string(total - so_far - 4, 'y') + "\r\n\r\n";
  };
  EXPECT_TRUE(decode(trailers(kMaxTrailerBytes), {}).done);
  EXPECT_TRUE(refused(trailers(kMaxTrailerBytes + 1)));
  EXPECT_TRUE(refused("0\r\nA: " + std::string(kMaxTrailerBytes, 'x')));
}

TEST(Chunks, AreWrittenWithoutAnEmptyOne) {
  std::string out;
  append_chunk(out, "");
  EXPECT_EQ(out, "");
  append_chunk(out, std::string(26, 'x'));
  EXPECT_EQ(out, "1a\r\n" + std::string(26, 'x') + "\r\n");
}

}  // namespace
}  // namespace valetkey::http
