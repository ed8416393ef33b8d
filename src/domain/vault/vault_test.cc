#include "domain/vault/vault.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "domain/vault/vault_test_support.h"
#include "tests/support/sql/temporary_database.h"

namespace valetkey {
namespace {

using testing_support::FragileDatabase;
using testing_support::kNow;
using testing_support::repeated;
using testing_support::RotatingProvider;
using testing_support::Workers;

class VaultTest : public testing::TestWithParam<sql::Database::Kind> {
 protected:
  VaultTest() { testing_support::migrate_or_die(store.get()); }

  NewCredential sign_in(Millis lifetime = kHour) {
    NewCredential credential;
    credential.app = "app_1";
    credential.originator = "valetkey";
    credential.tokens = provider.first_tokens(lifetime);
    return credential;
  }
  CredentialKey seal(const NewCredential& credential) {
    auto key = testing_support::seal(store.get(), vault, credential);
    EXPECT_TRUE(key.ok()) << key.error().detail;
    return *key;
  }
  Result<OpenCredential> open(CredentialKey key) {
    return workers.run<Result<OpenCredential>>([this, key] { return vault.open(key); });
  }
  Result<OpenCredential> open_for_use(CredentialKey key) {
    return workers.run<Result<OpenCredential>>([this, key] { return vault.open_for_use(key); });
  }
  Result<void> end(CredentialKey key) {
    return workers.run<Result<void>>([this, key] { return vault.end(key); });
  }
  void execute(const char* text, const std::vector<sql::Value>& parameters) {
    sql::Statement statement{text};
    auto done = store->write_now([&](sql::Transaction& transaction) -> Result<void> {
      VK_CHECK(transaction.run(statement, parameters));
      EXPECT_EQ(transaction.changed(), 1);
      return {};
    });
    ASSERT_TRUE(done.ok()) << done.error().detail;
  }

