#include "foundation/http/router.h"

#include <gtest/gtest.h>

namespace valetkey::http {
namespace {

Task<void> do_nothing(Exchange&) {
  co_return;
}

Router make_router(std::initializer_list<std::pair<const char*, const char*>> routes) {
  Router router;
  for (auto [method, pattern] : routes)
    router.add(Route(method, pattern, RoutePolicy{.max_body = 0}, do_nothing));
  return router;
}

std::string pattern_of(const Router& router, std::string_view method, std::string_view path) {
  RouteMatch match = router.match(method, path);
  return match.route == nullptr ? "" : match.route->method + " " + match.route->pattern;
}

TEST(Router, TheMoreExactPatternWinsWhateverTheOrder) {
  Router router =
      make_router({{"*", "/v1/{rest...}"}, {"GET", "/v1/{id}"}, {"GET", "/v1/models"}, {"GET", "/"}});
  EXPECT_EQ(pattern_of(router, "GET", "/v1/models"), "GET /v1/models");
  EXPECT_EQ(pattern_of(router, "GET", "/v1/other"), "GET /v1/{id}");
  EXPECT_EQ(pattern_of(router, "GET", "/v1/a/b"), "* /v1/{rest...}");
  EXPECT_EQ(pattern_of(router, "GET", "/v1/"), "* /v1/{rest...}");
  EXPECT_EQ(pattern_of(router, "GET", "/"), "GET /");
  EXPECT_EQ(pattern_of(router, "GET", "/v1"), "");
  EXPECT_EQ(pattern_of(router, "GET", "*"), "");
  EXPECT_EQ(pattern_of(router, "GET", ""), "");
}

TEST(Router, AMethodOfTheExactPathBeatsTheWildcardAndAMissingOneFallsThrough) {
  Router router = make_router({{"*", "/a"}, {"POST", "/a"}, {"POST", "/v1/chat"}, {"*", "/v1/{rest...}"}});
  EXPECT_EQ(pattern_of(router, "POST", "/a"), "POST /a");
  EXPECT_EQ(pattern_of(router, "PUT", "/a"), "* /a");
  EXPECT_EQ(pattern_of(router, "GET", "/v1/chat"), "* /v1/{rest...}");
}

TEST(Router, KnownPathWithAnotherMethodNamesTheAllowedOnes) {
  Router router = make_router({{"GET", "/a/{x}"}, {"POST", "/a/b"}, {"DELETE", "/a/b"}});
  EXPECT_EQ(pattern_of(router, "GET", "/a/b"), "GET /a/{x}");
  RouteMatch match = router.match("PUT", "/a/b");
  EXPECT_EQ(match.route, nullptr);
  EXPECT_TRUE(match.path_known);
  EXPECT_EQ(match.allow, "DELETE, GET, HEAD, POST");
  EXPECT_FALSE(router.match("PUT", "/b").path_known);
  EXPECT_EQ(router.allowed_methods("/a/b"), "DELETE, GET, HEAD, POST");
  EXPECT_EQ(router.allowed_methods("/b"), "");
}

TEST(Router, WithoutARouteForTheMethodEachOneOfThePathHasASayAboutCors) {
  Router router;
  auto nothing = [](Exchange&) -> Task<void> { co_return; };
  router.add({"GET", "/a", {.max_body = 0}, nothing});
  router.add({"POST", "/a", {.max_body = 0, .cors = false}, nothing});
  router.add({"GET", "/b/{id}", {.max_body = 0}, nothing});
  EXPECT_TRUE(router.match("GET", "/a").cors);
  EXPECT_FALSE(router.match("POST", "/a").cors);
  EXPECT_FALSE(router.match("OPTIONS", "/a").cors);
  EXPECT_TRUE(router.match("OPTIONS", "/b/1").cors);
  EXPECT_TRUE(router.match("GET", "/nowhere").cors);
}

TEST(Router, HeadFallsBackToGet) {
  Router router = make_router({{"GET", "/a"}, {"POST", "/b"}});
  EXPECT_EQ(pattern_of(router, "HEAD", "/a"), "GET /a");
  EXPECT_EQ(pattern_of(router, "HEAD", "/b"), "");
}

TEST(Router, ParametersAreDecodedAndNeverEmpty) {
  Router router = make_router({{"GET", "/v1/models/{id}"}, {"GET", "/u/{user}/files/{path...}"}});
  RouteMatch model = router.match("GET", "/v1/models/openai%2Fgpt%20x");
  ASSERT_NE(model.route, nullptr);
  ASSERT_EQ(model.parameters.size(), 1u);
  EXPECT_EQ(model.parameters[0].first, "id");
  EXPECT_EQ(model.parameters[0].second, "openai/gpt x");
  RouteMatch file = router.match("GET", "/u/7/files/a/b%2e");
  ASSERT_EQ(file.parameters.size(), 2u);
  EXPECT_EQ(file.parameters[0].second, "7");
  EXPECT_EQ(file.parameters[1].first, "path");
  EXPECT_EQ(file.parameters[1].second, "a/b.");
  EXPECT_EQ(router.match("GET", "/v1/models/").route, nullptr);
  EXPECT_EQ(router.match("GET", "/v1/models/a%zz").route, nullptr);
  EXPECT_EQ(router.match("GET", "/v1/models/a/b").route, nullptr);
}

}  // namespace
}  // namespace valetkey::http
