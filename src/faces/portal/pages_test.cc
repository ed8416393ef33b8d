#include "faces/portal/pages.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "foundation/http/server_test_support.h"

namespace valetkey::faces {
namespace {

using http::testing::body_of;
using http::testing::header_of;
using http::testing::RawClient;
using http::testing::status_of;

// The pages behind a real server.
class Pages : public ::testing::Test {
 protected:
  Pages() {
    http::Router router;
    add_page_routes(router);
    for (const http::Route& route : router.routes()) {
      server_.route(route.method, route.pattern, route.handler, route.policy);
    }
    port_ = server_.start();
  }
  std::string ask(const std::string& method, const std::string& path, const std::string& fields = "") {
    RawClient client(port_);
    client.send(method + " " + path + " HTTP/1.1\r\nHost: h\r\n" + fields + "\r\n");
    return client.read_answer(method == "HEAD");
  }
  std::string get(const std::string& path, const std::string& fields = "") {
    return ask("GET", path, fields);
  }

  http::testing::TestServer server_;
  unsigned short port_ = 0;
};

const PageFile& script() {
  for (const PageFile& file : page_files()) {
    if (file.path.starts_with("/assets/index-") && file.path.ends_with(".js")) return file;
  }
  ADD_FAILURE() << "no script was built";
  return page_files().front();
}

TEST_F(Pages, every_page_is_the_same_html_with_a_policy_that_lets_nothing_foreign_in) {
  for (const char* path :
       {"/sign-in", "/register", "/verify-email", "/forgot-password", "/reset-password", "/consent?request=a",
        "/device", "/account", "/account/security", "/account/sessions", "/account/connections",
        "/account/ai", "/apps", "/apps/client?id=a", "/error?code=x"}) {
    std::string answer = get(path);
    EXPECT_EQ(status_of(answer), "HTTP/1.1 200") << path;
    EXPECT_EQ(header_of(answer, "content-type"), "text/html; charset=utf-8");
    EXPECT_EQ(
        header_of(answer, "content-security-policy"),
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "form-action 'self'; frame-ancestors 'none'; base-uri 'none'");
    EXPECT_EQ(header_of(answer, "x-frame-options"), "DENY");
    EXPECT_EQ(header_of(answer, "referrer-policy"), "no-referrer");
    EXPECT_EQ(header_of(answer, "x-content-type-options"), "nosniff");
    EXPECT_EQ(header_of(answer, "cross-origin-opener-policy"), "same-origin");
    EXPECT_EQ(header_of(answer, "cache-control"), "no-cache");
    EXPECT_NE(header_of(answer, "permissions-policy"), "");
    EXPECT_EQ(header_of(answer, "access-control-allow-origin"), "");
    EXPECT_NE(body_of(answer).find("<!doctype html>"), std::string::npos);
  }
}

TEST_F(Pages, the_html_has_no_inline_script_or_style) {
  std::string html = body_of(get("/sign-in"));
  EXPECT_EQ(html.find("<style"), std::string::npos);
  EXPECT_EQ(html.find(" style="), std::string::npos);
  EXPECT_EQ(html.find(" onload="), std::string::npos);
  size_t at = 0;
  while ((at = html.find("<script", at)) != std::string::npos) {
    size_t end = html.find('>', at);
    EXPECT_NE(html.substr(at, end - at).find(" src=\"/assets/"), std::string::npos);
    EXPECT_EQ(html.substr(end + 1, 9), "</script>");
    at = end;
  }
}

TEST_F(Pages, an_unknown_page_or_asset_is_not_found) {
  EXPECT_EQ(status_of(get("/sign-in/more")), "HTTP/1.1 404");
  EXPECT_EQ(status_of(get("/assets/nothing.js")), "HTTP/1.1 404");
  EXPECT_EQ(status_of(get("/assets/")), "HTTP/1.1 404");
  EXPECT_EQ(status_of(get("/assets/../index.html")), "HTTP/1.1 404");
  EXPECT_EQ(status_of(get("/assets/%2e%2e/index.html")), "HTTP/1.1 404");
  EXPECT_EQ(status_of(get("/assets/" + std::string(4000, 'a'))), "HTTP/1.1 404");
  EXPECT_EQ(status_of(ask("POST", "/sign-in", "Content-Length: 0\r\n")), "HTTP/1.1 405");
}

TEST_F(Pages, an_asset_is_kept_for_good_and_compressed) {
  const PageFile& file = script();
  std::string path(file.path);
  std::string plain = get(path);
  EXPECT_EQ(header_of(plain, "cache-control"), "public, max-age=31536000, immutable");
  EXPECT_EQ(header_of(plain, "content-type"), "text/javascript; charset=utf-8");
  EXPECT_EQ(header_of(plain, "vary"), "Accept-Encoding");
  EXPECT_EQ(header_of(plain, "content-encoding"), "");
  EXPECT_EQ(body_of(plain), file.plain);

  std::string brotli = get(path, "Accept-Encoding: gzip, deflate, br, zstd\r\n");
  EXPECT_EQ(header_of(brotli, "content-encoding"), "br");
  EXPECT_EQ(body_of(brotli), file.brotli);
  std::string gzip = get(path, "Accept-Encoding: gzip, br;q=0\r\n");
  EXPECT_EQ(header_of(gzip, "content-encoding"), "gzip");
  EXPECT_EQ(body_of(gzip), file.gzip);

  std::set<std::string> tags = {header_of(plain, "etag"), header_of(brotli, "etag"), header_of(gzip, "etag")};
  EXPECT_EQ(tags.size(), 3u);
}

TEST_F(Pages, a_known_tag_is_answered_without_the_bytes) {
  std::string path(script().path);
  std::string fields = "Accept-Encoding: br\r\n";
  std::string etag = header_of(get(path, fields), "etag");
  std::string again = get(path, fields + "If-None-Match: \"other\", " + etag + "\r\n");
  EXPECT_EQ(status_of(again), "HTTP/1.1 304");
  EXPECT_EQ(header_of(again, "etag"), etag);
  EXPECT_EQ(header_of(again, "vary"), "Accept-Encoding");
  EXPECT_EQ(body_of(again), "");
  EXPECT_EQ(status_of(get(path, "If-None-Match: " + etag + "\r\n")),
            "HTTP/1.1 200");  // that is the plain one
}

TEST_F(Pages, head_is_get_without_the_bytes) {
  std::string path(script().path);
  std::string head = ask("HEAD", path, "Accept-Encoding: gzip\r\n");
  EXPECT_EQ(status_of(head), "HTTP/1.1 200");
  EXPECT_EQ(header_of(head, "content-encoding"), "gzip");
  EXPECT_EQ(header_of(head, "content-length"), std::to_string(script().gzip.size()));
  EXPECT_EQ(body_of(head), "");
}

TEST(PageCoding, follows_accept_encoding) {
  auto choose = [](std::string_view field) { return choose_coding(field, true, true); };
  EXPECT_EQ(choose(""), Coding::identity);
  EXPECT_EQ(choose("br"), Coding::br);
  EXPECT_EQ(choose("BR"), Coding::br);
  EXPECT_EQ(choose("gzip"), Coding::gzip);
  EXPECT_EQ(choose("gzip, br"), Coding::br);
  EXPECT_EQ(choose("gzip;q=1, br;q=0.999"), Coding::gzip);
  EXPECT_EQ(choose("br;q=0, gzip;q=0"), Coding::identity);
  EXPECT_EQ(choose("br ; q=0.0 ,gzip ; Q=0.001"), Coding::gzip);
  EXPECT_EQ(choose("*"), Coding::br);
  EXPECT_EQ(choose("br;q=0, *"), Coding::gzip);
  EXPECT_EQ(choose("*;q=0"), Coding::identity);
  EXPECT_EQ(choose("identity, br;q=0.5"), Coding::identity);
  EXPECT_EQ(choose("deflate, zstd"), Coding::identity);
  EXPECT_EQ(choose("br;q=2"), Coding::identity);
  EXPECT_EQ(choose("br;q=0.0001"), Coding::identity);
  EXPECT_EQ(choose("br;q=x, ;;, , gzip"), Coding::gzip);
  EXPECT_EQ(choose_coding("br, gzip", false, true), Coding::gzip);
  EXPECT_EQ(choose_coding("br, gzip", false, false), Coding::identity);
}

TEST(PageTag, is_found_in_a_list) {
  EXPECT_TRUE(etag_matches("\"a\"", "\"a\""));
  EXPECT_TRUE(etag_matches("W/\"a\"", "\"a\""));
  EXPECT_TRUE(etag_matches("\"b\" , W/\"a\"", "\"a\""));
  EXPECT_TRUE(etag_matches("*", "\"a\""));
  EXPECT_FALSE(etag_matches("", "\"a\""));
  EXPECT_FALSE(etag_matches("a", "\"a\""));
  EXPECT_FALSE(etag_matches("\"a", "\"a\""));
}

TEST(HomePage, is_for_browsers_only) {
  auto wants = [](std::string_view accept) {
    http::Request request;
    request.headers.add("Accept", accept);
    return wants_html(request);
  };
  EXPECT_TRUE(wants("text/html,application/xhtml+xml,*/*;q=0.8"));
  EXPECT_TRUE(wants("application/json;q=0.1, TEXT/HTML;level=1;q=0.5"));
  EXPECT_FALSE(wants("*/*"));
  EXPECT_FALSE(wants("application/json"));
  EXPECT_FALSE(wants("text/html;q=0"));
  EXPECT_FALSE(wants("text/htmlx"));
  EXPECT_FALSE(wants_html(http::Request{}));
}

TEST(HomePage, is_the_same_page_and_varies_by_accept) {
  http::Request request;
  http::Response response = home_page(request);
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.headers.get("vary"), "Accept-Encoding, Accept");
  EXPECT_NE(response.headers.get("content-security-policy").find("frame-ancestors 'none'"),
            std::string::npos);
}

// Issue 3, section 4: the first page under 120 KB compressed in all. Everything the HTML names, and the
// largest of the rest, which is more than any page loads.
TEST(PageSize, the_first_page_is_small) {
  std::string_view html;
  for (const PageFile& file : page_files()) {
    if (file.path == "/index.html") html = file.plain;
  }
  size_t total = 0;
  size_t others = 0;
  for (const PageFile& file : page_files()) {
    size_t size = file.gzip.empty() ? file.plain.size() : file.gzip.size();
    if (file.path == "/index.html" || html.find(file.path) != std::string_view::npos) {
      total += size;
    } else {
      others += size;
    }
  }
  EXPECT_GT(total, 10'000u);
  EXPECT_LT(total + others, 120u * 1024) << "all pages together";
}

}  // namespace
}  // namespace valetkey::faces
