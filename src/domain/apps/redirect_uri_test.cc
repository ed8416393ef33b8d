#include <gtest/gtest.h>

#include "domain/apps/client.h"

namespace valetkey::apps {
namespace {

Client with(std::vector<std::string> redirect_uris) {
  Client client;
  client.redirect_uris = std::move(redirect_uris);
  return client;
}

TEST(RedirectUri, ARegisteredOneFitsByteForByte) {
  for (const char* uri : {"https://app.example/cb", "https://app.example/cb?x=1", "http://localhost/cb",
                          "com.example.app:/cb", "https://app.example:8443/cb"}) {
    EXPECT_TRUE(redirect_uri_fits(with({"https://other.example/", uri}), uri)) << uri;
  }
  EXPECT_FALSE(redirect_uri_fits(with({}), "https://app.example/cb"));
}

// CVE-2025-4143 and its kin: what looks like the registered URI and is not.
TEST(RedirectUri, NearMissesDoNotFit) {
  const Client client =
      with({"https://app.example/cb", "https://app.example/q?a=1", "http://127.0.0.1/cb",
            "http://[::1]:9000/cb", "http://localhost:3000/callback", "com.example.app:/cb"});
  for (const char* uri : {"",
                          "/",
                          "/cb",
                          "//app.example/cb",
                          "https:app.example/cb",
                          "https:/app.example/cb",
                          "https:///app.example/cb",
                          "http://app.example/cb",
                          "HTTPS://app.example/cb",
                          "https://APP.example/cb",
                          "https://app.example:443/cb",
                          "https://app.example:8443/cb",
                          "https://app.example/cb/",
                          "https://app.example/cb//",
                          "https://app.example//cb",
                          "https://app.example/CB",
                          "https://app.example/cb?",
                          "https://app.example/cb?x=1",
                          "https://app.example/cb#",
                          "https://app.example/cb#x",
                          "https://app.example/cb;x",
                          "https://app.example/c%62",
                          "https://app.example/%63b",
                          "https://app.example/./cb",
                          "https://app.example/x/../cb",
                          "https://app.example/cb/..",
                          "https://app.example/cb/../evil",
                          "https://app.example/%2e%2e/cb",
                          "https://app.example/cb%2f",
                          "https://app.example/cb%2f..%2fevil",
                          "https://app.example/cb%00",
                          "https://app.example/cb%0a",
                          "https://app.example\\cb",
                          "https://app.example\\@evil.example/cb",
                          "https://user@app.example/cb",
                          "https://app.example@evil.example/cb",
                          "https://app.example:x@evil.example/cb",
                          "https://evil.example/https://app.example/cb",
                          "https://evil.example?https://app.example/cb",
                          "https://evil.example#https://app.example/cb",
                          "https://app.example.evil.example/cb",
                          "https://app.example./cb",
                          "https://sub.app.example/cb",
                          "https://xapp.example/cb",
                          "https://app.examp1e/cb",
                          "https://\xd0\xb0pp.example/cb",
                          "https://xn--pp-7lc.example/cb",
                          " https://app.example/cb",
                          "https://app.example/cb ",
                          "https://app.example/cb\n",
                          "https://app.example/cb\t",
                          "https://app.example/q?a=2",
                          "https://app.example/q?a=1&b=2",
                          "https://app.example/q?a=1&a=1",
                          "https://app.example/q",
                          "https://app.example/q?A=1",
                          "javascript:alert(1)",
                          "data:text/html,x",
                          "com.example.app:/cb/",
                          "com.example.app:/CB",
                          "com.example.app://cb",
                          "com.example.app2:/cb",
                          "COM.example.app:/cb"}) {
    EXPECT_FALSE(redirect_uri_fits(client, uri)) << uri;
  }
}

// RFC 8252 section 7.3.
TEST(RedirectUri, LoopbackFitsAnyPort) {
  const Client client = with({"http://127.0.0.1/cb", "http://[::1]:9000/cb", "http://localhost/callback"});
  for (const char* uri : {"http://127.0.0.1/cb", "http://127.0.0.1:1/cb", "http://127.0.0.1:65535/cb",
                          "http://127.0.0.1:80/cb", "http://[::1]/cb", "http://[::1]:9001/cb",
                          "http://localhost/callback", "http://localhost:51123/callback"}) {
    EXPECT_TRUE(redirect_uri_fits(client, uri)) << uri;
  }
}

TEST(RedirectUri, OnlyThePortOfALoopbackIsFree) {
  const Client client = with(
      {"http://127.0.0.1/cb", "http://localhost:3000/callback", "http://[::1]/", "https://localhost/tls"});
  for (const char* uri : {"http://127.0.0.1:0/cb",
                          "http://127.0.0.1:65536/cb",
                          "http://127.0.0.1:080/cb",
                          "http://127.0.0.1:/cb",
                          "http://127.0.0.1:-1/cb",
                          "http://127.0.0.1:80a/cb",
                          "http://127.0.0.1:80:80/cb",
                          "http://127.0.0.1:999999/cb",
                          "http://127.0.0.1:1/cb/",
                          "http://127.0.0.1:1/cb?x",
                          "http://127.0.0.1:1/cb#x",
                          "http://127.0.0.1:1",
                          "http://127.0.0.1:1@evil.example/cb",
                          "http://127.0.0.1:1.evil.example/cb",
                          "http://127.0.0.1.evil.example/cb",
                          "http://127.0.0.2:1/cb",
                          "http://127.1:1/cb",
                          "http://2130706433/cb",
                          "http://0x7f.0.0.1/cb",
                          "http://0.0.0.0/cb",
                          "https://127.0.0.1:1/cb",
                          "http://localhost:1/cb",
                          "http://localhost.:3000/callback",
                          "http://LOCALHOST:3000/callback",
                          "http://localhost.evil.example/callback",
                          "http://localhostx/callback",
                          "http://user@localhost:3000/callback",
                          "http://localhost:3000\\@evil.example/callback",
                          "http://[::1]:1/x",
                          "http://[::1]:1",
                          "http://[::2]/",
                          "http://[::1%25lo]/",
                          "http://[0:0:0:0:0:0:0:1]/",
                          "http://::1/",
                          "https://localhost:8443/tls",
                          "http://localhost/tls"}) {
    EXPECT_FALSE(redirect_uri_fits(client, uri)) << uri;
  }
}

TEST(RedirectUri, MayBeRegistered) {
  for (const char* uri :
       {"https://app.example/cb", "https://app.example", "https://app.example:8443/cb?x=1&y=2",
        "http://localhost/cb", "http://localhost:3000", "http://127.0.0.1:33418/", "http://[::1]/cb",
        "https://10.0.0.1/cb", "https://app.example/a%20b", "https://app.example/a..b/.well-known/x"}) {
    EXPECT_TRUE(check_redirect_uri(uri, ApplicationType::web).ok()) << uri;
    EXPECT_TRUE(check_redirect_uri(uri, ApplicationType::native).ok()) << uri;
  }
  for (const char* uri :
       {"com.example.app:/cb", "com.example.app://oauth/cb?x=1", "cursor://anysphere.cursor-mcp/cb"}) {
    EXPECT_TRUE(check_redirect_uri(uri, ApplicationType::native).ok()) << uri;
    EXPECT_FALSE(check_redirect_uri(uri, ApplicationType::web).ok()) << uri;
  }
}

TEST(RedirectUri, MayNotBeRegistered) {
  for (const char* uri : {"",
                          "/cb",
                          "cb",
                          "//app.example/cb",
                          "https:app.example/cb",
                          "https:/app.example/cb",
                          "https:///cb",
                          "https://",
                          "https://?x",
                          "http://app.example/cb",
                          "http://127.0.0.2/cb",
                          "http://localhost.evil.example/cb",
                          "http://0.0.0.0/cb",
                          "HTTPS://app.example/cb",
                          "https://*.app.example/cb",
                          "https://app.example/*",
                          "https://app.example/cb?x=*",
                          "https://app.example/cb#",
                          "https://app.example/cb#x",
                          "https://u@app.example/cb",
                          "https://u:p@app.example/cb",
                          "http://127.0.0.1@evil.example/",
                          "https://app.example/a/../b",
                          "https://app.example/a/./b",
                          "https://app.example/..",
                          "https://app.example/.",
                          "https://app.example/%2e%2e/b",
                          "https://app.example/%2E./b",
                          "https://app.example/.%2e/b",
                          "https://app.example/a%2fb",
                          "https://app.example/a%5cb",
                          "https://app.example/a%00",
                          "https://app.example/a%0d%0ab",
                          "https://app.example/%7f",
                          "https://app.example/%",
                          "https://app.example/%2",
                          "https://app.example/%zz",
                          "https://app.example\\cb",
                          "https://app.example/a b",
                          "https://app.example/\t",
                          "https://app.example/\r\nX: y",
                          "https://app.example/<script>",
                          "https://app.example/\"",
                          "https://app.example/{x}",
                          "https://app.example/\xc3\xa9",
                          "https://\xc3\xa9.example/",
                          "https://app.example:0/",
                          "https://app.example:65536/",
                          "https://app.example:x/",
                          "https://[::1/",
                          "https://a..b/",
                          "javascript:alert(1)",
                          "JavaScript:alert(1)",
                          "data:text/html,x",
                          "vbscript:x",
                          "file:///etc/passwd",
                          "about:blank",
                          "blob:https://a/b",
                          "ftp://app.example/cb",
                          "ws://app.example/",
                          "myapp://cb",
                          "app:/cb",
                          "com.example.app:",
                          "com.example.app:cb",
                          "com.example.app://u@host/cb",
                          "com..app:/cb",
                          "com.example.:/cb",
                          "1com.example:/cb",
                          ":/cb",
                          "urn:ietf:wg:oauth:2.0:oob"}) {
    EXPECT_FALSE(check_redirect_uri(uri, ApplicationType::native).ok()) << uri;
  }
  EXPECT_FALSE(
      check_redirect_uri(std::string_view("https://app.example/\0", 21), ApplicationType::native).ok());
}

TEST(RedirectUri, LengthHasALimit) {
  std::string longest = "https://app.example/";
  longest.append(2048 - longest.size(), 'x');
  EXPECT_TRUE(check_redirect_uri(longest, ApplicationType::web).ok());
  EXPECT_FALSE(check_redirect_uri(longest + "x", ApplicationType::web).ok());
}

TEST(Client, OnlyLoopbackMeansAllOfThem) {
  EXPECT_TRUE(with({"http://localhost/cb", "http://127.0.0.1:1/"}).only_loopback_redirects());
  EXPECT_FALSE(with({"http://localhost/cb", "https://app.example/cb"}).only_loopback_redirects());
  EXPECT_FALSE(with({}).only_loopback_redirects());
}

TEST(Client, IsPublicWhenNoneIsAllItHas) {
  Client client;
  client.auth_methods = {AuthMethod::none};
  EXPECT_TRUE(client.is_public());
  client.auth_methods = {AuthMethod::none, AuthMethod::private_key_jwt};
  EXPECT_FALSE(client.is_public());
}

}  // namespace
}  // namespace valetkey::apps
