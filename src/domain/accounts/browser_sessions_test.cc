#include "domain/accounts/browser_sessions.h"

#include <gtest/gtest.h>

#include "domain/accounts/accounts.h"
#include "domain/accounts/vault_key.h"
#include "foundation/crypto/crypto.h"
#include "tests/support/sql/await.h"
#include "tests/support/sql/temporary_database.h"

namespace valetkey::accounts {
namespace {

constexpr Millis kNow = 1'780'000'000'000;

class BrowserSessionsTest : public testing::TestWithParam<sql::Database::Kind> {
 protected:
  BrowserSessionsTest() {
    EXPECT_TRUE(sql::migrate(store.get(), account_migrations(), kNow).ok());
    add_person("ada", vault_key_id(vault_key));
    add_person("bob", "");
  }

  void run(const char* text, std::vector<sql::Value> parameters) {
    const sql::Statement statement{text};
    auto done = store->write_now([&](sql::Transaction& transaction) -> Result<void> {
      VK_CHECK(transaction.run(statement, parameters));
      return {};
    });
    ASSERT_TRUE(done.ok()) << done.error().detail;
  }
  void add_person(const std::string& id, const std::string& vault_id) {
    run("INSERT INTO persons (id, email, name, password_hash, password_wrap, vault_id, created_at, "
        "updated_at)"
        " VALUES ($1, $2, 'A Name', '', $3, $4, 1, 1)",
        {id, id + "@example.test", sql::Blob{}, vault_id});
  }
  Result<Secret> begin(const std::string& person = "ada", std::optional<Secret> replaces = std::nullopt) {
    return await_now(
        sessions.begin(person, {"pwd", "otp"}, vault_key, {"Firefox", "192.0.2.1"}, std::move(replaces)));
  }
  Result<BrowserSession> find(const Secret& cookie) { return await_now(sessions.find(cookie)); }
  void expect_over(const Secret& cookie) {
    auto found = find(cookie);
    ASSERT_FALSE(found.ok());
    EXPECT_EQ(found.error().code, Code::unauthorized);
  }

