#include "engine/providers/catalog.h"

#include <gtest/gtest.h>

#include "engine/providers/upstream_test_support.h"

namespace valetkey::providers {
namespace {

using Fetched = std::variant<Catalog, NotModified, Failure>;

Catalog with_models(std::vector<std::string> ids, std::string digest) {
  Catalog catalog;
  catalog.digest = std::move(digest);
  for (auto& id : ids) {
    CatalogModel entry;
    entry.model.id = id;
    add_model(catalog, entry);
  }
  return catalog;
}

// Answers in turn; counts how often it was asked.
struct Script {
  std::vector<Fetched> answers;
  size_t asked = 0;
  Task<Fetched> next(std::string) { co_return answers.at(std::min(asked++, answers.size() - 1)); }
  CatalogFetch fetch() {
    return [this](std::string etag) { return next(std::move(etag)); };
  }
};

Failure failure(Failure::Kind kind) {
  Failure out;
  out.kind = kind;
  return out;
}

class CatalogCaching : public ProvidersAgainstFake {
 protected:
  CatalogCache cache{clock, kCatalogFresh};
};

TEST_F(CatalogCaching, EqualCatalogsOfManyCredentialsAreOneInMemory) {
  Script script{{with_models({"a"}, "same")}};
  run([&]() -> Task<void> {
    auto first = std::get<CatalogPtr>(co_await cache.get("one", script.fetch()));
    auto second = std::get<CatalogPtr>(co_await cache.get("two", script.fetch()));
    EXPECT_EQ(first, second);
  });
  EXPECT_EQ(script.asked, 2u);
}

TEST_F(CatalogCaching, AFailureWithAnOldCatalogWaitsBeforeAskingAgain) {
  Script script{{with_models({"a"}, "1"), failure(Failure::Kind::upstream), with_models({"b"}, "2")}};
  run([&]() -> Task<void> {
    co_await cache.get("k", script.fetch());
    clock.advance(kCatalogFresh);
    EXPECT_TRUE(std::get<CatalogPtr>(co_await cache.get("k", script.fetch()))->find("a"));
    clock.advance(kCatalogRetry - 1);
    EXPECT_TRUE(std::get<CatalogPtr>(co_await cache.get("k", script.fetch()))->find("a"));
    EXPECT_EQ(script.asked, 2u);
    clock.advance(1);
    EXPECT_TRUE(std::get<CatalogPtr>(co_await cache.get("k", script.fetch()))->find("b"));
  });
}

TEST_F(CatalogCaching, AtOnceAnswersWithTheOldOneAndRenewsBehind) {
  Script script{{with_models({"a"}, "1"), with_models({"b"}, "2")}};
  run([&]() -> Task<void> {
    co_await cache.get_at_once("k", script.fetch());
    clock.advance(kCatalogFresh);
    EXPECT_TRUE(std::get<CatalogPtr>(co_await cache.get_at_once("k", script.fetch()))->find("a"));
    for (int i = 0; i < 100 && script.asked < 2; ++i) co_await net::sleep_for(1);
    co_await net::sleep_for(1);
    EXPECT_TRUE(std::get<CatalogPtr>(co_await cache.get_at_once("k", script.fetch()))->find("b"));
  });
}

TEST_F(CatalogCaching, AtOnceRemembersAFailureButNotARefusedToken) {
  Script down{{failure(Failure::Kind::upstream)}};
  Script refused{{failure(Failure::Kind::reauthenticate)}};
  run([&]() -> Task<void> {
    for (int i = 0; i < 3; ++i) co_await cache.get_at_once("down", down.fetch());
    for (int i = 0; i < 3; ++i) co_await cache.get_at_once("refused", refused.fetch());
  });
  EXPECT_EQ(down.asked, 1u);
  EXPECT_EQ(refused.asked, 3u);
}

TEST(CatalogLimits, NamesAndCount) {
  Catalog catalog =
      with_models({"a", "a", "", std::string(kMaxModelName + 1, 'x'), std::string(kMaxModelName, 'x')}, "");
  EXPECT_EQ(catalog.models.size(), 2u);
  for (size_t i = 0; i < kMaxCatalogModels + 10; ++i) {
    CatalogModel entry;
    entry.model.id = "m" + std::to_string(i);
    add_model(catalog, entry);
  }
  EXPECT_EQ(catalog.models.size(), kMaxCatalogModels);
}

}  // namespace
}  // namespace valetkey::providers
