#include "domain/apps/resources.h"

#include <gtest/gtest.h>

#include "domain/apps/apps_test_support.h"
#include "domain/apps/registration_target.h"
#include "domain/apps/resource_text.h"

namespace valetkey::apps {
namespace {

using testing_support::json;
using testing_support::Registry;

constexpr const char* kMine = R"({"uri":"https://mine.example/mcp","name":"Mine","scopes":[
  {"name":"notes:read","description":"Read your notes"},{"name":"notes:write","description":"Change your notes"}]})";

TEST(SameResource, IgnoresOnlySchemeHostPortAndTheLoneSlash) {
  const std::pair<const char*, const char*> same[] = {
      {"https://h.example", "https://h.example/"},
      {"https://h.example/", "https://H.EXAMPLE"},
      {"https://h.example:443/mcp", "HTTPS://h.example/mcp"},
      {"http://localhost:80", "http://localhost/"},
      {"https://h.example/mcp?x=1", "https://h.example/mcp?x=1"},
      {"https://[::1]/", "https://[::1]"}};
  for (auto [a, b] : same) EXPECT_TRUE(same_resource(a, b) && same_resource(b, a)) << a << " " << b;
  const std::pair<const char*, const char*> different[] = {
      {"https://h.example/mcp", "https://h.example/mcp/"},
      {"https://h.example/mcp", "https://h.example/MCP"},
      {"https://h.example/", "http://h.example/"},
      {"https://h.example/", "https://h.example:8443/"},
      {"https://h.example/a", "https://h.example/%61"},
      {"https://h.example/", "https://h.example./"},
      {"https://h.example/", "https://h.example/?"},
      {"https://h.example/a", "https://h.example/b/../a"},
      {"", ""},
      {"x", "x"},
      {"urn:a:b", "urn:a:b"},
      {"https://h.example/#a", "https://h.example/#a"},
      {"https://u@h.example/", "https://u@h.example/"}};
  for (auto [a, b] : different) EXPECT_FALSE(same_resource(a, b) || same_resource(b, a)) << a << " " << b;
}

TEST(ResourceUri, IsHttpsOrLoopback) {
  for (const char* uri : {"https://h.example", "https://h.example/mcp?x=1", "http://localhost:3000/mcp",
                          "http://127.0.0.1/", "http://[::1]:1/x"}) {
    EXPECT_TRUE(check_resource_uri(uri).ok()) << uri;
  }
  for (const char* uri : {"", "x", "/mcp", "http://h.example/", "urn:a:b", "https://h.example/#x",
                          "https://u@h.example/", "https://h.example/a/../b", "https://h.example/%2e%2e/",
                          "https://h.example/a b", "https://", "javascript:x"}) {
    EXPECT_FALSE(check_resource_uri(uri).ok()) << uri;
  }
}

class ResourcesTest : public testing::TestWithParam<sql::Database::Kind> {
 protected:
  static std::vector<Resource> configured() {
    Resource own{.uri = "https://auth.example/mcp", .name = "This server"};
    own.scopes = {{"ai.use", "Use your AI"}};
    return {own, Resource{.uri = "https://other.example", .name = "Other"}};
  }
  Result<Resource> create(const std::string& owner, std::string_view body) {
    JsonDocument document = json(body);
    return await_now(resources.create_for(owner, document.root()));
  }
  Result<Resource> update(const std::string& owner, std::string uri, std::string_view body) {
    JsonDocument document = json(body);
    return await_now(resources.update_for(owner, std::move(uri), document.root()));
  }
  template <class T>
  static Code code(const Result<T>& result) {
    return result.ok() ? Code::internal : result.error().code;
  }
  std::variant<JsonDocument, RegistrationProblem> fit(std::string_view metadata) {
    JsonDocument document = json(metadata);
    auto fitted = await_now(fit_to_resource(resources, document.root()));
    EXPECT_TRUE(fitted.ok());
    return std::move(*fitted);
  }
  std::string refusal_of(std::string_view metadata) {
    auto fitted = fit(metadata);
    auto* problem = std::get_if<RegistrationProblem>(&fitted);
    return problem == nullptr ? std::string() : problem->error;
  }
  Registry registry{GetParam()};
  Resources resources{registry.store.get(), registry.clock, configured()};
};
INSTANTIATE_TEST_SUITE_P(Engines, ResourcesTest, testing::ValuesIn(sql::engines_under_test()),
                         [](const auto& info) { return sql::engine_name(info.param); });

TEST_P(ResourcesTest, AreFoundByAnySpellingAndKeepTheirOwn) {
  EXPECT_EQ(resources.default_resource().uri, "https://auth.example/mcp");
  EXPECT_EQ(await_now(resources.find("HTTPS://AUTH.example:443/mcp"))->uri, "https://auth.example/mcp");
  EXPECT_EQ(await_now(resources.find("https://other.example/"))->uri, "https://other.example");
  ASSERT_TRUE(create("ann", kMine).ok());
  auto mine = await_now(resources.find("https://MINE.example/mcp"));
  ASSERT_TRUE(mine.ok());
  EXPECT_EQ(mine->uri, "https://mine.example/mcp");
  EXPECT_EQ(mine->owner, "ann");
  EXPECT_EQ(mine->scopes.at(1).description, "Change your notes");
  for (const char* unknown :
       {"https://mine.example/mcp/", "https://mine.example", "", "x", "http://mine.example/mcp"}) {
    EXPECT_EQ(code(await_now(resources.find(unknown))), Code::not_found) << unknown;
  }
}

