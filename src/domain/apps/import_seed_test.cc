#include <gtest/gtest.h>

#include "domain/apps/apps_test_support.h"
#include "domain/apps/client_authentication.h"
#include "domain/apps/resources.h"

namespace valetkey::apps {
namespace {

using testing_support::kNow;
using testing_support::Registry;

constexpr sql::Statement kApps{
    "CREATE TABLE apps (uuid TEXT PRIMARY KEY, name TEXT, resource_uri TEXT UNIQUE, default_scopes TEXT,"
    " created_at TEXT, updated_at TEXT)"};
constexpr sql::Statement kClients{
    "CREATE TABLE clients (client_id TEXT PRIMARY KEY, client_secret TEXT, client_name TEXT,"
    " token_endpoint_auth_method TEXT, application_type TEXT, redirect_uris TEXT, grant_types TEXT, scope "
    "TEXT,"
    " app_uuid TEXT, registration_access_token TEXT, registration_client_uri TEXT, client_id_issued_at "
    "INTEGER,"
    " client_secret_expires_at INTEGER, created_at TEXT, updated_at TEXT)"};
constexpr sql::Statement kInsertApps{
    "INSERT INTO apps (uuid, name, resource_uri, default_scopes) VALUES"
    " ('app-1', 'Primary', 'https://example.com/mcp', 'openid profile email apps.basic apps.purchase'),"
    " ('app-2', 'Listed', 'https://two.example/', '[\"two.read\"]'), ('app-3', 'Broken', 'not a uri', '')"};
constexpr sql::Statement kInsertClients{
    "INSERT INTO clients (client_id, client_secret, client_name, token_endpoint_auth_method, "
    "application_type,"
    " redirect_uris, grant_types, scope, app_uuid, registration_access_token, client_id_issued_at,"
    " client_secret_expires_at) VALUES"
    " ('public-1', NULL, 'Inspector', 'none', 'native', '[\"http://localhost:6274/cb\"]',"
    " '[\"authorization_code\",\"refresh_token\"]', 'openid apps.basic', 'app-1', 'token-1', 1700000000, 0),"
    " ('secret-1', 'hunter2', 'Web', 'client_secret_post', 'web',"
    " '[\"https://app.example/cb\",\"http://insecure.example/cb\"]', '[\"authorization_code\"]', '', 'app-2',"
    " 'token-2', 1700000000, 1700086400),"
    " ('hopeless', NULL, NULL, 'none', 'web', '[\"http://insecure.example/cb\"]', '[]', NULL, NULL, NULL, 1, "
    "0)"};

class ImportSeedTest : public testing::TestWithParam<sql::Database::Kind> {
 protected:
  ImportSeedTest() {
    auto made = seed->write_now([](sql::Transaction& transaction) -> Result<void> {
      for (const sql::Statement* statement : {&kApps, &kClients, &kInsertApps, &kInsertClients}) {
        VK_CHECK(transaction.run(*statement));
      }
      return {};
    });
    EXPECT_TRUE(made.ok());
  }
  sql::TemporaryDatabase seed{sql::Database::Kind::sqlite};
  Registry registry{GetParam()};
};
INSTANTIATE_TEST_SUITE_P(Engines, ImportSeedTest, testing::ValuesIn(sql::engines_under_test()),
                         [](const auto& info) { return sql::engine_name(info.param); });

TEST_P(ImportSeedTest, ClientsGoOnAsTheyWere) {
  auto copied = import_seed_clients(seed.get(), registry.store.get(), kNow);
  ASSERT_TRUE(copied.ok()) << copied.error().detail;
  EXPECT_EQ(*copied, 2);

  auto open = registry.find("public-1");
  ASSERT_TRUE(open.ok());
  EXPECT_EQ(open->name, "Inspector");
  EXPECT_EQ(open->resource, "https://example.com/mcp");
  EXPECT_EQ(open->scope, "openid apps.basic");
  EXPECT_EQ(open->created_at, 1700000000 * kSecond);
  EXPECT_EQ(open->grant_types.size(), 2U);

  ClientAuthentication authentication(registry.clients, registry.store.get(), registry.clock,
                                      {"https://auth.example"});
  auto in = await_now(authentication.authenticate(
      read_client_proof({{"client_id", "secret-1"}, {"client_secret", "hunter2"}}, "")));
  ASSERT_TRUE(in.ok());
  ASSERT_TRUE(std::holds_alternative<AuthenticatedClient>(*in));
  EXPECT_EQ(std::get<AuthenticatedClient>(*in).client.redirect_uris,
            std::vector<std::string>{"https://app.example/cb"});
  EXPECT_TRUE(await_now(registry.clients.read_registration("public-1", Secret(std::string("token-1")))).ok());
  EXPECT_EQ(registry.code_of_find("hopeless"), Code::not_found);
}

TEST_P(ImportSeedTest, AppsBecomeTheOperatorsResources) {
  ASSERT_TRUE(import_seed_clients(seed.get(), registry.store.get(), kNow).ok());
  Resources resources(registry.store.get(), registry.clock, {Resource{.uri = "https://auth.example/mcp"}});
  auto primary = await_now(resources.find("https://EXAMPLE.com/mcp"));
  ASSERT_TRUE(primary.ok());
  EXPECT_EQ(primary->uri, "https://example.com/mcp");
  EXPECT_EQ(primary->owner, "");
  EXPECT_TRUE(primary->has_scope("apps.purchase"));
  EXPECT_FALSE(primary->has_scope("openid"));
  EXPECT_TRUE(await_now(resources.find("https://two.example"))->has_scope("two.read"));
}

TEST_P(ImportSeedTest, OnceMoreChangesNothing) {
  ASSERT_TRUE(import_seed_clients(seed.get(), registry.store.get(), kNow).ok());
  auto again = import_seed_clients(seed.get(), registry.store.get(), kNow + 1);
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(*again, 0);
}

TEST_P(ImportSeedTest, WhatIsNoSeedIsAnError) {
  sql::TemporaryDatabase empty(sql::Database::Kind::sqlite);
  EXPECT_FALSE(import_seed_clients(empty.get(), registry.store.get(), kNow).ok());
}

}  // namespace
}  // namespace valetkey::apps
