#include "engine/dialects/escaped_text.h"

#include <gtest/gtest.h>

#include "engine/dialects/delta_scan.h"

namespace valetkey::dialects {
namespace {

TEST(EscapedText, AcceptsOnlyWhatMayStandBetweenQuotes) {
  for (std::string_view good : {"", "plain", R"(\"\\\/\b\f\n\r\t)", R"(\u00e9)", R"(\ud83d\ude00)", "é😀"}) {
    EXPECT_TRUE(is_escaped_text(good)) << good;
  }
  for (std::string_view bad : {"\"", "\n", R"(\)", R"(\x)", R"(\u12)", R"(\ud83d)", R"(\ude00)",
                               R"(\ud83dx\ude00)", "\xff", "\xc3", R"(\u12g4)"}) {
    EXPECT_FALSE(is_escaped_text(bad)) << bad;
  }
  EXPECT_FALSE(is_escaped_text(std::string_view("\0", 1)));
}

TEST(EscapedText, UnescapesToTheSameTextAsAParser) {
  std::string out;
  append_unescaped(out, R"(a\"\\\/\b\f\n\r\t\u00e9\u20ac\ud83d\ude00z)");
  EXPECT_EQ(out, "a\"\\/\b\f\n\r\té€😀z");
}

TEST(LenientParser, ReplacesBrokenText) {
  LenientParser parser;
  EXPECT_EQ(parser.parse("{\"a\":\"x\xff\"}")["a"].string(), "x\xEF\xBF\xBD");
  EXPECT_EQ(parser.parse(R"({"a":"\ude00x"})")["a"].string(), "\xEF\xBF\xBDx");
  EXPECT_FALSE(parser.parse("{\"a\":").exists());
  EXPECT_EQ(parser.parse(R"({"a":1})")["a"].integer(), 1);
}

TEST(LenientParser, JoinsAnEmojiCutInTwo) {
  LenientParser parser;
  EXPECT_EQ(parser.parse(R"({"delta":"a\ud83d"})")["delta"].string(), "a");
  EXPECT_EQ(parser.parse(R"({"delta":"\ude00b"})")["delta"].string(), "😀b");
}

TEST(DeltaScan, FindsMembersInAnyOrder) {
  DeltaScan scan;
  ASSERT_TRUE(scan_delta(
      R"( { "delta" : "a\"b" , "logprobs":[{"x":"]}\""}], "output_index":3,"content_index":2,"summary_index":1,"obfuscation":"z" } )",
      scan));
  EXPECT_EQ(scan.delta, R"(a\"b)");
  EXPECT_EQ(scan.output_index, 3);
  EXPECT_EQ(scan.content_index, 2);
  EXPECT_EQ(scan.summary_index, 1);
  EXPECT_TRUE(scan.obfuscated);
}

TEST(DeltaScan, LeavesEverythingElseToTheParser) {
  for (std::string_view text :
       {"", "[]", "{", "{}", R"({"delta":1})", R"({"delta":"a")", R"({"delta":"a"}x)", R"({"delta":"a",})",
        R"({"delta":"\ud83d"})", R"({"delta":"a","output_index":"1"})", R"({"delta":"a" "b":1})",
        R"({"delta":"a","x":})", R"({"x":{"delta":"a"}})", "{\"delta\":\"a\nb\"}"}) {
    DeltaScan scan;
    EXPECT_FALSE(scan_delta(text, scan)) << text;
  }
}

