// What a builder may do in the portal, and to whose apps.
#include "faces/portal/apps_endpoint.h"

#include "faces/portal/account_endpoint_test_support.h"
#include "foundation/crypto/crypto.h"

namespace valetkey::faces {
namespace {

using namespace testing_support;

constexpr const char* kClient =
    R"({"client_name":"Shop","redirect_uris":["https://shop.test/cb"],"token_endpoint_auth_method":"client_secret_post"})";
constexpr const char* kResource =
    R"({"uri":"https://shop.test/mcp","name":"Shop","scopes":[{"name":"orders","description":"See your orders"}]})";

Task<Result<apps::FetchedDocument>> fetch_nothing(std::string, size_t) {
  co_return Error{Code::upstream, "no network", "test"};
}

class AppsEndpointTest : public AccountEndpointTest {
 protected:
  AppsEndpointTest() {
    EXPECT_TRUE(sql::migrate(apps_store.get(), apps::migrations(), kNow).ok());
    add_portal_apps_routes(router, PortalApps{gate, clients, resources, kIssuer});
  }
  static std::string id_of(const Answer& made) { return made.text("client_id"); }

  sql::TemporaryDatabase apps_store{GetParam()};
  apps::Clients clients{apps_store.get(), clock, crypto::system_random(), fetch_nothing, {}};
  apps::Resources resources{
      apps_store.get(),
      clock,
      {apps::Resource{.uri = "https://valetkey.test/mcp", .scopes = {{"ai.use", "Use your AI"}}}}};
  PortalGate gate{sessions, clock, random, kIssuer, Secret(std::string(32, 'c'))};
};
INSTANTIATE_TEST_SUITE_P(Engines, AppsEndpointTest, testing::ValuesIn(sql::engines_under_test()),
                         [](const auto& info) { return sql::engine_name(info.param); });

TEST_P(AppsEndpointTest, ABuilderMakesChangesAndDeletesAClient) {
  Browser ann = signed_in();
  Answer made = ann.post("apps/clients", kClient);
  ASSERT_EQ(made.status, 201) << made.body;
  EXPECT_EQ(made.text("client_secret").size(), 43u);
  const std::string path = "apps/clients/" + id_of(made);

  Answer shown = ann.get(path);
  EXPECT_EQ(shown.status, 200);
  EXPECT_EQ(shown.text("client_name"), "Shop");
  EXPECT_FALSE(shown.json()["client_secret"].exists()) << "shown once";

  Answer changed =
      ann.change("PUT", path, R"({"client_name":"Store","redirect_uris":["https://shop.test/2"]})");
  EXPECT_EQ(changed.status, 200) << changed.body;
  EXPECT_EQ(changed.text("token_endpoint_auth_method"), "none");
  EXPECT_EQ(ann.get(path).text("client_name"), "Store");

  EXPECT_EQ(ann.change("DELETE", path).status, 200);
  EXPECT_EQ(ann.get(path).status, 404);
  EXPECT_EQ(ann.change("DELETE", path).status, 404);
}

TEST_P(AppsEndpointTest, TheListHasAllAndTheServer) {
  Browser ann = signed_in();
  ann.post("apps/clients", kClient);
  ASSERT_EQ(ann.post("apps/resources", kResource).status, 201);
  JsonDocument list = ann.get("apps").json();
  EXPECT_EQ(list["clients"].size(), 1u);
  EXPECT_EQ(list["clients"].at(0)["client_name"].string_or(""), "Shop");
  EXPECT_EQ(list["resources"].at(0)["scopes"].at(0)["name"].string_or(""), "orders");
  EXPECT_EQ(list["server"]["issuer"].string_or(""), kIssuer);
  EXPECT_EQ(list["server"]["default_resource"].string_or(""), "https://valetkey.test/mcp");
  EXPECT_EQ(list["server"]["scopes"].size(), 5u);
}

TEST_P(AppsEndpointTest, OthersAppsAreAsIfTheyWereNot) {
  Browser ann = signed_in(), ben = signed_in("ben@example.test");
  const std::string path = "apps/clients/" + id_of(ann.post("apps/clients", kClient));
  ann.post("apps/resources", kResource);
  EXPECT_EQ(ben.get(path).status, 404);
  EXPECT_EQ(ben.change("PUT", path, kClient).status, 404);
  EXPECT_EQ(ben.change("DELETE", path).status, 404);
  EXPECT_EQ(ben.post(path + "/secret").status, 404);
  EXPECT_EQ(ben.post("apps/resources", kResource).status, 409);
  EXPECT_EQ(ben.change("PUT", "apps/resources", kResource).status, 404);
  EXPECT_EQ(ben.change("DELETE", "apps/resources", R"({"uri":"https://shop.test/mcp"})").status, 404);
  EXPECT_EQ(ben.get("apps").json()["clients"].size(), 0u);
  EXPECT_EQ(ann.get(path).status, 200);
}

TEST_P(AppsEndpointTest, NobodySignedInHasNone) {
  Browser nobody(router);
  EXPECT_EQ(nobody.get("apps").status, 401);
  EXPECT_EQ(nobody.post("apps/clients", kClient).status, 401);
  EXPECT_EQ(nobody.post("apps/resources", kResource).status, 401);
  Browser ann = signed_in();
  EXPECT_EQ(ann.call("POST", "apps/clients", kClient, {{"origin", kIssuer}}).status, 403) << "no CSRF token";
}

TEST_P(AppsEndpointTest, ANewSecretNeedsAFreshSignIn) {
  Browser ann = signed_in();
  Answer made = ann.post("apps/clients", kClient);
  const std::string path = "apps/clients/" + id_of(made) + "/secret";
  Answer fresh = ann.post(path);
  EXPECT_EQ(fresh.status, 200);
  EXPECT_EQ(fresh.text("client_secret").size(), 43u);
  EXPECT_NE(fresh.text("client_secret"), made.text("client_secret"));
  clock.advance(10 * kMinute);
  Answer stale = ann.post(path);
  EXPECT_EQ(stale.status, 403);
  EXPECT_EQ(stale.error(), "recent_sign_in_required");
}

TEST_P(AppsEndpointTest, SaysWhatIsWrong) {
  Browser ann = signed_in();
  Answer bad = ann.post("apps/clients", R"({"redirect_uris":["javascript:x"]})");
  EXPECT_EQ(bad.status, 400);
  EXPECT_EQ(bad.error(), "invalid_redirect_uri");
  EXPECT_FALSE(bad.text("message").empty());
  EXPECT_EQ(ann.post("apps/clients", R"({"redirect_uris":["https://a.test/"],"resource":"https://x.test/"})")
                .error(),
            "invalid_target");
  EXPECT_EQ(ann.post("apps/resources", R"({"uri":"http://shop.test/","name":"x"})").status, 400);
  EXPECT_EQ(ann.post("apps/resources", R"({"uri":"https://valetkey.test/x","name":"x"})").status, 409);
  EXPECT_EQ(ann.change("PUT", "apps/resources", R"({"uri":"https://nobody.test/","name":"x"})").status, 404);
}

}  // namespace
}  // namespace valetkey::faces