  sql::TemporaryDatabase store{GetParam()};
  FragileDatabase database{store.get()};
  ManualClock clock{kNow};
  RotatingProvider provider{clock};
  Vault vault{database, clock, crypto::system_random(), provider, testing_support::vault_options()};
  Workers workers;
};

INSTANTIATE_TEST_SUITE_P(Engines, VaultTest, testing::ValuesIn(sql::engines_under_test()),
                         [](const auto& info) { return sql::engine_name(info.param); });

void expect_code(const Result<OpenCredential>& result, Code code) {
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code, code) << result.error().detail;
}

TEST_P(VaultTest, TheHolderOfTheKeyGetsTheTokensBack) {
  CredentialKey key = seal(sign_in());
  EXPECT_EQ(key.id.value.size(), 26u);
  EXPECT_EQ(key.key.size(), kRecordKeySize);
  auto opened = open(key);
  ASSERT_TRUE(opened.ok()) << opened.error().detail;
  EXPECT_EQ(opened->tokens.access.reveal(), "access-0");
  EXPECT_EQ(opened->tokens.refresh.reveal(), "refresh-0");
  EXPECT_EQ(opened->tokens.account_id, "acct");
  EXPECT_EQ(opened->originator, "valetkey");
  EXPECT_EQ(opened->app, "app_1");
  EXPECT_EQ(opened->user.value, "ofKmjFHKEkc4GvVdcMrsADLcrMGJNe_Fk-dP5G4RgAc");
}

TEST_P(VaultTest, NobodyElseGetsAnythingAndAllAreRefusedAlike) {
  const CredentialKey good = seal(sign_in());
  CredentialKey wrong_key = good, no_row = good, other_app = good, no_app = good, other_provider = good;
  wrong_key.key = repeated('x');
  no_row.id = CredentialId("01J00000000000000000000000");
  other_app.app = "app_2";
  no_app.app = "";
  other_provider.provider = ProviderId::xai;
  for (const CredentialKey& bad : {wrong_key, no_row, other_app, no_app, other_provider}) {
    expect_code(open(bad), Code::unauthorized);
    expect_code(open_for_use(bad), Code::unauthorized);
    auto ended = end(bad);
    ASSERT_FALSE(ended.ok());
    EXPECT_EQ(ended.error().code, Code::unauthorized);
  }
  EXPECT_TRUE(open(good).ok());
}

TEST_P(VaultTest, ASecondDeviceDoesNotLogTheFirstOutAndIsTheSameUser) {
  CredentialKey phone = seal(sign_in()), laptop = seal(sign_in());
  auto on_phone = open(phone), on_laptop = open(laptop);
  ASSERT_TRUE(on_phone.ok());
  ASSERT_TRUE(on_laptop.ok());
  EXPECT_EQ(on_phone->user, on_laptop->user);
  EXPECT_FALSE(phone.key == laptop.key);
}

TEST_P(VaultTest, ASealedRecordOpensOnlyInItsOwnRow) {
  CredentialKey victim = seal(sign_in()), thief = seal(sign_in());
  CredentialKey moved = victim;
  moved.id = thief.id;
  execute("UPDATE credentials SET sealed = (SELECT sealed FROM credentials WHERE id = $1) WHERE id = $2",
          {victim.id.value, thief.id.value});
  expect_code(open(moved), Code::unauthorized);
  expect_code(open(thief), Code::unauthorized);
}

TEST_P(VaultTest, ARowMovedToAnotherAppProviderOrUserDoesNotOpen) {
  CredentialKey key = seal(sign_in());
  CredentialKey other_app = key, other_provider = key;
  execute("UPDATE credentials SET app = $1 WHERE id = $2", {"app_2", key.id.value});
  other_app.app = "app_2";
  expect_code(open(other_app), Code::unauthorized);
  execute("UPDATE credentials SET app = $1, provider = $2 WHERE id = $3", {"app_1", "xai", key.id.value});
  other_provider.provider = ProviderId::xai;
  expect_code(open(other_provider), Code::unauthorized);
  execute("UPDATE credentials SET provider = $1, user_id = $2 WHERE id = $3",
          {"openai", "somebody", key.id.value});
  expect_code(open(key), Code::unauthorized);
}

TEST_P(VaultTest, RefreshesFromSixtySecondsBeforeExpiryAndNotEarlier) {
  CredentialKey key = seal(sign_in(60 * kSecond + 1));
  ASSERT_TRUE(open_for_use(key).ok());
  EXPECT_EQ(provider.calls(), 0);
  clock.advance(1);
  auto opened = open_for_use(key);
  ASSERT_TRUE(opened.ok());
  EXPECT_EQ(provider.calls(), 1);
  EXPECT_EQ(opened->tokens.access.reveal(), "access-1");
  EXPECT_EQ(opened->version, 2);
}

TEST_P(VaultTest, OpenNeverAsksTheProvider) {
  CredentialKey key = seal(sign_in(0));
  ASSERT_TRUE(open(key).ok());
  EXPECT_EQ(provider.calls(), 0);
}

TEST_P(VaultTest, ATokenThatCannotBeRefreshedIsGoodUntilItsExpiryAndThenDead) {
  NewCredential github = sign_in(30 * kSecond), without_refresh = sign_in(30 * kSecond);
  github.provider = ProviderId::github;
  without_refresh.tokens.refresh = Secret();
  CredentialKey keys[] = {seal(github), seal(without_refresh)};
  for (const CredentialKey& key : keys) EXPECT_TRUE(open_for_use(key).ok());
  clock.advance(30 * kSecond);
  for (const CredentialKey& key : keys) expect_code(open_for_use(key), Code::unauthorized);
  EXPECT_EQ(provider.calls(), 0);
}

TEST_P(VaultTest, AnExpiredRowIsRefusedBeforeTheSweepAndGoneAfterIt) {
  CredentialKey old = seal(sign_in(40 * kDay));
  clock.advance(1);
  CredentialKey younger = seal(sign_in(40 * kDay));
  clock.advance(30 * kDay - 1);
  expect_code(open(old), Code::unauthorized);
  ASSERT_TRUE(open(younger).ok());
  auto swept = workers.run<Result<int64_t>>([this] { return vault.delete_expired(); });
  ASSERT_TRUE(swept.ok());
  EXPECT_EQ(*swept, 1);
  EXPECT_TRUE(open(younger).ok());
}

TEST_P(VaultTest, ARefreshExtendsTheLifeOfTheRow) {
  CredentialKey key = seal(sign_in(0));
  clock.advance(29 * kDay);
  ASSERT_TRUE(open_for_use(key).ok());
  clock.advance(29 * kDay);
  EXPECT_TRUE(open(key).ok());
}

TEST_P(VaultTest, EndingOneSignInLeavesTheOthersAndEndingAllLeavesNone) {
  CredentialKey first = seal(sign_in()), second = seal(sign_in()), third = seal(sign_in());
  provider.account_becomes("somebody else");
  CredentialKey stranger = seal(sign_in());
  ASSERT_TRUE(end(first).ok());
  expect_code(open(first), Code::unauthorized);
  EXPECT_FALSE(end(first).ok());
  UserId user = open(second)->user;
  auto ended = workers.run<Result<int64_t>>([this, user] { return vault.end_all(user); });
  ASSERT_TRUE(ended.ok());
  EXPECT_EQ(*ended, 2);
  expect_code(open(second), Code::unauthorized);
  expect_code(open(third), Code::unauthorized);
  EXPECT_TRUE(open(stranger).ok());
}

TEST_P(VaultTest, UserIdsSurviveARotationOfTheIdentitySecret) {
  const UserId user = open(seal(sign_in()))->user;
  auto vault_with = [&](std::vector<Secret> secrets) {
    VaultOptions options;
    options.identity_secrets = std::move(secrets);
    return Vault(database, clock, crypto::system_random(), provider, options);
  };
  auto user_by = [&](Vault with) {
    auto key = testing_support::seal(store.get(), with, sign_in());
    return workers.run<Result<OpenCredential>>([&, key] { return with.open(*key); })->user;
  };
  EXPECT_EQ(user_by(vault_with({repeated(0x0a), repeated(0x09)})), user);
  // Seen once with both, the account is known under the new secret alone.
  EXPECT_EQ(user_by(vault_with({repeated(0x0a)})), user);
  EXPECT_NE(user_by(vault_with({repeated(0x0b)})), user);
}

TEST_P(VaultTest, ARefreshDuringTheRotationIsEnoughToBeKnownAfterIt) {
  CredentialKey key = seal(sign_in(0));
  VaultOptions options;
  options.identity_secrets = {repeated(0x0a), repeated(0x09)};
  Vault rotating(database, clock, crypto::system_random(), provider, options);
  auto opened = workers.run<Result<OpenCredential>>([&] { return rotating.open_for_use(key); });
  ASSERT_TRUE(opened.ok());
  options.identity_secrets = {repeated(0x0a)};
  Vault rotated(database, clock, crypto::system_random(), provider, options);
  auto again = testing_support::seal(store.get(), rotated, sign_in());
  EXPECT_EQ(workers.run<Result<OpenCredential>>([&] { return rotated.open(*again); })->user, opened->user);
}

TEST_P(VaultTest, AFailingStoreIsNeitherSuccessNor401) {
  CredentialKey key = seal(sign_in());
  workers.drain();
  auto dropped = store->write_now([](sql::Transaction& transaction) -> Result<void> {
    static constexpr sql::Statement kDrop{"DROP TABLE credentials"};
    VK_CHECK(transaction.run(kDrop));
    return {};
  });
  ASSERT_TRUE(dropped.ok());
  expect_code(open(key), Code::store);
  expect_code(open_for_use(key), Code::store);
  EXPECT_EQ(end(key).error().code, Code::store);
}

TEST(StolenDatabase, HoldsNoTokenAccountOrKey) {
  sql::TemporaryDatabase store(sql::Database::Kind::sqlite);
  testing_support::migrate_or_die(store.get());
  ManualClock clock(kNow);
  RotatingProvider provider(clock);
  Vault vault(store.get(), clock, crypto::system_random(), provider, testing_support::vault_options());
  NewCredential credential;
  credential.tokens.access = Secret(std::string("PLANTED-ACCESS"));
  credential.tokens.refresh = Secret(std::string("PLANTED-REFRESH"));
  credential.tokens.account_id = "PLANTED-ACCOUNT";
  credential.tokens.expires = kNow + kHour;
  credential.originator = "VISIBLE-OR-NOT";
  auto key = testing_support::seal(store.get(), vault, credential);
  ASSERT_TRUE(key.ok());

  std::string path = store.url();
  if (path.starts_with("sqlite:")) path = path.substr(7);
  std::string everything;
  for (const auto& file : std::filesystem::directory_iterator(std::filesystem::path(path).parent_path())) {
    std::ifstream stream(file.path(), std::ios::binary);
    everything.append(std::istreambuf_iterator<char>(stream), {});
  }
  ASSERT_NE(everything.find(key->id.value), std::string::npos) << "this looked at the wrong files";
  EXPECT_EQ(everything.find("PLANTED"), std::string::npos);
  EXPECT_EQ(everything.find(key->key.reveal()), std::string::npos);
  EXPECT_EQ(everything.find("VISIBLE-OR-NOT"), std::string::npos);
}

}  // namespace
}  // namespace valetkey
