#include "foundation/http/url.h"

#include <gtest/gtest.h>

namespace valetkey::http {
namespace {

Url url_of(std::string_view text) {
  auto url = parse_url(text);
  EXPECT_TRUE(url.ok()) << text;
  return url.ok() ? *url : Url{};
}

TEST(ParseUrl, SplitsAnAbsoluteUrl) {
  Url url = url_of("HTTPS://API.Example.com:8443/v1/models?limit=2&x=%20");
  EXPECT_EQ(url.scheme, "https");
  EXPECT_EQ(url.host, "api.example.com");
  EXPECT_EQ(url.port, 8443);
  EXPECT_EQ(url.target, "/v1/models?limit=2&x=%20");
  EXPECT_EQ(url.authority(), "api.example.com:8443");
  EXPECT_EQ(url.origin(), "https://api.example.com:8443");
}

TEST(ParseUrl, FillsInPortAndPath) {
  EXPECT_EQ(url_of("http://h").port, 80);
  EXPECT_EQ(url_of("https://h").port, 443);
  EXPECT_EQ(url_of("http://h").target, "/");
  EXPECT_EQ(url_of("http://h?q=1").target, "/?q=1");
  EXPECT_EQ(url_of("http://h:80/").authority(), "h");
  EXPECT_EQ(url_of("https://h:80/").authority(), "h:80");
}

TEST(ParseUrl, TakesIpAddresses) {
  EXPECT_EQ(url_of("http://127.0.0.1:3000/x").host, "127.0.0.1");
  Url v6 = url_of("http://[::1]:3000/x");
  EXPECT_EQ(v6.host, "::1");
  EXPECT_EQ(v6.authority(), "[::1]:3000");
  EXPECT_EQ(url_of("http://[2001:DB8::A]").host, "2001:db8::a");
  EXPECT_EQ(url_of("http://[::1]").port, 80);
}

TEST(ParseUrl, RefusesWhatIsAmbiguousOrNotHttp) {
  for (std::string_view text : {"",
                                "/v1",
                                "h/v1",
                                "ftp://h/",
                                "file:///etc/passwd",
                                "http:/h",
                                "http://",
                                "http:///x",
                                "http://?x",
                                "http://user@h/",
                                "http://user:pass@h/",
                                "http://h@evil/",
                                "http://h/#f",
                                "http://h#@evil/",
                                "http://h\\@evil/",
                                "http://h/a b",
                                "http://h/\r\nX: y",
                                "http://h/\xc3\xa9",
                                "http://h\x7f/",
                                "http://a..b/",
                                "http://.a/",
                                "http://h%2e/",
                                "http://h:/",
                                "http://h:0/",
                                "http://h:65536/",
                                "http://h:-1/",
                                "http://h:1x/",
                                "http://h:000080/",
                                "http://::1/",
                                "http://[::1",
                                "http://[::1]x/",
                                "http://[::1]:/",
                                "http://[fe80::1%25eth0]/",
                                "http://[h]/",
                                "http://a:b:c/",
                                "javascript:alert(1)",
                                " http://h/",
                                "http://h/ "}) {
    auto url = parse_url(text);
    ASSERT_FALSE(url.ok()) << text;
    EXPECT_EQ(url.error().code, Code::invalid_argument);
  }
}

TEST(ParseUrl, HasLimits) {
  EXPECT_EQ(url_of("http://h:65535/").port, 65535);
  std::string labels = std::string(62, 'a') + "." + std::string(190, 'b');
  EXPECT_EQ(labels.size(), 253u);
  EXPECT_TRUE(parse_url("http://" + labels).ok());
  EXPECT_FALSE(parse_url("http://" + labels + "b").ok());
  std::string longest = "http://h/" + std::string(16 * 1024 - 9, 'x');
  EXPECT_TRUE(parse_url(longest).ok());
  EXPECT_FALSE(parse_url(longest + "x").ok());
}

TEST(JoinUrl, PutsExactlyOneSlash) {
  for (std::string_view base : {"https://h/v1", "https://h/v1/", "https://h/v1//"}) {
    for (std::string_view path : {"models", "/models"})
      EXPECT_EQ(join_url(base, path), "https://h/v1/models");
  }
}

TEST(PercentCoding, EncodesAllButUnreserved) {
  EXPECT_EQ(percent_encode("aZ09-._~"), "aZ09-._~");
  EXPECT_EQ(percent_encode("a b&c=d/e+%\xc3\xa9"), "a%20b%26c%3Dd%2Fe%2B%25%C3%A9");
}

TEST(PercentCoding, DecodesOrSaysNothing) {
  EXPECT_EQ(percent_decode("a%20b+c"), "a b+c");
  EXPECT_EQ(percent_decode("a%20b+c", true), "a b c");
  EXPECT_EQ(percent_decode("%c3%A9"), "\xc3\xa9");
  for (std::string_view text : {"%", "%2", "a%", "%g0", "%0g", "%%41", "% 1"}) {
    EXPECT_EQ(percent_decode(text), std::nullopt) << text;
  }
}

TEST(PercentCoding, EveryByteSurvivesARoundTrip) {
  std::string all;
  for (int c = 0; c < 256; ++c) all.push_back(static_cast<char>(c));
  EXPECT_EQ(percent_decode(percent_encode(all)), all);
}

TEST(Form, DecodesFieldsInOrder) {
  auto form = decode_form("a=1&b=x+y%26z&a=2&empty=&bare&=v&&c=d=e");
  ASSERT_TRUE(form.ok());
  Form expected = {{"a", "1"},   {"b", "x y&z"}, {"a", "2"},  {"empty", ""},
                   {"bare", ""}, {"", "v"},      {"c", "d=e"}};
  EXPECT_EQ(*form, expected);
  EXPECT_EQ(form_value(*form, "a"), "1");
  EXPECT_EQ(form_value(*form, "missing"), "");
}

TEST(Form, SurvivesARoundTrip) {
  Form form = {
      {"grant_type", "authorization_code"}, {"sp ace", "a&b=c+d%"}, {"utf", "\xe2\x82\xac"}, {"", ""}};
  auto decoded = decode_form(encode_form(form));
  ASSERT_TRUE(decoded.ok());
  EXPECT_EQ(*decoded, form);
}

TEST(Form, RefusesBadCodesAndTooManyFields) {
  EXPECT_FALSE(decode_form("a=%zz").ok());
  EXPECT_FALSE(decode_form("%=1").ok());
  std::string body;
  for (int i = 0; i < 256; ++i) body += "a=1&";
  EXPECT_TRUE(decode_form(body).ok());
  auto over = decode_form(body + "a=1");
  ASSERT_FALSE(over.ok());
  EXPECT_EQ(over.error().code, Code::too_large);
}

}  // namespace
}  // namespace valetkey::http
