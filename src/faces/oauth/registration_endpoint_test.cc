// Registration as its callers see it: through a real server, on both stores.
#include "faces/oauth/registration_endpoint.h"

#include <gtest/gtest.h>

#include "foundation/crypto/crypto.h"
#include "foundation/http/server_test_support.h"
#include "tests/support/sql/temporary_database.h"

namespace valetkey::faces {
namespace {

using http::testing::body_of;
using http::testing::header_of;
using http::testing::RawClient;
using http::testing::status_of;

constexpr const char* kPublic =
    R"({"client_name":"X","redirect_uris":["http://127.0.0.1/cb"],"scope":"openid"})";
const std::string kJson = "Content-Type: application/json\r\n";

Task<Result<apps::FetchedDocument>> fetch_nothing(std::string, size_t) {
  co_return Error{Code::upstream, "no network", "test"};
}

class RegistrationEndpoint : public testing::TestWithParam<sql::Database::Kind> {
 protected:
  RegistrationEndpoint() {
    EXPECT_TRUE(sql::migrate(store_.get(), apps::migrations(), clock_.now()).ok());
    http::Router router;
    add_registration_routes(router, Registration{clients_, resources_, "https://auth.example"});
    for (const http::Route& route : router.routes()) {
      server_.route(route.method, route.pattern, route.handler, route.policy);
    }
    port_ = server_.start();
  }
  std::string ask(const std::string& method, const std::string& path, const std::string& body = "",
                  const std::string& fields = kJson) {
    RawClient client(port_);
    client.send(method + " " + path + " HTTP/1.1\r\nHost: h\r\n" + fields +
                "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
    return client.read_answer();
  }
  static JsonDocument json_of(const std::string& answer) {
    auto document = JsonDocument::parse(body_of(answer));
    EXPECT_TRUE(document.ok()) << answer;
    return document.ok() ? std::move(*document) : JsonDocument();
  }
  static std::string error_of(const std::string& answer) {
    return std::string(json_of(answer)["error"].string_or(""));
  }
  static std::string bearer(std::string_view token) {
    return kJson + "Authorization: Bearer " + std::string(token) + "\r\n";
  }

  SystemClock clock_;
  sql::TemporaryDatabase store_{GetParam()};
  apps::Clients clients_{store_.get(), clock_, crypto::system_random(), fetch_nothing, {}};
  apps::Resources resources_{
      store_.get(), clock_, {apps::Resource{.uri = "https://auth.example/mcp", .scopes = {{"ai.use", ""}}}}};
  http::testing::TestServer server_;
  unsigned short port_ = 0;
};
INSTANTIATE_TEST_SUITE_P(Engines, RegistrationEndpoint, testing::ValuesIn(sql::engines_under_test()),
                         [](const auto& info) { return sql::engine_name(info.param); });

// RFC 7591 section 3.2.1.
TEST_P(RegistrationEndpoint, AnswersWithAllThatWasRegistered) {
  for (const char* path : {"/oauth/register", "/register"}) {
    std::string answer = ask("POST", path, kPublic);
    EXPECT_EQ(status_of(answer), "HTTP/1.1 201") << answer;
    EXPECT_EQ(header_of(answer, "cache-control"), "no-store");
    EXPECT_EQ(header_of(answer, "access-control-allow-origin"), "*");
    JsonDocument made = json_of(answer);
    std::string id(made["client_id"].string_or(""));
    EXPECT_EQ(id.size(), 36U);
    EXPECT_EQ(made["registration_client_uri"].string_or(""), "https://auth.example/oauth/client/" + id);
    EXPECT_EQ(made["registration_access_token"].string_or("").size(), 43U);
    EXPECT_EQ(to_json(made["grant_types"]), R"(["authorization_code","refresh_token"])");
    EXPECT_EQ(to_json(made["redirect_uris"]), R"(["http://127.0.0.1/cb"])");
    EXPECT_EQ(made["token_endpoint_auth_method"].string_or(""), "none");
    EXPECT_EQ(made["scope"].string_or(""), "openid");
    EXPECT_EQ(made["client_secret_expires_at"].integer(), 0);
    EXPECT_FALSE(made["client_secret"].exists());
  }
}

TEST_P(RegistrationEndpoint, GivesASecretToWhoWantsOne) {
  std::string answer =
      ask("POST", "/oauth/register",
          R"({"redirect_uris":["https://a.example/"],"token_endpoint_auth_method":"client_secret_post"})");
  EXPECT_EQ(json_of(answer)["client_secret"].string_or("").size(), 43U);
}

TEST_P(RegistrationEndpoint, NamesWhatIsWrong) {
  const std::pair<const char*, const char*> cases[] = {
      {R"({"redirect_uris":["javascript:x"]})", "invalid_redirect_uri"},
      {R"({"redirect_uris":["https://a.example/"],"client_name":1})", "invalid_client_metadata"},
      {R"({"redirect_uris":["https://a.example/"],"resource":"https://unknown.example/"})", "invalid_target"},
      {R"({"redirect_uris":["https://a.example/"],"resource":"https://auth.example/mcp","scope":"admin"})",
       "invalid_scope"},
      {"{}", "invalid_redirect_uri"},
      {"[]", "invalid_client_metadata"},
      {"", "invalid_client_metadata"},
      {"{", "invalid_client_metadata"},
      {"null", "invalid_client_metadata"},
      {"\xff\xfe", "invalid_client_metadata"}};
  for (auto [body, error] : cases) {
    std::string answer = ask("POST", "/oauth/register", body);
    EXPECT_EQ(status_of(answer), "HTTP/1.1 400") << body;
    EXPECT_EQ(error_of(answer), error) << body;
    EXPECT_EQ(header_of(answer, "cache-control"), "no-store");
  }
}

// A wrong content type was a 500 elsewhere.
TEST_P(RegistrationEndpoint, TakesJsonOnly) {
  for (const char* fields :
       {"", "Content-Type: text/plain\r\n", "Content-Type: application/x-www-form-urlencoded\r\n",
        "Content-Type: application/json2\r\n", "Content-Type: ;\r\n", "Content-Type: \r\n",
        "Content-Type: multipart/form-data; boundary=x\r\n"}) {
    std::string answer = ask("POST", "/oauth/register", kPublic, fields);
    EXPECT_EQ(status_of(answer), "HTTP/1.1 400") << fields;
    EXPECT_EQ(error_of(answer), "invalid_client_metadata");
  }
  EXPECT_EQ(
      status_of(ask("POST", "/oauth/register", kPublic, "Content-Type: Application/JSON; charset=utf-8\r\n")),
      "HTTP/1.1 201");
}

TEST_P(RegistrationEndpoint, TheBodyHasALimit) {
  auto padded = [](size_t size) {
    std::string body = kPublic;
    body.insert(1, std::string(size - body.size(), ' '));
    return body;
  };
  EXPECT_EQ(status_of(ask("POST", "/oauth/register", padded(64 * 1024))), "HTTP/1.1 201");
  EXPECT_EQ(status_of(ask("POST", "/oauth/register", padded(64 * 1024 + 1))), "HTTP/1.1 413");
}

// RFC 7592.
TEST_P(RegistrationEndpoint, AClientReadsChangesAndDeletesItself) {
  JsonDocument made = json_of(ask("POST", "/oauth/register", kPublic));
  const std::string path = "/oauth/client/" + std::string(made["client_id"].string_or(""));
  const std::string fields = bearer(made["registration_access_token"].string_or(""));
  std::string read = ask("GET", path, "", fields);
  EXPECT_EQ(status_of(read), "HTTP/1.1 200");
  EXPECT_EQ(json_of(read)["client_name"].string_or(""), "X");
  EXPECT_EQ(json_of(read)["registration_access_token"].string_or(""),
            made["registration_access_token"].string_or("x"));

  std::string changed = ask("PUT", path,
                            R"({"client_id":")" + std::string(made["client_id"].string_or("")) +
                                R"(","redirect_uris":["https://b.example/"],"client_name":"Y"})",
                            fields);
  EXPECT_EQ(status_of(changed), "HTTP/1.1 200") << changed;
  EXPECT_EQ(json_of(ask("GET", path, "", fields))["client_name"].string_or(""), "Y");
  EXPECT_EQ(error_of(ask("PUT", path, kPublic, fields)), "invalid_client_metadata");

  std::string deleted = ask("DELETE", path, "", fields);
  EXPECT_EQ(status_of(deleted), "HTTP/1.1 204");
  std::string gone = ask("GET", path, "", fields);
  EXPECT_EQ(status_of(gone), "HTTP/1.1 401");
  EXPECT_EQ(error_of(gone), "invalid_client");
  EXPECT_FALSE(header_of(gone, "www-authenticate").empty());
}

TEST_P(RegistrationEndpoint, ItsTokenIsNeeded) {
  JsonDocument made = json_of(ask("POST", "/oauth/register", kPublic));
  JsonDocument other = json_of(ask("POST", "/oauth/register", kPublic));
  const std::string path = "/oauth/client/" + std::string(made["client_id"].string_or(""));
  for (const std::string& fields :
       {kJson, bearer(""), bearer("x"), bearer(other["registration_access_token"].string_or("")),
        kJson + "Authorization: Basic eDp4\r\n"}) {
    for (const char* method : {"GET", "PUT", "DELETE"}) {
      EXPECT_EQ(status_of(ask(method, path, method == std::string("PUT") ? kPublic : "", fields)),
                "HTTP/1.1 401");
    }
  }
  for (const char* strange :
       {"/oauth/client/nobody", "/oauth/client/%00", "/oauth/client/%ff", "/oauth/client/a%2fb"}) {
    std::string answer = ask("GET", strange, "", bearer(made["registration_access_token"].string_or("")));
    EXPECT_TRUE(status_of(answer) == "HTTP/1.1 401" || status_of(answer) == "HTTP/1.1 400" ||
                status_of(answer) == "HTTP/1.1 404")
        << answer;
  }
  EXPECT_EQ(status_of(ask("GET", path, "", bearer(made["registration_access_token"].string_or("")))),
            "HTTP/1.1 200");
}

TEST_P(RegistrationEndpoint, AStoreThatFailsIs503) {
  auto dropped = store_->write_now([](sql::Transaction& transaction) -> Result<void> {
    static constexpr sql::Statement kDrop{"DROP TABLE oauth_clients"};
    VK_CHECK(transaction.run(kDrop));
    return {};
  });
  ASSERT_TRUE(dropped.ok());
  std::string answer = ask("POST", "/oauth/register", kPublic);
  EXPECT_EQ(status_of(answer), "HTTP/1.1 503");
  EXPECT_EQ(error_of(answer), "temporarily_unavailable");
}

}  // namespace
}  // namespace valetkey::faces
