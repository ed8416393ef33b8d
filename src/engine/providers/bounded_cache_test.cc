#include "engine/providers/bounded_cache.h"

#include <gtest/gtest.h>

#include <thread>

#include "engine/providers/held_grants.h"
#include "engine/providers/providers_test_support.h"

namespace valetkey::providers {
namespace {

TEST(BoundedCache, ForgetsWhatWasUsedLongestAgo) {
  BoundedCache<int> cache(2);
  cache.put("a", 1);
  cache.put("b", 2);
  EXPECT_EQ(cache.get("a"), 1);
  cache.put("c", 3);
  EXPECT_EQ(cache.size(), 2u);
  EXPECT_EQ(cache.get("b"), std::nullopt);
  EXPECT_EQ(cache.get("a"), 1);
  EXPECT_EQ(cache.get("c"), 3);
}

TEST(BoundedCache, PutReplacesAndEraseForgets) {
  BoundedCache<int> cache(2);
  cache.put("a", 1);
  cache.put("a", 2);
  EXPECT_EQ(cache.size(), 1u);
  EXPECT_EQ(cache.get("a"), 2);
  cache.erase("a");
  cache.erase("a");
  EXPECT_EQ(cache.get("a"), std::nullopt);
}

TEST(BoundedCache, ManyThreads) {
  BoundedCache<int> cache(50);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&cache, t] {
      for (int i = 0; i < 5000; ++i) {
        std::string key = std::to_string((i * 7 + t) % 100);
        cache.put(key, i);
        cache.get(key);
        cache.update(key, [](int& value) { ++value; });
        if (i % 10 == 0) cache.erase(key);
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_LE(cache.size(), 50u);
}

TEST(HeldGrants, LiveForAWhile) {
  HeldGrants grants;
  Secret device(std::string_view("d")), other(std::string_view("e"));
  grants.hold(device, Secret(std::string_view("token")), kNoon);
  EXPECT_FALSE(grants.find(other, kNoon));
  EXPECT_EQ(grants.find(device, kNoon + HeldGrants::kLife - 1)->reveal(), "token");
  EXPECT_FALSE(grants.find(device, kNoon + HeldGrants::kLife));
  grants.drop(device);
  EXPECT_FALSE(grants.find(device, kNoon));
}

}  // namespace
}  // namespace valetkey::providers
