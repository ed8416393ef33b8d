#include "domain/apps/metadata_documents.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "domain/apps/apps_test_support.h"

namespace valetkey::apps {
namespace {

using testing_support::FakeWeb;
using testing_support::kNow;

constexpr const char* kUrl = "https://app.example/client.json";

std::string document(const std::string& more = "", const std::string& url = kUrl) {
  return R"({"client_id":")" + url + R"(","client_name":"App","redirect_uris":["https://app.example/cb"])" +
         more + "}";
}

std::string fixture(const std::string& name) {
  std::ifstream file(std::string(VALETKEY_SOURCE_DIR) + "/tests/fixtures/cimd/" + name + ".json");
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

Client client_of_fixture(const std::string& name) {
  std::string text = fixture(name);
  auto parsed = JsonDocument::parse(text);
  EXPECT_TRUE(parsed.ok()) << name;
  auto client = read_document((*parsed)["client_id"].string_or(""), text);
  EXPECT_TRUE(client.ok()) << name << ": " << (client.ok() ? "" : client.error().detail);
  return client.ok() ? *client : Client();
}

TEST(DocumentUrl, IsHttpsWithAPath) {
  for (const char* url :
       {kUrl, "https://app.example/a", "https://app.example:8443/a/b", "https://app.example/a/",
        "https://app.example/a?x=1", "https://APP.example/a", "https://app.example/a..b/.x"}) {
    EXPECT_TRUE(check_document_url(url).ok()) << url;
  }
  for (const char* url : {"",
                          "https://",
                          "https://app.example",
                          "https://app.example/",
                          "https://app.example?x",
                          "https://app.example/?x=/a",
                          "http://app.example/a",
                          "HTTPS://app.example/a",
                          "https://u@app.example/a",
                          "https://u:p@app.example/a",
                          "https://app.example/a#",
                          "https://app.example/a#x",
                          "https://app.example/./a",
                          "https://app.example/a/..",
                          "https://app.example/%2e%2e/a",
                          "https://app.example/.%2E/a",
                          "https://app.example/%2e/a",
                          "https://app.example/a b",
                          "https://app.example/a\n",
                          "https://app.example\\a/b",
                          "https://app.example/a\\b",
                          "https://app.example/%0a",
                          "https://app.example/a%2f..",
                          "https:///a",
                          "https://*.example/*",
                          "javascript:x",
                          "https://\xc3\xa9.example/a"}) {
    EXPECT_FALSE(check_document_url(url).ok()) << url;
  }
  std::string longest = "https://app.example/";
  longest.append(kMaxDocumentUrl - longest.size(), 'x');
  EXPECT_TRUE(check_document_url(longest).ok());
  EXPECT_FALSE(check_document_url(longest + "x").ok());
}

TEST(Document, IsAboutItsOwnUrl) {
  EXPECT_TRUE(read_document(kUrl, document()).ok());
  for (const char* other : {"https://app.example/client.json/", "https://app.example:443/client.json",
                            "https://APP.example/client.json", "https://app.example/client.json?",
                            "HTTPS://app.example/client.json", "https://evil.example/client.json", ""}) {
    auto refused = read_document(kUrl, document("", other));
    ASSERT_FALSE(refused.ok()) << other;
    EXPECT_EQ(refused.error().code, Code::invalid_argument);
  }
}

TEST(Document, HoldsNoSecretAndNoPrivateKey) {
  for (const char* more :
       {R"(,"client_secret":"x")", R"(,"client_secret":null)", R"(,"client_secret_expires_at":0)",
        R"(,"token_endpoint_auth_method":"client_secret_basic")",
        R"(,"token_endpoint_auth_method":"client_secret_post")",
        R"(,"token_endpoint_auth_method":"client_secret_jwt")",
        R"(,"jwks":{"keys":[{"kty":"oct","k":"AA"}]})",
        R"(,"jwks":{"keys":[{"kty":"EC","crv":"P-256","x":"AA","y":"AA","d":"AA"}]})",
        R"(,"jwks":{"keys":[{"kty":"RSA","n":"AA","e":"AQAB","p":"AA"}]})"}) {
    EXPECT_FALSE(read_document(kUrl, document(more)).ok()) << more;
  }
}

TEST(Document, IsJudgedAsAWhole) {
  auto redirects = [](const std::string& list) {
    return R"({"client_id":")" + std::string(kUrl) + R"(","client_name":"App","redirect_uris":)" + list + "}";
  };
  EXPECT_TRUE(read_document(kUrl, redirects(R"(["https://app.example/cb"])")).ok());
  for (const char* list :
       {"[]", "null", R"("https://app.example/cb")",
        R"(["https://app.example/cb","https://*.evil.example/"])",
        R"(["https://app.example/cb","javascript:x"])", R"(["https://app.example/cb","data:text/html,x"])",
        R"(["https://app.example/cb","vbscript:x"])", R"(["https://app.example/cb","http://evil.example/"])",
        R"(["https://app.example/cb","https://app.example/#x"])", R"(["https://app.example/cb",1])"}) {
    EXPECT_FALSE(read_document(kUrl, redirects(list)).ok()) << list;
  }
}

TEST(Document, HasItsRequiredMembersAndTypes) {
  for (const std::string& body :
       {std::string(""), std::string("[]"), std::string("null"), std::string("<html>"), std::string("{"),
        std::string("{}"),
        R"({"client_id":")" + std::string(kUrl) + R"(","redirect_uris":["https://app.example/cb"]})",
        R"({"client_id":")" + std::string(kUrl) + R"(","client_name":"App"})",
        document(R"(,"client_uri":"http://app.example")"), document(R"(,"logo_uri":"javascript:x")"),
        document(R"(,"jwks_uri":"http://app.example/jwks")"),
        document(R"(,"jwks_uri":"https://a/","jwks":{"keys":[]})"), document("\xff")}) {
    auto refused = read_document(kUrl, body);
    ASSERT_FALSE(refused.ok()) << body;
    EXPECT_EQ(refused.error().code, Code::invalid_argument);
  }
}

TEST(Document, HasALimitedSize) {
  std::string body = document();
  std::string padded = body + std::string(kMaxDocumentSize - body.size(), ' ');
  EXPECT_TRUE(read_document(kUrl, padded).ok());
  EXPECT_FALSE(read_document(kUrl, padded + " ").ok());
}

TEST(Document, ChoosesFromItsAuthenticationMethods) {
  auto methods = [](const std::string& more) {
    auto client = read_document(kUrl, document(more));
    return client.ok() ? client->auth_methods : std::vector<AuthMethod>();
  };
  const std::string keys = R"(,"jwks_uri":"https://app.example/jwks")";
  using List = std::vector<AuthMethod>;
  EXPECT_EQ(methods(""), List{AuthMethod::none});
  EXPECT_EQ(methods(R"(,"token_endpoint_auth_method":"none")"), List{AuthMethod::none});
  EXPECT_EQ(methods(keys + R"(,"token_endpoint_auth_method":"private_key_jwt")"),
            List{AuthMethod::private_key_jwt});
  EXPECT_EQ(methods(R"(,"token_endpoint_auth_method":"private_key_jwt")"), List{});
  EXPECT_EQ(methods(R"(,"token_endpoint_auth_method":"tls_client_auth")"), List{});
  EXPECT_EQ(
      methods(
          keys +
          R"(,"token_endpoint_auth_method":"private_key_jwt","token_endpoint_auth_methods_supported":["none","private_key_jwt"])"),
      (List{AuthMethod::private_key_jwt, AuthMethod::none}));
  EXPECT_EQ(
      methods(
          keys +
          R"(,"token_endpoint_auth_methods_supported":["tls_client_auth","client_secret_basic","private_key_jwt"])"),
      List{AuthMethod::private_key_jwt});
  EXPECT_EQ(
      methods(
          R"(,"token_endpoint_auth_method":"private_key_jwt","token_endpoint_auth_methods_supported":["private_key_jwt","none"])"),
      List{AuthMethod::none});  // no keys to prove it with
  EXPECT_EQ(methods(R"(,"token_endpoint_auth_methods_supported":["tls_client_auth"])"), List{});
}

TEST(Document, IgnoresWhatItDoesNotKnowAndDropsOtherGrants) {
  auto client = read_document(kUrl, document(R"(,"x":{"y":[1]},"grant_types":["authorization_code",
    "urn:ietf:params:oauth:grant-type:jwt-bearer","client_credentials","magic"])"));
  ASSERT_TRUE(client.ok());
  EXPECT_EQ(client->grant_types, std::vector<std::string>{"authorization_code"});
}

TEST(Document, ActsForItselfWhereTheOperatorLetsEverybodyAndOnlyWithAKey) {
  const std::string grants = R"(,"grant_types":["authorization_code","client_credentials"])";
  const std::string keyed =
      grants + R"(,"token_endpoint_auth_method":"private_key_jwt","jwks_uri":"https://app.example/jwks")";
  auto may = [](const Result<Client>& client) {
    EXPECT_TRUE(client.ok());
    return client.ok() && client->has_grant_type("client_credentials");
  };
  EXPECT_FALSE(may(read_document(kUrl, document(keyed))));
  EXPECT_TRUE(may(read_document(kUrl, document(keyed), true)));
  EXPECT_FALSE(may(read_document(kUrl, document(grants), true)));
}

TEST(Fixtures, OfRealClientsAreTaken) {
  Client chatgpt = client_of_fixture("chatgpt");
  EXPECT_TRUE(chatgpt.has_auth_method(AuthMethod::private_key_jwt));
  EXPECT_TRUE(chatgpt.has_auth_method(AuthMethod::none));
  EXPECT_EQ(chatgpt.auth_methods.front(), AuthMethod::private_key_jwt);
  EXPECT_EQ(chatgpt.jwks_uri, "https://chatgpt.com/oauth/jwks.json");
  EXPECT_TRUE(redirect_uri_fits(chatgpt, "https://chatgpt.com/connector_platform_oauth_redirect"));
  EXPECT_FALSE(redirect_uri_fits(chatgpt, "https://chatgpt.com/connector/oauth/x"));

  Client claude_code = client_of_fixture("claude_code");
  EXPECT_TRUE(claude_code.only_loopback_redirects());
  EXPECT_TRUE(redirect_uri_fits(claude_code, "http://localhost:54545/callback"));
  EXPECT_TRUE(redirect_uri_fits(claude_code, "http://127.0.0.1:54545/callback"));

  Client claude = client_of_fixture("claude");
  EXPECT_EQ(claude.grant_types, (std::vector<std::string>{"authorization_code", "refresh_token"}));

  Client vscode = client_of_fixture("vscode");
  EXPECT_FALSE(vscode.only_loopback_redirects());
  EXPECT_TRUE(redirect_uri_fits(vscode, "http://127.0.0.1:50000/"));
  EXPECT_FALSE(redirect_uri_fits(vscode, "http://127.0.0.1:50000"));
  EXPECT_EQ(vscode.grant_types.size(), 3U);

  EXPECT_TRUE(redirect_uri_fits(client_of_fixture("zed"), "http://127.0.0.1:1234/callback"));
  EXPECT_TRUE(redirect_uri_fits(client_of_fixture("opencode"), "http://127.0.0.1:19876/mcp/oauth/callback"));
}

class DocumentCache : public testing::Test {
 protected:
  Result<Client> find(const std::string& url = kUrl) { return await_now(documents.find(url)); }
  ManualClock clock{kNow};
  FakeWeb web;
  MetadataDocuments documents{clock, web.fetcher()};
};

TEST_F(DocumentCache, KeepsWithinItsLimits) {
  web.put(kUrl, document(), 0);  // said nothing: the shortest time
  EXPECT_TRUE(find().ok());
  clock.advance(kMinDocumentLife - 1);
  EXPECT_TRUE(find().ok());
  EXPECT_EQ(web.fetches(), 1);
  clock.advance(1);
  EXPECT_TRUE(find().ok());
  EXPECT_EQ(web.fetches(), 2);

  web.put(kUrl, document(), 365 * kDay);
  clock.advance(kMinDocumentLife);
  EXPECT_TRUE(find().ok());
  clock.advance(kMaxDocumentLife - 1);
  EXPECT_TRUE(find().ok());
  EXPECT_EQ(web.fetches(), 3);
  clock.advance(1);
  EXPECT_TRUE(find().ok());
  EXPECT_EQ(web.fetches(), 4);
}

TEST_F(DocumentCache, NeverKeepsAnErrorNorServesTheStale) {
  EXPECT_EQ(find().error().code, Code::upstream);
  EXPECT_EQ(find().error().code, Code::upstream);
  EXPECT_EQ(web.fetches(), 2);
  web.put(kUrl, "{}");
  EXPECT_EQ(find().error().code, Code::invalid_argument);
  web.put(kUrl, document());
  EXPECT_TRUE(find().ok());
  web.remove(kUrl);
  clock.advance(kMinDocumentLife);
  EXPECT_EQ(find().error().code, Code::upstream);
}

TEST_F(DocumentCache, UrlsAreComparedAsTheyAre) {
  web.put(kUrl, document());
  EXPECT_TRUE(find().ok());
  for (const char* other : {"https://app.example:443/client.json", "https://APP.example/client.json",
                            "https://app.example/client.json?"}) {
    EXPECT_FALSE(find(other).ok()) << other;
    web.put(other, document());
    EXPECT_FALSE(find(other).ok()) << other;
  }
}

TEST_F(DocumentCache, DoesNotFetchWhatIsNoDocumentUrl) {
  EXPECT_EQ(find("https://app.example/").error().code, Code::invalid_argument);
  EXPECT_EQ(find("http://app.example/a").error().code, Code::invalid_argument);
  EXPECT_EQ(web.fetches(), 0);
}

TEST_F(DocumentCache, FetchesOnceHoweverManyAsk) {
  web.put(kUrl, document());
  web.take_time(50);
  std::vector<Task<Result<Client>>> asks;
  for (int i = 0; i < 64; ++i) asks.push_back(documents.find(kUrl));
  for (auto& found : await_all(std::move(asks))) EXPECT_TRUE(found.ok());
  EXPECT_EQ(web.fetches(), 1);
}

TEST_F(DocumentCache, IsBounded) {
  for (size_t i = 0; i < kMaxKeptDocuments + 10; ++i) {
    std::string url = "https://app.example/" + std::to_string(i);
    web.put(url, document("", url), kDay);
    EXPECT_TRUE(find(url).ok());
  }
}

}  // namespace
}  // namespace valetkey::apps
