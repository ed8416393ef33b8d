#include "foundation/http/sse.h"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

#include "foundation/base/clock.h"

namespace valetkey::http {
namespace {

using Events = std::vector<std::pair<std::string, std::string>>;

struct Outcome {
  Events events;
  bool too_large = false;
  bool operator==(const Outcome&) const = default;
};

// Every piece gets memory of its own that is gone afterwards, so that a view kept too long is seen by ASan.
Outcome read_pieces(const std::vector<std::string_view>& pieces, size_t limit = 1 << 20) {
  SseReader reader(limit);
  Outcome out;
  SseEvent event;
  for (std::string_view piece : pieces) {
    std::vector<char> own(piece.begin(), piece.end());
    reader.feed({own.data(), own.size()});
    for (;;) {
      auto more = reader.next(event);
      if (!more.ok()) {
        EXPECT_EQ(more.error().code, Code::too_large);
        EXPECT_FALSE(reader.next(event).ok()) << "the error must stay";
        out.too_large = true;
        return out;
      }
      if (!*more) break;
      out.events.emplace_back(event.event, event.data);
    }
  }
  auto last = reader.finish(event);
  if (!last.ok()) {
    out.too_large = true;
  } else if (*last) {
    out.events.emplace_back(event.event, event.data);
  }
  return out;
}

Events read_whole(std::string_view text) {
  return read_pieces({text}).events;
}

TEST(SseReader, ReadsNamedAndUnnamedEvents) {
  EXPECT_EQ(read_whole("data: one\n\nevent: delta\ndata: {\"a\":1}\n\n"),
            (Events{{"", "one"}, {"delta", "{\"a\":1}"}}));
}

// Where each event lies in `text`, when it may be passed on as it is.
std::vector<std::string> plain_events(std::string_view text) {
  SseReader reader;
  reader.feed(text);
  std::vector<std::string> out;
  SseEvent event;
  while (reader.next(event).value()) out.emplace_back(event.plain);
  return out;
}

TEST(SseReader, ShowsAnEventThatIsSpelledTheUsualWayWhereItLies) {
  using Texts = std::vector<std::string>;
  const std::string usual = "event: n\ndata: d\n\n";
  EXPECT_EQ(plain_events(usual + usual + "event: long name\ndata: {\"a\":1}\n\n"),
            (Texts{usual, usual, "event: long name\ndata: {\"a\":1}\n\n"}));
  EXPECT_EQ(plain_events("\n\n" + usual + ": a comment\n\n" + usual), (Texts{usual, usual}));
  for (std::string_view other :
       {"data: d\n\n", "event:n\ndata: d\n\n", "event: n\ndata:d\n\n", "event: n\r\ndata: d\r\n\r\n",
        "event: n\rdata: d\r\r", "event: n\ndata: d\n\r", "event: n\rdata: d\n\n", "event: n\ndata: d\r\n\n",
        "id: 1\nevent: n\ndata: d\n\n", "event: n\n:x\ndata: d\n\n", ":\nevent: n\ndata: d\n\n",
        "data: d\nevent: n\n\n", "event: n\ndata: d\ndata: e\n\n", "event: m\nevent: n\ndata: d\n\n",
        "event: n\ndata: d\nretry: 1\n\n"}) {
    EXPECT_EQ(plain_events(other), (Texts{""})) << other;
    EXPECT_EQ(plain_events(std::string(other) + usual), (Texts{"", usual})) << other;
  }
}

TEST(SseReader, AnEventOfTwoReadsDoesNotLieInOne) {
  const std::string text = "event: n\ndata: d\n\n";
  for (size_t at = 1; at < text.size(); ++at) {
    SseReader reader;
    SseEvent event;
    reader.feed(std::string_view(text).substr(0, at));
    EXPECT_FALSE(reader.next(event).value());
    reader.feed(std::string_view(text).substr(at));
    ASSERT_TRUE(reader.next(event).value());
    EXPECT_EQ(event.plain, "") << at;
    EXPECT_EQ(event.data, "d");
  }
  SseReader reader;
  SseEvent event{"", "", "left over"};
  reader.feed("event: n\ndata: d\n");
  EXPECT_FALSE(reader.next(event).value());
  ASSERT_TRUE(reader.finish(event).value());
  EXPECT_EQ(event.plain, "");
}

TEST(SseReader, TakesEveryLineEnd) {
  Events expected{{"n", "a\nb"}, {"", "c"}};
  EXPECT_EQ(read_whole("event: n\ndata: a\ndata: b\n\ndata: c\n\n"), expected);
  EXPECT_EQ(read_whole("event: n\r\ndata: a\r\ndata: b\r\n\r\ndata: c\r\n\r\n"), expected);
  EXPECT_EQ(read_whole("event: n\rdata: a\rdata: b\r\rdata: c\r\r"), expected);
  EXPECT_EQ(read_whole("event: n\r\ndata: a\ndata: b\r\r\ndata: c\n\r"), expected);
}

TEST(SseReader, ACarriageReturnAtTheEndOfAFeedEndsTheEventAtOnce) {
  SseReader reader;
  SseEvent event;
  reader.feed("data: x\r\n\r");
  ASSERT_TRUE(*reader.next(event));
  EXPECT_EQ(event.data, "x");
  ASSERT_FALSE(*reader.next(event));
  reader.feed("\ndata: y\n\n");
  ASSERT_TRUE(*reader.next(event));
  EXPECT_EQ(event.data, "y");
}

TEST(SseReader, RemovesOneSpaceAfterTheColonOnly) {
  EXPECT_EQ(read_whole("data:x\n\ndata:  x\n\ndata:\tx \n\n"), (Events{{"", "x"}, {"", " x"}, {"", "\tx "}}));
}

TEST(SseReader, JoinsDataLinesAndKeepsEmptyOnes) {
  EXPECT_EQ(read_whole("data: a\ndata\ndata:\ndata: b\n\n"), (Events{{"", "a\n\n\nb"}}));
  EXPECT_EQ(read_whole("data\n\ndata:\n\n"), (Events{{"", ""}, {"", ""}}));
  EXPECT_EQ(read_whole("data\ndata\n\n"), (Events{{"", "\n"}}));
}

TEST(SseReader, AnEventWithoutDataIsNone) {
  EXPECT_EQ(read_whole("event: ping\n\ndata: a\n\n"), (Events{{"", "a"}}));
  EXPECT_EQ(read_whole("\n\n\n"), Events{});
  EXPECT_EQ(read_whole(""), Events{});
}

TEST(SseReader, ReadsOverCommentsIdsRetriesAndUnknownFields) {
  EXPECT_EQ(read_whole(
                ": ping\n\n:\nid: 7\nretry: 10\nDATA: no\n data: no\ndatax: no\nfoo\ndata: a\n: data: b\n\n"),
            (Events{{"", "a"}}));
}

TEST(SseReader, TheLastEventNameWins) {
  EXPECT_EQ(read_whole("event: a\nevent: b\ndata: 1\n\nevent: c\nevent\ndata: 2\n\n"),
            (Events{{"b", "1"}, {"", "2"}}));
}

TEST(SseReader, SkipsOneLeadingByteOrderMark) {
  EXPECT_EQ(read_whole("\xef\xbb\xbf"
                       "data: a\n\n"),
            (Events{{"", "a"}}));
  EXPECT_EQ(read_whole("\xef\xbb\xbf\xef\xbb\xbf"
                       "data: a\n\n"),
            Events{});
  EXPECT_EQ(read_whole("data: a\n\n\xef\xbb\xbf"
                       "data: b\n\n"),
            (Events{{"", "a"}}));
  EXPECT_EQ(read_whole("\xef\xbb"
                       "data: a\n\ndata: b\n\n"),
            (Events{{"", "b"}}));
  EXPECT_EQ(read_whole("\xef\xbb"), Events{});
}

TEST(SseReader, GivesALastEventWithoutABlankLine) {
  EXPECT_EQ(read_whole("data: a\n\ndata: b"), (Events{{"", "a"}, {"", "b"}}));
  EXPECT_EQ(read_whole("event: e\ndata: b\n"), (Events{{"e", "b"}}));
  EXPECT_EQ(read_whole("data: b\n\nevent: e"), (Events{{"", "b"}}));
}

TEST(SseReader, ViewsPointIntoTheFedBytesWhenTheEventIsWhole) {
  std::string text = "event: response.output_text.delta\ndata: {\"delta\":\"hi\"}\n\n";
  SseReader reader;
  SseEvent event;
  reader.feed(text);
  ASSERT_TRUE(*reader.next(event));
  EXPECT_EQ(event.data.data(), text.data() + text.find('{'));
  EXPECT_EQ(event.event.data(), text.data() + 7);
}

TEST(SseReader, EverySplitIntoThreePiecesGivesTheSameEvents) {
  for (std::string_view text : {
           std::string_view(
               "\xef\xbb\xbf"
               "event: d\xc3\xa9lta\r\ndata: \xe2\x82\xac one\r\ndata: two\r\n\r\n: c\r\n\r\ndata: 3"),
           std::string_view("event: a\rdata: 1\r\rdata: 2\rdata:\r\revent: x\r\rdata: 4\r"),
           std::string_view(
               "\n\ndata: \xf0\x9f\x98\x80\n\nevent: e\nid: 1\ndata\ndata: z\n\n\r\n\rdata:q\n\n"),
           std::string_view("\xef\xbb"
                            "data: a\n\ndata: b\n\n"),
       }) {
    Outcome expected = read_pieces({text});
    EXPECT_FALSE(expected.events.empty());
    for (size_t i = 0; i <= text.size(); ++i) {
      for (size_t j = i; j <= text.size(); ++j) {
        ASSERT_EQ(read_pieces({text.substr(0, i), text.substr(i, j - i), text.substr(j)}), expected)
            << i << "," << j;
      }
    }
    std::vector<std::string_view> bytes;
    for (size_t i = 0; i < text.size(); ++i) bytes.push_back(text.substr(i, 1));
    EXPECT_EQ(read_pieces(bytes), expected);
  }
}

TEST(SseReader, BoundsLinesAndEventsWhereverTheyAreSplit) {
  auto verdict = [](const std::string& text) {
    Outcome whole = read_pieces({text}, 16);
    for (size_t i = 0; i <= text.size(); ++i) {
      std::string_view view = text;
      EXPECT_EQ(read_pieces({view.substr(0, i), view.substr(i)}, 16), whole) << text << " at " << i;
    }
    return whole.too_large;
  };
  EXPECT_FALSE(verdict("data: 0123456789\n\n"));  // 16 bytes
  EXPECT_TRUE(verdict("data: 0123456789a\n\n"));
  EXPECT_FALSE(verdict(": 34567890123456\n\ndata: x\n\n"));
  EXPECT_TRUE(verdict(": 345678901234567\n\ndata: x\n\n"));
  EXPECT_FALSE(verdict("data:01234567\ndata:0123456\n\n"));  // 8 + 1 + 7
  EXPECT_TRUE(verdict("data:01234567\ndata:01234567\n\n"));
  EXPECT_TRUE(verdict("data: ok\n\n" + std::string(17, 'x')));
  EXPECT_FALSE(verdict(": a\n: b\n: c\n: d\n: e\n: f\ndata: x\n\n"));  // comments are no part of an event
}

TEST(SseReader, KeepsNoMoreThanTheLimitOfAnEndlessLine) {
  SseReader reader(1000);
  SseEvent event;
  std::string piece(100, 'x');
  for (int i = 0; i < 10; ++i) {
    reader.feed(piece);
    ASSERT_TRUE(reader.next(event).ok());
  }
  reader.feed("y");
  EXPECT_FALSE(reader.next(event).ok());
}

// Not a limit that can flake: only prints what the hot path costs.
TEST(SseReader, PrintsItsSpeed) {
  std::string stream;
  for (int i = 0; i < 38; ++i) {
    stream +=
        "event: response.output_text.delta\ndata: {\"type\":\"response.output_text.delta\",\"item_id\":\"" +
        std::string(120, 'i') + "\",\"delta\":\"word\"}\n\n";
  }
  size_t events = 0;
  constexpr int kRounds = 2000;
  int64_t started = steady_micros();
  for (int round = 0; round < kRounds; ++round) {
    SseReader reader;
    SseEvent event;
    reader.feed(stream);
    while (*reader.next(event)) ++events;
  }
  int64_t took = steady_micros() - started;
  EXPECT_EQ(events, 38u * kRounds);
  std::printf("38 events of %zu bytes: %.2f us\n", stream.size() / 38,
              static_cast<double>(took) / static_cast<double>(kRounds));
}

}  // namespace
}  // namespace valetkey::http