TEST_P(ResourcesTest, OneUriHasOneOwner) {
  ASSERT_TRUE(create("ann", kMine).ok());
  EXPECT_EQ(code(create("ben", kMine)), Code::conflict);
  EXPECT_EQ(code(create("ann", R"({"uri":"https://MINE.example:443/mcp","name":"again"})")), Code::conflict);
  EXPECT_EQ(code(update("ben", "https://mine.example/mcp", kMine)), Code::not_found);
  EXPECT_EQ(code(await_now(resources.delete_for("ben", "https://mine.example/mcp"))), Code::not_found);
  EXPECT_EQ(await_now(resources.list_of("ann"))->size(), 1U);
  EXPECT_TRUE(await_now(resources.list_of("ben"))->empty());
}

TEST_P(ResourcesTest, ParallelCreationHasOneWinner) {
  JsonDocument document = json(kMine);
  std::vector<Task<Result<Resource>>> tries;
  for (int i = 0; i < 16; ++i)
    tries.push_back(resources.create_for("p" + std::to_string(i), document.root()));
  int winners = 0;
  for (const auto& made : await_all(std::move(tries))) winners += made.ok() ? 1 : 0;
  EXPECT_EQ(winners, 1);
}

TEST_P(ResourcesTest, TheOperatorsHostsAreNotForBuilders) {
  for (const char* body : {R"({"uri":"https://auth.example/mcp","name":"x"})",
                           R"({"uri":"https://AUTH.example/else","name":"x"})",
                           R"({"uri":"https://other.example:443/a","name":"x"})"}) {
    EXPECT_EQ(code(create("ann", body)), Code::conflict) << body;
  }
}

TEST_P(ResourcesTest, AnUpdateKeepsTheUri) {
  ASSERT_TRUE(create("ann", kMine).ok());
  auto changed =
      update("ann", "https://mine.example/mcp", R"({"uri":"https://MINE.example/mcp","name":"New"})");
  ASSERT_TRUE(changed.ok());
  EXPECT_EQ(changed->uri, "https://mine.example/mcp");
  EXPECT_TRUE(await_now(resources.find("https://mine.example/mcp"))->scopes.empty());
  EXPECT_EQ(code(update("ann", "https://mine.example/mcp", R"({"uri":"https://else.example/","name":"x"})")),
            Code::invalid_argument);
  EXPECT_TRUE(await_now(resources.delete_for("ann", "https://mine.example/mcp")).ok());
  EXPECT_EQ(code(await_now(resources.find("https://mine.example/mcp"))), Code::not_found);
}

TEST_P(ResourcesTest, ABadBodyIsToldWhatIsWrong) {
  const std::string uri = R"({"uri":"https://a.example/",)";
  for (const std::string& body :
       {std::string("{}"), std::string("[]"), uri + R"("x":1})", uri + R"("name":""})", uri + R"("name":1})",
        uri + R"("name":"a\nb"})", std::string(R"({"uri":"http://a.example/","name":"x"})"),
        uri + R"("name":"x","scopes":"a"})", uri + R"("name":"x","scopes":["a"]})",
        uri + R"("name":"x","scopes":[{"name":"a b"}]})", uri + R"("name":"x","scopes":[{"name":"a\"b"}]})",
        uri + R"("name":"x","scopes":[{"name":"a"},{"name":"a"}]})",
        uri + R"("name":"x","scopes":[{"name":"openid"}]})", uri + R"("name":"x","scopes":[{"name":""}]})",
        uri + R"("name":"x","documentation_uri":"javascript:x"})", uri + R"("name":"x","dpop_required":1})",
        uri + R"("name":"x","access_token_signed_response_alg":"none"})",
        uri + R"("name":")" + std::string(kMaxResourceName + 1, 'x') + "\"}"}) {
    auto refused = create("ann", body);
    ASSERT_FALSE(refused.ok()) << body;
    EXPECT_EQ(refused.error().code, Code::invalid_argument) << body;
    EXPECT_FALSE(refused.error().detail.empty());
  }
  EXPECT_TRUE(create("ann", uri + R"("name":")" + std::string(kMaxResourceName, 'x') + "\"}").ok());
}

TEST_P(ResourcesTest, ABuilderHasAtMost100) {
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(create("ann", R"({"name":"x","uri":"https://a.example/)" + std::to_string(i) + "\"}").ok());
  }
  EXPECT_EQ(code(create("ann", R"({"name":"x","uri":"https://a.example/one-more"})")),
            Code::invalid_argument);
  EXPECT_TRUE(create("ben", R"({"name":"x","uri":"https://a.example/one-more"})").ok());
}

TEST_P(ResourcesTest, ARegistrationIsFittedToItsResource) {
  ASSERT_TRUE(create("ann", kMine).ok());
  EXPECT_EQ(refusal_of(R"({"resource":"https://nobody.example/"})"), "invalid_target");
  EXPECT_EQ(refusal_of(R"({"resource":1})"), "invalid_target");
  EXPECT_EQ(refusal_of(R"({"resource":"https://mine.example/mcp","scope":"admin"})"), "invalid_scope");
  EXPECT_EQ(refusal_of(R"({"resource":"https://mine.example/mcp","scope":1})"), "invalid_client_metadata");
  auto fitted =
      fit(R"({"client_name":"x","resource":"https://MINE.example/mcp","scope":"openid admin  notes:read"})");
  ASSERT_TRUE(std::holds_alternative<JsonDocument>(fitted));
  EXPECT_EQ(to_json(std::get<JsonDocument>(fitted).root()),
            R"({"client_name":"x","resource":"https://mine.example/mcp","scope":"openid notes:read"})");
  auto as_it_was = fit(R"({"scope":"anything at-all","resource":null})");
  EXPECT_EQ(std::get<JsonDocument>(as_it_was)["scope"].string_or(""), "anything at-all");
}

}  // namespace
}  // namespace valetkey::apps
