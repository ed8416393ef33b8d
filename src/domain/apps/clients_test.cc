#include "domain/apps/clients.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "domain/apps/apps_test_support.h"

namespace valetkey::apps {
namespace {

using testing_support::json;
using testing_support::kNow;
using testing_support::Registry;

constexpr const char* kPublic = R"({"client_name":"Inspector","redirect_uris":["http://127.0.0.1/cb"]})";
constexpr const char* kConfidential =
    R"({"redirect_uris":["https://app.example/cb"],"token_endpoint_auth_method":"client_secret_basic"})";

class ClientsTest : public testing::TestWithParam<sql::Database::Kind> {
 protected:
  Result<RegistrationResult> update(const Registration& made, std::string_view metadata) {
    JsonDocument document = json(metadata);
    return await_now(
        registry.clients.update_registration(made.client.id, made.registration_token, document.root()));
  }
  std::string with_id(const Registration& made, std::string_view members) {
    return R"({"client_id":")" + made.client.id + R"(",)" + std::string(members) + "}";
  }
  Registry registry{GetParam()};
};
INSTANTIATE_TEST_SUITE_P(Engines, ClientsTest, testing::ValuesIn(sql::engines_under_test()),
                         [](const auto& info) { return sql::engine_name(info.param); });

TEST_P(ClientsTest, APublicClientIsRegisteredAndFound) {
  Registration made = registry.must_register(kPublic);
  EXPECT_EQ(made.client.id.size(), 36U);
  EXPECT_TRUE(made.client_secret.empty());
  EXPECT_EQ(made.registration_token.size(), 43U);

  auto found = registry.find(made.client.id);
  ASSERT_TRUE(found.ok());
  EXPECT_EQ(found->name, "Inspector");
  EXPECT_EQ(found->kind, ClientKind::dynamic);
  EXPECT_EQ(found->application_type, ApplicationType::native);
  EXPECT_EQ(found->redirect_uris, std::vector<std::string>{"http://127.0.0.1/cb"});
  EXPECT_EQ(found->grant_types, (std::vector<std::string>{"authorization_code", "refresh_token"}));
  EXPECT_TRUE(found->is_public());
  EXPECT_EQ(found->created_at, kNow);
}

TEST_P(ClientsTest, EverythingRegisteredComesBack) {
  Registration made = registry.must_register(R"({
    "client_name":"All of it","application_type":"web","redirect_uris":["https://a.example/cb","https://a.example/2"],
    "post_logout_redirect_uris":["https://a.example/out"],"token_endpoint_auth_method":"client_secret_post",
    "grant_types":["refresh_token","authorization_code","password"],"response_types":["code","token"],
    "scope":"openid tools","resource":"https://mcp.example/mcp","jwks_uri":"https://a.example/jwks",
    "id_token_signed_response_alg":"ES256","access_token_signed_response_alg":"EdDSA",
    "dpop_bound_access_tokens":true,"require_pushed_authorization_requests":true,
    "client_uri":"https://a.example","logo_uri":"https://a.example/l.png","tos_uri":"https://a.example/t",
    "policy_uri":"https://a.example/p","unknown_member":{"x":1}})");
  auto found = registry.find(made.client.id);
  ASSERT_TRUE(found.ok());
  std::string text;
  JsonWriter writer(text);
  writer.begin_object();
  write_client_metadata(writer, *found);
  writer.end_object();
  JsonDocument written = json(text);
  EXPECT_EQ(written["client_id"].string_or(""), made.client.id);
  EXPECT_EQ(written["client_id_issued_at"].integer(), kNow / 1000);
  EXPECT_EQ(written["client_secret_expires_at"].integer(), 0);
  EXPECT_EQ(written["client_name"].string_or(""), "All of it");
  EXPECT_EQ(written["redirect_uris"].size(), 2U);
  EXPECT_EQ(to_json(written["post_logout_redirect_uris"]), R"(["https://a.example/out"])");
  EXPECT_EQ(to_json(written["grant_types"]), R"(["refresh_token","authorization_code"])");
  EXPECT_EQ(to_json(written["response_types"]), R"(["code"])");
  EXPECT_EQ(written["token_endpoint_auth_method"].string_or(""), "client_secret_post");
  EXPECT_EQ(written["scope"].string_or(""), "openid tools");
  EXPECT_EQ(written["resource"].string_or(""), "https://mcp.example/mcp");
  EXPECT_EQ(written["jwks_uri"].string_or(""), "https://a.example/jwks");
  EXPECT_EQ(written["id_token_signed_response_alg"].string_or(""), "ES256");
  EXPECT_EQ(written["access_token_signed_response_alg"].string_or(""), "EdDSA");
  EXPECT_EQ(written["dpop_bound_access_tokens"].boolean(), true);
  EXPECT_EQ(written["require_pushed_authorization_requests"].boolean(), true);
  EXPECT_EQ(written["policy_uri"].string_or(""), "https://a.example/p");
  EXPECT_FALSE(written["unknown_member"].exists());
  EXPECT_EQ(text.find("secret_hash"), std::string::npos);
}

TEST_P(ClientsTest, SecretsAreKeptAsHashesOnly) {
  Registration made = registry.must_register(kConfidential);
  ASSERT_EQ(made.client_secret.size(), 43U);
  auto found = registry.find(made.client.id);
  ASSERT_TRUE(found.ok());
  EXPECT_EQ(found->secret_hash, crypto::sha256(made.client_secret.reveal()));
  auto checked = registry.store->write_now([&](sql::Transaction& transaction) -> Result<void> {
    static constexpr sql::Statement kAll{
        "SELECT metadata, secret_hash, registration_hash FROM oauth_clients"};
    VK_TRY(sql::Rows rows, transaction.run(kAll));
    for (const Secret* secret : {&made.client_secret, &made.registration_token}) {
      std::string all = rows.front().text(0) + rows.front().blob(1) + rows.front().blob(2);
      EXPECT_EQ(all.find(secret->reveal()), std::string::npos);
    }
    return {};
  });
  EXPECT_TRUE(checked.ok());
}

TEST_P(ClientsTest, NobodyOfThatIdIsNotFound) {
  for (const char* id : {"", "x", "00000000-0000-4000-8000-000000000000", "http://app.example/client.json",
                         " ", "a b", "a\nb", "\xff\xfe"}) {
    EXPECT_EQ(registry.code_of_find(id), Code::not_found) << id;
  }
  EXPECT_EQ(registry.code_of_find(std::string("a\0b", 3)), Code::not_found);
  EXPECT_EQ(registry.code_of_find("https://" + std::string(3000, 'a')), Code::not_found);
  EXPECT_EQ(registry.web.fetches(), 0);
}

TEST_P(ClientsTest, TheRegistrationTokenOpensOnlyItsOwnClient) {
  Registration mine = registry.must_register(kPublic);
  Registration other = registry.must_register(kPublic);
  auto read = [&](const std::string& id, const Secret& token) {
    return await_now(registry.clients.read_registration(id, token));
  };
  EXPECT_TRUE(read(mine.client.id, mine.registration_token).ok());
  for (const Secret& wrong : {other.registration_token, Secret(), Secret(std::string("x"))}) {
    auto refused = read(mine.client.id, wrong);
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().code, Code::unauthorized);
    auto kept = await_now(registry.clients.delete_registration(mine.client.id, wrong));
    EXPECT_FALSE(kept.ok());
  }
  EXPECT_EQ(read("nobody", mine.registration_token).error().code, Code::unauthorized);
  EXPECT_TRUE(registry.find(mine.client.id).ok());
}

TEST_P(ClientsTest, AnUpdateReplacesAllMetadata) {
  Registration made = registry.must_register(
      R"({"client_name":"old","redirect_uris":["https://a.example/cb"],"client_uri":"https://a.example"})");
  auto changed = update(made, with_id(made, R"("redirect_uris":["https://b.example/cb"],"client_uri":null)"));
  ASSERT_TRUE(changed.ok() && std::holds_alternative<Registration>(*changed));
  auto found = registry.find(made.client.id);
  ASSERT_TRUE(found.ok());
  EXPECT_EQ(found->redirect_uris, std::vector<std::string>{"https://b.example/cb"});
  EXPECT_EQ(found->name, "");
  EXPECT_EQ(found->client_uri, "");
  EXPECT_EQ(found->created_at, kNow);
}

TEST_P(ClientsTest, AnUpdateKeepsGivesAndTakesTheSecret) {
  Registration made = registry.must_register(kConfidential);
  const std::string uris = R"("redirect_uris":["https://app.example/cb"])";
  auto kept = update(made, with_id(made, uris + R"(,"token_endpoint_auth_method":"client_secret_post")"));
  ASSERT_TRUE(kept.ok() && std::holds_alternative<Registration>(*kept));
  EXPECT_TRUE(std::get<Registration>(*kept).client_secret.empty());
  EXPECT_EQ(registry.find(made.client.id)->secret_hash, made.client.secret_hash);

  auto taken = update(made, with_id(made, uris + R"(,"token_endpoint_auth_method":"none")"));
  ASSERT_TRUE(taken.ok());
  EXPECT_EQ(registry.find(made.client.id)->secret_hash, "");

  auto given = update(made, with_id(made, uris + R"(,"token_endpoint_auth_method":"client_secret_basic")"));
  ASSERT_TRUE(given.ok() && std::holds_alternative<Registration>(*given));
  const Secret& fresh = std::get<Registration>(*given).client_secret;
  EXPECT_EQ(registry.find(made.client.id)->secret_hash, crypto::sha256(fresh.reveal()));
  EXPECT_FALSE(fresh == made.client_secret);
}

TEST_P(ClientsTest, AnUpdateMustBeOfThatClient) {
  Registration made = registry.must_register(kConfidential);
  for (const std::string& body :
       {std::string(kConfidential),
        std::string(R"({"client_id":"x","redirect_uris":["https://a.example/cb"]})"),
        with_id(made, R"("redirect_uris":["https://a.example/cb"],"client_secret":"guess")"),
        with_id(made, R"("redirect_uris":["javascript:x"])")}) {
    auto refused = update(made, body);
    ASSERT_TRUE(refused.ok());
    EXPECT_TRUE(std::holds_alternative<RegistrationProblem>(*refused)) << body;
  }
  EXPECT_EQ(registry.find(made.client.id)->redirect_uris, made.client.redirect_uris);
}

TEST_P(ClientsTest, ADeletedClientIsGone) {
  Registration made = registry.must_register(kPublic);
  EXPECT_TRUE(await_now(registry.clients.delete_registration(made.client.id, made.registration_token)).ok());
  EXPECT_EQ(registry.code_of_find(made.client.id), Code::not_found);
  auto again = await_now(registry.clients.read_registration(made.client.id, made.registration_token));
  EXPECT_EQ(again.error().code, Code::unauthorized);
}

TEST_P(ClientsTest, UnusedOnesAreDeletedAndUsedOnesStay) {
  Registration unused = registry.must_register(kPublic);
  Registration used = registry.must_register(kPublic);
  Registration of_builder = registry.must_create("person", kPublic);
  registry.clock.advance(20 * kDay);
  EXPECT_TRUE(registry.find(used.client.id).ok());
  registry.clock.advance(10 * kDay);
  EXPECT_EQ(*await_now(registry.clients.delete_unused()), 0);  // exactly the lifetime
  registry.clock.advance(1);
  EXPECT_EQ(*await_now(registry.clients.delete_unused()), 1);
  EXPECT_EQ(registry.code_of_find(unused.client.id), Code::not_found);
  EXPECT_TRUE(registry.find(used.client.id).ok());
  EXPECT_TRUE(registry.find(of_builder.client.id).ok());
}

TEST_P(ClientsTest, AFullRegistryGivesUpWhatNobodyUsed) {
  Registry small(GetParam(), RegistrationLimits{.max_dynamic_clients = 3});
  Registration used = small.must_register(kPublic);
  EXPECT_TRUE(small.find(used.client.id).ok());
  small.must_register(kPublic);
  small.must_register(kPublic);
  auto full = small.try_register(kPublic);
  ASSERT_FALSE(full.ok());
  EXPECT_EQ(full.error().code, Code::unavailable);
  small.clock.advance(kHour + 1);
  EXPECT_TRUE(small.try_register(kPublic).ok());
  EXPECT_TRUE(small.find(used.client.id).ok());
}

TEST_P(ClientsTest, AStoreThatFailsIsNotAnUnknownClient) {
  auto dropped = registry.store->write_now([](sql::Transaction& transaction) -> Result<void> {
    static constexpr sql::Statement kDrop{"DROP TABLE oauth_clients"};
    VK_CHECK(transaction.run(kDrop));
    return {};
  });
  ASSERT_TRUE(dropped.ok());
  EXPECT_EQ(registry.code_of_find("some-client"), Code::store);
}

class BuilderTest : public ClientsTest {};
INSTANTIATE_TEST_SUITE_P(Engines, BuilderTest, testing::ValuesIn(sql::engines_under_test()),
                         [](const auto& info) { return sql::engine_name(info.param); });

TEST_P(BuilderTest, HasOnlyTheirOwnClients) {
  Registration mine = registry.must_create("ann", kConfidential);
  registry.must_create("ben", kPublic);
  auto list = await_now(registry.clients.list_of("ann"));
  ASSERT_TRUE(list.ok());
  ASSERT_EQ(list->size(), 1U);
  EXPECT_EQ(list->front().id, mine.client.id);
  EXPECT_EQ(list->front().kind, ClientKind::builder);

  JsonDocument body = json(kPublic);
  auto code = [](const auto& result) { return result.ok() ? Code::internal : result.error().code; };
  for (const std::string& stranger : {std::string("ben"), std::string()}) {
    EXPECT_EQ(code(await_now(registry.clients.update_for(stranger, mine.client.id, body.root()))),
              Code::forbidden);
    EXPECT_EQ(code(await_now(registry.clients.rotate_secret_for(stranger, mine.client.id))), Code::forbidden);
    EXPECT_EQ(code(await_now(registry.clients.delete_for(stranger, mine.client.id))), Code::forbidden);
  }
  EXPECT_EQ(code(await_now(registry.clients.delete_for("ann", "nobody"))), Code::not_found);
}

TEST_P(BuilderTest, CannotTakeADynamicClient) {
  Registration dynamic = registry.must_register(kPublic);
  auto taken = await_now(registry.clients.delete_for("", dynamic.client.id));
  ASSERT_FALSE(taken.ok());
  EXPECT_EQ(taken.error().code, Code::forbidden);
  EXPECT_TRUE(await_now(registry.clients.list_of(""))->empty());
}

TEST_P(BuilderTest, ARotatedSecretReplacesTheOld) {
  Registration made = registry.must_create("ann", kConfidential);
  auto fresh = await_now(registry.clients.rotate_secret_for("ann", made.client.id));
  ASSERT_TRUE(fresh.ok());
  EXPECT_EQ(registry.find(made.client.id)->secret_hash, crypto::sha256(fresh->reveal()));
  Registration open = registry.must_create("ann", kPublic);
  auto none = await_now(registry.clients.rotate_secret_for("ann", open.client.id));
  EXPECT_EQ(none.error().code, Code::invalid_argument);
}

TEST_P(BuilderTest, HasAtMost200Clients) {
  for (int i = 0; i < 200; ++i) registry.must_create("ann", kPublic);
  JsonDocument body = json(kPublic);
  auto one_more = await_now(registry.clients.create_for("ann", body.root()));
  ASSERT_TRUE(one_more.ok());
  EXPECT_TRUE(std::holds_alternative<RegistrationProblem>(*one_more));
  registry.must_create("ben", kPublic);
}

TEST_P(BuilderTest, MayHaveClientCredentialsWhereOthersMayNot) {
  const char* metadata = R"({"grant_types":["client_credentials"]})";
  EXPECT_EQ(registry.refusal_of(metadata), "invalid_client_metadata");
  Registration made = registry.must_create("ann", metadata);
  EXPECT_EQ(made.client.auth_methods, std::vector<AuthMethod>{AuthMethod::client_secret_basic});
  EXPECT_FALSE(made.client_secret.empty());
}

TEST_P(ClientsTest, ThatNobodyVouchesForActForThemselvesOnlyWhenTheOperatorSaysSo) {
  const char* robot = R"({"grant_types":["client_credentials"]})";
  EXPECT_EQ(registry.refusal_of(robot), "invalid_client_metadata");
  Registration modest = registry.must_register(kConfidential);
  const std::string more = with_id(modest, R"("redirect_uris":["https://app.example/cb"],
      "token_endpoint_auth_method":"client_secret_basic","grant_types":["refresh_token","client_credentials"])");
  auto updated = update(modest, more);
  ASSERT_TRUE(updated.ok() && std::holds_alternative<Registration>(*updated));
  EXPECT_EQ(registry.find(modest.client.id)->grant_types, std::vector<std::string>{"refresh_token"})
      << "RFC 7592 is no way around";

  Registry open(GetParam(), RegistrationLimits{.dynamic_client_credentials = true});
  Registration made = open.must_register(robot);
  EXPECT_FALSE(made.client_secret.empty());
  auto found = open.find(made.client.id);
  ASSERT_TRUE(found.ok());
  EXPECT_EQ(found->kind, ClientKind::dynamic);
  EXPECT_TRUE(found->has_grant_type("client_credentials"));
}

}  // namespace
}  // namespace valetkey::apps