  sql::TemporaryDatabase store{GetParam()};
  ManualClock clock{kNow};
  Secret vault_key = make_vault_key(crypto::system_random());
  BrowserSessions sessions{store.get(), clock, crypto::system_random(), SessionLimits{}};
};

INSTANTIATE_TEST_SUITE_P(Engines, BrowserSessionsTest, testing::ValuesIn(sql::engines_under_test()),
                         [](const auto& info) { return sql::engine_name(info.param); });

TEST_P(BrowserSessionsTest, TheCookieFindsThePersonAndOpensTheVaultKey) {
  auto cookie = begin();
  ASSERT_TRUE(cookie.ok()) << cookie.error().detail;
  EXPECT_EQ(cookie->size(), 43u);
  auto found = find(*cookie);
  ASSERT_TRUE(found.ok());
  EXPECT_EQ(found->person.id, "ada");
  EXPECT_EQ(found->person.email, "ada@example.test");
  EXPECT_EQ(found->person.name, "A Name");
  EXPECT_EQ(found->signed_in_at, kNow);
  EXPECT_EQ(found->authenticated_at, kNow);
  EXPECT_EQ(found->methods, (std::vector<std::string>{"pwd", "otp"}));
  ASSERT_TRUE(found->vault_key);
  EXPECT_TRUE(*found->vault_key == vault_key);
}

TEST_P(BrowserSessionsTest, AnyOtherCookieFindsNothing) {
  auto cookie = begin();
  std::string other(cookie->reveal());
  other[5] = other[5] == 'A' ? 'B' : 'A';
  expect_over(Secret(other));
  expect_over(Secret(std::string_view("")));
  expect_over(Secret(std::string_view("' OR 1=1 --")));
}

TEST_P(BrowserSessionsTest, LivesFourteenDaysFromLastUse) {
  auto cookie = begin();
  clock.advance(14 * kDay - 1);
  ASSERT_TRUE(find(*cookie).ok());
  clock.advance(14 * kDay - 1);
  ASSERT_TRUE(find(*cookie).ok());
  clock.advance(14 * kDay);
  expect_over(*cookie);
}

TEST_P(BrowserSessionsTest, LivesNinetyDaysHoweverOftenItIsUsed) {
  auto cookie = begin();
  for (int day = 1; day < 90; ++day) {
    clock.advance(kDay);
    ASSERT_TRUE(find(*cookie).ok());
  }
  clock.advance(kDay - 1);
  ASSERT_TRUE(find(*cookie).ok());
  clock.advance(1);
  expect_over(*cookie);
}

TEST_P(BrowserSessionsTest, TheTimeOfLastUseIsWrittenOnceAMinute) {
  auto cookie = begin();
  clock.advance(kMinute - 1);
  ASSERT_TRUE(find(*cookie).ok());
  EXPECT_EQ(await_now(sessions.list("ada"))->front().last_seen_at, kNow);
  clock.advance(1);
  ASSERT_TRUE(find(*cookie).ok());
  EXPECT_EQ(await_now(sessions.list("ada"))->front().last_seen_at, kNow + kMinute);
}

TEST_P(BrowserSessionsTest, ANewSessionEndsTheOneItReplaces) {
  auto before = begin();
  auto after = begin("ada", *before);
  ASSERT_TRUE(after.ok());
  expect_over(*before);
  EXPECT_TRUE(find(*after).ok());
  EXPECT_FALSE(*before == *after);
}

TEST_P(BrowserSessionsTest, NobodyCanBeginForAPersonWhoIsGoneAndTheOldSessionStays) {
  auto before = begin();
  auto after = begin("nobody", *before);
  ASSERT_FALSE(after.ok());
  EXPECT_EQ(after.error().code, Code::not_found);
  EXPECT_TRUE(find(*before).ok());
}

TEST_P(BrowserSessionsTest, AVaultKeyThatIsNoLongerThePersonsIsNotKept) {
  auto cookie = begin("bob");  // bob's vault key is another
  ASSERT_TRUE(cookie.ok());
  EXPECT_FALSE(find(*cookie)->vault_key);
  auto of_ada = begin();
  run("UPDATE persons SET vault_id = 'new' WHERE id = $1", {"ada"});
  ASSERT_TRUE(find(*of_ada).ok());
  EXPECT_FALSE(find(*of_ada)->vault_key);
}

TEST_P(BrowserSessionsTest, AWrapMovedToAnotherSessionDoesNotOpen) {
  auto first = begin(), second = begin();
  auto id = find(*first)->id;
  run("UPDATE browser_sessions SET vault_wrap = (SELECT vault_wrap FROM browser_sessions WHERE id <> $1)"
      " WHERE id = $2",
      {id, id});
  ASSERT_TRUE(find(*first).ok());
  EXPECT_FALSE(find(*first)->vault_key);
  EXPECT_TRUE(find(*second)->vault_key);
}

TEST_P(BrowserSessionsTest, ListsOnlyLiveSessionsOfThatPerson) {
  auto old = begin();
  clock.advance(14 * kDay);
  auto one = begin();
  clock.advance(kMinute);
  auto two = begin();
  ASSERT_TRUE(begin("bob").ok());
  auto rows = await_now(sessions.list("ada"));
  ASSERT_TRUE(rows.ok());
  ASSERT_EQ(rows->size(), 2u);
  EXPECT_EQ(rows->at(0).id, find(*two)->id);
  EXPECT_EQ(rows->at(1).id, find(*one)->id);
  EXPECT_EQ(rows->at(0).user_agent, "Firefox");
  EXPECT_EQ(rows->at(0).client_address, "192.0.2.1");
}

TEST_P(BrowserSessionsTest, EndsOneByItsNameButOnlyForItsPerson) {
  auto cookie = begin();
  auto id = find(*cookie)->id;
  EXPECT_FALSE(*await_now(sessions.end_by_id("bob", id)));
  EXPECT_TRUE(find(*cookie).ok());
  EXPECT_TRUE(*await_now(sessions.end_by_id("ada", id)));
  EXPECT_FALSE(*await_now(sessions.end_by_id("ada", id)));
  expect_over(*cookie);
}

TEST_P(BrowserSessionsTest, EndsAllOthersOrAll) {
  auto one = begin(), two = begin(), three = begin(), of_bob = begin("bob");
  EXPECT_EQ(*await_now(sessions.end_all_but("ada", find(*two)->id)), 2);
  expect_over(*one);
  expect_over(*three);
  EXPECT_TRUE(find(*two).ok());
  EXPECT_EQ(*await_now(sessions.end_all_but("ada", "")), 1);
  expect_over(*two);
  EXPECT_TRUE(find(*of_bob).ok());
}

TEST_P(BrowserSessionsTest, SignOutEndsItAndTwiceDoesNoHarm) {
  auto cookie = begin();
  EXPECT_TRUE(await_now(sessions.end(*cookie)).ok());
  EXPECT_TRUE(await_now(sessions.end(*cookie)).ok());
  expect_over(*cookie);
}

TEST_P(BrowserSessionsTest, WhatABrowserSaysOfItselfIsCutAndCleaned) {
  const std::string umlaut = "\xc3\xa4";
  for (const std::string& agent : {std::string(10'000, 'x'), std::string("a\r\nb\0c", 6),
                                   std::string("\xff\xfe"), std::string(255, 'y') + umlaut}) {
    ASSERT_TRUE(
        await_now(sessions.begin("bob", {"pwd"}, std::nullopt, {agent, "192.0.2.1"}, std::nullopt)).ok());
  }
  auto rows = await_now(sessions.list("bob"));
  ASSERT_EQ(rows->size(), 4u);
  std::vector<std::string> kept;
  for (const auto& row : *rows) kept.push_back(row.user_agent);
  std::sort(kept.begin(), kept.end());
  EXPECT_EQ(kept, (std::vector<std::string>{"", "abc", std::string(256, 'x'), std::string(255, 'y')}));
}

TEST_P(BrowserSessionsTest, DeletesWhatIsOver) {
  ASSERT_TRUE(begin().ok());
  clock.advance(14 * kDay);
  auto live = begin();
  EXPECT_EQ(*await_now(sessions.delete_expired()), 1);
  EXPECT_TRUE(find(*live).ok());
}

}  // namespace
}  // namespace valetkey::accounts