TEST(DeltaScanner, AgreesWithAFullScanForEveryNextEvent) {
  const std::string first =
      R"({"type":"t","sequence_number":9,"item_id":"m","output_index":1,"content_index":2,"delta":"a","logprobs":[]})";
  for (
      std::string_view next : {
          R"({"type":"t","sequence_number":10,"item_id":"m","output_index":1,"content_index":2,"delta":"bc","logprobs":[]})",
          R"({"type":"t","sequence_number":10,"item_id":"m","output_index":3,"content_index":2,"delta":"bc","logprobs":[]})",
          R"({"type":"t","sequence_number":10,"item_id":"m","output_index":1,"content_index":2,"delta":"b\"c","logprobs":[]})",
          R"({"type":"t","sequence_number":10,"item_id":"m","output_index":1,"content_index":2,"delta":"b\\","logprobs":[]})",
          R"({"type":"t","sequence_number":10,"item_id":"m","output_index":1,"content_index":2,"delta":"","logprobs":[]})",
          R"({"type":"t","sequence_number":10,"item_id":"m","output_index":1,"content_index":2,"delta":"\u00e9é","logprobs":[],"obfuscation":"x"})",
          R"({"type":"t","sequence_number":,"item_id":"m","output_index":1,"content_index":2,"delta":"a","logprobs":[]})",
          R"({"type":"t","sequence_number":10,"item_id":"m","output_index":1,"content_index":2,"delta":"\ud83d","logprobs":[]})",
          R"({"type":"t","sequence_number":10,"item_id":"m","output_index":1,"content_index":2,"delta":"a","logprobs":[])",
          R"({"delta":"a","sequence_number":10})",
          R"({"type":"t","delta":"a"})",
      }) {
    DeltaScanner scanner;
    DeltaScan begin, fast, slow;
    ASSERT_TRUE(scanner.scan("t", first, begin));
    std::string framed = "event: t\ndata: " + std::string(next) + "\n\n";
    size_t repeated = scanner.scan_repeated(framed + "event: more", fast);
    bool by_shape = scanner.scan("t", next, fast), by_walk = scan_delta(next, slow);
    EXPECT_EQ(by_shape, by_walk) << next;
    if (repeated != 0) {
      EXPECT_EQ(repeated, framed.size()) << next;
      EXPECT_TRUE(by_walk) << next;
    }
    if (!by_walk) continue;
    EXPECT_EQ(fast.delta, slow.delta) << next;
    EXPECT_EQ(fast.output_index, slow.output_index) << next;
    EXPECT_EQ(fast.content_index, slow.content_index) << next;
    EXPECT_EQ(fast.obfuscated, slow.obfuscated) << next;
  }
}

TEST(DeltaScanner, TakesARunOfEventsOffAStreamOneByOne) {
  auto data = [](int number, std::string_view text) {
    return R"({"type":"t","sequence_number":)" + std::to_string(number) + R"(,"output_index":1,"delta":")" +
           std::string(text) + "\"}";
  };
  auto framed = [&](int number, std::string_view text) {
    return "event: t\ndata: " + data(number, text) + "\n\n";
  };
  DeltaScanner scanner;
  DeltaScan seen;
  EXPECT_EQ(scanner.scan_repeated(framed(1, "a"), seen), 0u) << "nothing is learned yet";
  ASSERT_TRUE(scanner.scan("t", data(8, "a"), seen));
  std::string stream = framed(9, "b") + framed(10, R"(c\n)");
  ASSERT_EQ(scanner.scan_repeated(stream, seen), framed(9, "b").size());
  EXPECT_EQ(seen.delta, "b");
  EXPECT_EQ(seen.output_index, 1);
  ASSERT_EQ(scanner.scan_repeated(std::string_view(stream).substr(framed(9, "b").size()), seen),
            framed(10, R"(c\n)").size());
  EXPECT_EQ(seen.delta, R"(c\n)");
  for (std::string other : {
           framed(9, "b").substr(0, framed(9, "b").size() - 1),     // its blank line has not come
           "data: " + data(9, "b") + "\n\n",                        // without the name
           "event: t\r\ndata: " + data(9, "b") + "\r\n\r\n",        // other line ends
           "event: t\nid: 7\ndata: " + data(9, "b") + "\n\n",       // another field
           "event: t\ndata: " + data(9, "b") + "\ndata: more\n\n",  // another line of data
           "event: t\ndata: " + data(9, "b\nc") + "\n\n",           // a line end in the text
           framed(9, "\xff"),                                       // broken UTF-8
       }) {
    EXPECT_EQ(scanner.scan_repeated(other, seen), 0u) << other;
  }
}

TEST(PeekType, ReadsTheTypeWhereverItStands) {
  EXPECT_EQ(peek_type(R"({"type":"a.b","x":1})"), "a.b");
  EXPECT_EQ(peek_type(R"({ "x":{"type":"no"}, "type" : "yes"})"), "yes");
  EXPECT_EQ(peek_type(R"({"x":1})"), "");
  EXPECT_EQ(peek_type(R"({"type":7})"), "");
  EXPECT_EQ(peek_type("[DONE]"), "");
}

}  // namespace
}  // namespace valetkey::dialects
