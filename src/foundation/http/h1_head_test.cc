#include <gtest/gtest.h>

#include "foundation/http/h1.h"

namespace valetkey::http {
namespace {

constexpr std::string_view kGood =
    "POST /v1/chat?x=1 HTTP/1.1\r\nHost: a.example\r\nAuthorization:Bearer abc\r\nX-Empty:\r\nX-Pad: \t v w "
    "\t\r\n\r\n";

HeadParse<RequestHead> parse(std::string_view text, HeadLimits limits = {}) {
  return parse_request_head(text, limits);
}

// The status with which a head or its framing is refused; 0 = accepted, -1 = incomplete.
int refusal(std::string_view text, HeadLimits limits = {}) {
  HeadParse<RequestHead> parsed = parse(text, limits);
  if (parsed.error) return parsed.error->status;
  if (parsed.consumed == 0) return -1;
  Framing framing;
  if (auto error = request_framing(parsed.head, framing)) return error->status;
  return 0;
}

std::string with_fields(std::string_view fields) {
  return "POST / HTTP/1.1\r\nHost: h\r\n" + std::string(fields) + "\r\n";
}

TEST(RequestHead, IsReadIntoViews) {
  auto parsed = parse(kGood);
  ASSERT_FALSE(parsed.error);
  EXPECT_EQ(parsed.consumed, kGood.size());
  EXPECT_EQ(parsed.head.method, "POST");
  EXPECT_EQ(parsed.head.target, "/v1/chat?x=1");
  EXPECT_EQ(parsed.head.minor_version, 1);
  EXPECT_EQ(parsed.head.headers.fields().size(), 4u);
  EXPECT_EQ(parsed.head.headers.get("HOST"), "a.example");
  EXPECT_EQ(parsed.head.headers.get("authorization"), "Bearer abc");
  EXPECT_TRUE(parsed.head.headers.has("x-empty"));
  EXPECT_EQ(parsed.head.headers.get("x-pad"), "v w");
}

TEST(RequestHead, EveryPrefixNeedsMore) {
  for (size_t n = 0; n < kGood.size(); ++n) EXPECT_EQ(refusal(kGood.substr(0, n)), -1) << n;
}

TEST(RequestHead, LeavesWhatFollowsAlone) {
  std::string two = std::string(kGood) + "GET / HTTP/1.1\r\n";
  EXPECT_EQ(parse(two).consumed, kGood.size());
}

TEST(RequestHead, OneEmptyLineBeforeItIsSkipped) {
  EXPECT_EQ(refusal("\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n"), 0);
  EXPECT_EQ(refusal("\r\n"), -1);
  EXPECT_EQ(refusal("\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n"), 400);
}

TEST(RequestHead, StartLineRules) {
  auto line = [](std::string text) { return refusal(text + "\r\nHost: h\r\n\r\n"); };
  EXPECT_EQ(line("GET / HTTP/1.1"), 0);
  EXPECT_EQ(line("GET / HTTP/1.0"), 0);
  EXPECT_EQ(line("OPTIONS * HTTP/1.1"), 0);
  EXPECT_EQ(line("GET http://h/x HTTP/1.1"), 0);
  EXPECT_EQ(line("GET http://other/x HTTP/1.1"), 400);
  EXPECT_EQ(line("GET http:///x HTTP/1.1"), 400);
  EXPECT_EQ(line("GET * HTTP/1.1"), 400);
  EXPECT_EQ(line("GET x HTTP/1.1"), 400);
  EXPECT_EQ(line("GET /"), 400);
  EXPECT_EQ(line("GET"), 400);
  EXPECT_EQ(line("GET  / HTTP/1.1"), 400);
  EXPECT_EQ(line("GET /  HTTP/1.1"), 400);
  EXPECT_EQ(line("GET / x HTTP/1.1"), 400);
  EXPECT_EQ(line(" GET / HTTP/1.1"), 400);
  EXPECT_EQ(line("GET / HTTP/1.1 "), 400);
  EXPECT_EQ(line("GET\t/ HTTP/1.1"), 400);
  EXPECT_EQ(line("G(T / HTTP/1.1"), 400);
  EXPECT_EQ(line("GET /a\tb HTTP/1.1"), 400);
  EXPECT_EQ(line("GET /a\x01 HTTP/1.1"), 400);
  EXPECT_EQ(line("GET /\x7f HTTP/1.1"), 400);
  EXPECT_EQ(line("GET /\xc3\xa9 HTTP/1.1"), 400);
  EXPECT_EQ(line("GET /#x HTTP/1.1"), 400);
  EXPECT_EQ(line("GET / http/1.1"), 400);
  EXPECT_EQ(line("GET / HTTP/1.10"), 400);
  EXPECT_EQ(line("GET / HTTP/11"), 400);
  EXPECT_EQ(line("GET / HTTP/2.0"), 505);
  EXPECT_EQ(line("GET / HTTP/0.9"), 505);
  EXPECT_EQ(line("CONNECT h:443 HTTP/1.1"), 501);
  EXPECT_EQ(refusal("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), 505);
}

TEST(RequestHead, SmugglingCorpusIsRefused) {
  EXPECT_EQ(refusal(with_fields("Content-Length: 4\r\nTransfer-Encoding: chunked\r\n")), 400);
  EXPECT_EQ(refusal(with_fields("Transfer-Encoding: chunked\r\nContent-Length: 4\r\n")), 400);
  EXPECT_EQ(refusal(with_fields("Content-Length: 4\r\nContent-Length: 4\r\n")), 400);
  EXPECT_EQ(refusal(with_fields("Content-Length: 4\r\nContent-Length: 5\r\n")), 400);
  for (std::string_view bad :
       {"4, 4", "+4", "-4", "0x4", "4 4", "", "4.0", "4;", "18446744073709551616", "9223372036854775808"}) {
    EXPECT_EQ(refusal(with_fields("Content-Length: " + std::string(bad) + "\r\n")), 400) << bad;
  }
  for (std::string_view bad : {"xchunked", "chunked, identity", "chunked, chunked", "identity", "chunked;q=1",
                               "\"chunked\"", "", "chunked,", ", chunked, chunked",
                               "\x0b"
                               "chunked"}) {
    EXPECT_EQ(refusal(with_fields("Transfer-Encoding: " + std::string(bad) + "\r\n")), 400) << bad;
  }
  EXPECT_EQ(refusal(with_fields("Transfer-Encoding: gzip, chunked\r\n")), 501);
  EXPECT_EQ(refusal(with_fields("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n")), 400);
  EXPECT_EQ(refusal(with_fields("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n")), 400);
  EXPECT_EQ(refusal(with_fields("Transfer-Encoding : chunked\r\n")), 400);
  EXPECT_EQ(refusal(with_fields("Content-Length : 4\r\n")), 400);
  EXPECT_EQ(refusal(with_fields(" Content-Length: 4\r\n")), 400);  // obs-fold of Host
  EXPECT_EQ(refusal(with_fields("X: a\r\n b\r\n")), 400);          // obs-fold
  EXPECT_EQ(refusal(with_fields("X: a\r\n\tb\r\n")), 400);
  EXPECT_EQ(refusal(with_fields("X: a\nContent-Length: 4\r\n")), 400);  // bare LF
  EXPECT_EQ(refusal(with_fields("X: a\rContent-Length: 4\r\n")), 400);  // bare CR
  EXPECT_EQ(refusal(with_fields("X: a\r\r\n")), 400);
  EXPECT_EQ(refusal(with_fields(std::string_view("X: a\0b\r\n", 8))), 400);
  EXPECT_EQ(refusal(with_fields("X: a\x01\r\n")), 400);
  EXPECT_EQ(refusal(with_fields("X: a\x7f\r\n")), 400);
  EXPECT_EQ(refusal(with_fields("X\r\n")), 400);
  EXPECT_EQ(refusal(with_fields(": v\r\n")), 400);
  EXPECT_EQ(refusal(with_fields("X Y: v\r\n")), 400);
  EXPECT_EQ(refusal("GET / HTTP/1.1\nHost: h\n\n"), 400);
  EXPECT_EQ(refusal("GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"), 400);
}

TEST(RequestHead, HostIsRequiredOnceAndWellFormed) {
  EXPECT_EQ(refusal("GET / HTTP/1.1\r\n\r\n"), 400);
  EXPECT_EQ(refusal("GET / HTTP/1.0\r\n\r\n"), 0);
  EXPECT_EQ(refusal(with_fields("Host: h\r\n")), 400);
  for (std::string_view bad : {"", "a b", "a/b", "a@b", "a,b", "a\\b", "a?b", "a\xff"}) {
    EXPECT_EQ(refusal("GET / HTTP/1.1\r\nHost: " + std::string(bad) + "\r\n\r\n"), 400) << bad;
  }
  EXPECT_EQ(refusal("GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n"), 0);
}

TEST(RequestHead, LimitsHoldExactly) {
  HeadLimits limits{.line_bytes = 40, .head_bytes = 120, .header_count = 3};
  auto start_line = [](size_t size) { return "GET /" + std::string(size - 14, 'a') + " HTTP/1.1"; };
  EXPECT_EQ(refusal(start_line(40) + "\r\nHost: h\r\n\r\n", limits), 0);
  EXPECT_EQ(refusal(start_line(41) + "\r\nHost: h\r\n\r\n", limits), 414);
  EXPECT_EQ(refusal(start_line(40) + "\r", limits), -1);
  EXPECT_EQ(refusal(start_line(40) + "xx", limits), 414);

  auto head = [](size_t size) {
    std::string text = "GET / HTTP/1.1\r\nHost: h\r\nX: ";
    return text + std::string(size - text.size() - 4, 'a') + "\r\n\r\n";
  };
  ASSERT_EQ(head(120).size(), 120u);
  EXPECT_EQ(refusal(head(120), limits), 0);
  EXPECT_EQ(refusal(head(121), limits), 431);
  EXPECT_EQ(refusal(head(120).substr(0, 119), limits), -1);
  EXPECT_EQ(refusal(head(121).substr(0, 120), limits), 431);

  EXPECT_EQ(refusal("GET / HTTP/1.1\r\nHost: h\r\nA:1\r\nB:2\r\n\r\n", limits), 0);
  EXPECT_EQ(refusal("GET / HTTP/1.1\r\nHost: h\r\nA:1\r\nB:2\r\nC:3\r\n\r\n", limits), 431);
}

TEST(RequestFraming, SaysHowTheBodyEndsAndWhetherTheConnectionLives) {
  auto framing_of = [](std::string text) {
    auto parsed = parse(text);
    Framing framing;
    EXPECT_FALSE(request_framing(parsed.head, framing)) << text;
    return framing;
  };
  using Kind = Framing::Kind;
  EXPECT_EQ(framing_of(with_fields("")).kind, Kind::none);
  EXPECT_TRUE(framing_of(with_fields("")).keep_alive);
  EXPECT_EQ(framing_of(with_fields("Content-Length: 12\r\n")).length, 12u);
  EXPECT_EQ(framing_of(with_fields("Content-Length: 0\r\n")).kind, Kind::none);
  EXPECT_EQ(framing_of(with_fields("Transfer-Encoding: Chunked\r\n")).kind, Kind::chunked);
  EXPECT_FALSE(framing_of(with_fields("Connection: keep-alive, Close\r\n")).keep_alive);
  EXPECT_FALSE(framing_of("GET / HTTP/1.0\r\n\r\n").keep_alive);
  EXPECT_TRUE(framing_of("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n").keep_alive);
  EXPECT_TRUE(framing_of(with_fields("Expect: 100-Continue\r\nContent-Length: 1\r\n")).expects_continue);
  EXPECT_FALSE(framing_of(with_fields("Expect: 100-continue\r\n")).expects_continue);
  EXPECT_EQ(refusal(with_fields("Expect: tea\r\n")), 417);
}

TEST(ResponseHead, IsReadAndFramed) {
  auto framing_of = [](std::string text, std::string_view method = "GET") {
    auto parsed = parse_response_head(text, {});
    EXPECT_FALSE(parsed.error) << text;
    EXPECT_EQ(parsed.consumed, text.size());
    return response_framing(parsed.head, method);
  };
  using Kind = Framing::Kind;
  EXPECT_EQ(framing_of("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n")->length, 3u);
  EXPECT_EQ(framing_of("HTTP/1.1 200\r\nTransfer-Encoding: chunked\r\n\r\n")->kind, Kind::chunked);
  EXPECT_EQ(framing_of("HTTP/1.1 200 \r\n\r\n")->kind, Kind::until_close);
  EXPECT_FALSE(framing_of("HTTP/1.1 200 \r\n\r\n")->keep_alive);
  EXPECT_EQ(framing_of("HTTP/1.1 204 No Content\r\n\r\n")->kind, Kind::none);
  EXPECT_EQ(framing_of("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n", "HEAD")->kind, Kind::none);
  EXPECT_EQ(framing_of("HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\n")->length, 3u);
  EXPECT_FALSE(framing_of("HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\n").ok());
  EXPECT_FALSE(framing_of("HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n").ok());
  EXPECT_FALSE(framing_of("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n").ok());
  EXPECT_TRUE(parse_response_head("HTTP/1.1 20 OK\r\n\r\n", {}).error);
  EXPECT_TRUE(parse_response_head("HTTP/1.1 2000 OK\r\n\r\n", {}).error);
  EXPECT_TRUE(parse_response_head("HTTP/2 200\r\n\r\n", {}).error);
  EXPECT_TRUE(parse_response_head("ICY 200 OK\r\n\r\n", {}).error);
}

TEST(WrittenHead, CannotBeSplitByAHeaderValue) {
  std::string out;
  append_response_head(
      out, 200, {{"x-a", "1\r\nevil: 2"}, {"x-b", std::string("a\0b", 3)}, {"bad name", "v"}, {"x-c", "ok"}},
      5, true);
  EXPECT_EQ(out.find("evil"), std::string::npos);
  EXPECT_EQ(out.find("x-b"), std::string::npos);
  EXPECT_EQ(out.find("bad name"), std::string::npos);
  auto parsed = parse_response_head(out, {});
  ASSERT_FALSE(parsed.error);
  EXPECT_EQ(parsed.head.headers.get("x-c"), "ok");
  EXPECT_EQ(parsed.head.headers.get("content-length"), "5");
  EXPECT_EQ(parsed.head.headers.get("date").size(), 29u);
  EXPECT_FALSE(parsed.head.headers.has("connection"));
}

TEST(WrittenHead, FramesByStatusAndLength) {
  auto write = [](int status, std::optional<uint64_t> length, bool keep_alive, bool chunked) {
    std::string out;
    append_response_head(out, status, {{"Content-Length", "9"}, {"Transfer-Encoding", "x"}}, length,
                         keep_alive, "", chunked);
    return out;
  };
  EXPECT_NE(write(200, std::nullopt, true, true).find("transfer-encoding: chunked\r\n"), std::string::npos);
  EXPECT_EQ(write(200, std::nullopt, false, false).find("chunked"), std::string::npos);
  EXPECT_NE(write(200, 1, false, true).find("connection: close\r\n"), std::string::npos);
  EXPECT_EQ(write(200, 1, true, true).find("9\r\n"), std::string::npos);
  EXPECT_EQ(write(204, 0, true, true).find("content-length"), std::string::npos);
  EXPECT_EQ(write(304, std::nullopt, true, true).find("transfer-encoding"), std::string::npos);
}

}  // namespace
}  // namespace valetkey::http
