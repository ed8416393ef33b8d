// Refreshing under fire: races, two processes, lost writes, providers that refuse. The provider here refuses
// a spent refresh token, so a second use is seen.
#include <gtest/gtest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>

#include "domain/vault/sealed_record.h"
#include "domain/vault/vault.h"
#include "domain/vault/vault_test_support.h"
#include "tests/support/sql/temporary_database.h"

namespace valetkey {
namespace {

using testing_support::FragileDatabase;
using testing_support::kNow;
using testing_support::RotatingProvider;
using testing_support::Workers;
using Opened = Result<OpenCredential>;
using Kind = RefreshReply::Kind;

constexpr Millis kLease = 40 * kSecond;
constexpr Millis kPastRetryPause = kSecond;

class RenewalTest : public testing::TestWithParam<sql::Database::Kind> {
 protected:
  RenewalTest() { testing_support::migrate_or_die(store.get()); }

  CredentialKey seal(Millis lifetime) {
    NewCredential credential;
    credential.originator = "valetkey";
    credential.tokens = provider.first_tokens(lifetime);
    auto key = testing_support::seal(store.get(), vault, credential);
    EXPECT_TRUE(key.ok());
    return *key;
  }
  Opened open(CredentialKey key) {
    return workers.run<Opened>([this, key] { return vault.open(key); });
  }
  Opened open_for_use(CredentialKey key) {
    return workers.run<Opened>([this, key] { return vault.open_for_use(key); });
  }
  Opened renew_rejected(CredentialKey key, int64_t version) {
    return workers.run<Opened>([this, key, version] { return vault.renew_rejected(key, version); });
  }
  void execute(const char* text, std::vector<sql::Value> parameters) {
    sql::Statement statement{text};
    auto done = store->write_now([&](sql::Transaction& transaction) -> Result<void> {
      VK_CHECK(transaction.run(statement, parameters));
      return {};
    });
    ASSERT_TRUE(done.ok()) << done.error().detail;
  }
  // What another process does when it has refreshed.
  void store_newer_pair(CredentialKey key) {
    RecordContents contents;
    contents.tokens = provider.first_tokens(kHour);
    contents.tokens.access = Secret(std::string("access-of-another-process"));
    contents.user = UserId(identity_hash(testing_support::repeated(0x09), ProviderId::openai, "acct"));
    execute("UPDATE credentials SET sealed = $1, version = version + 1 WHERE id = $2",
            {sql::Blob{seal_record(key, contents, crypto::system_random())}, key.id.value});
  }

  sql::TemporaryDatabase store{GetParam()};
  FragileDatabase database{store.get()};
  ManualClock clock{kNow};
  RotatingProvider provider{clock};
  Vault vault{database, clock, crypto::system_random(), provider, testing_support::vault_options()};
  Workers workers;
};

INSTANTIATE_TEST_SUITE_P(Engines, RenewalTest, testing::ValuesIn(sql::engines_under_test()),
                         [](const auto& info) { return sql::engine_name(info.param); });

void expect_access(const Opened& opened, std::string_view access) {
  ASSERT_TRUE(opened.ok()) << opened.error().detail;
  EXPECT_EQ(opened->tokens.access.reveal(), access);
}
void expect_code(const Opened& opened, Code code) {
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.error().code, code) << opened.error().detail;
}

TEST_P(RenewalTest, SixtyFourParallelCallsOnAnExpiredTokenMakeOneRefreshAgainAndAgain) {
  provider.take_time(5);
  CredentialKey key = seal(-kHour);
  for (int round = 1; round <= 15; ++round) {
    auto all = workers.run_many<Opened>(64, [&] { return vault.open_for_use(key); });
    ASSERT_EQ(provider.calls(), round);
    for (const Opened& opened : all) expect_access(opened, "access-" + std::to_string(round));
    clock.advance(kHour);
  }
  EXPECT_FALSE(provider.was_concurrent());
  EXPECT_EQ(provider.refusals(), 0);
}

TEST_P(RenewalTest, TwoProcessesOnOneDatabaseMakeOneRefresh) {
  provider.take_time(20);
  auto second_connection = store.open_another();
  Vault second(*second_connection, clock, crypto::system_random(), provider,
               testing_support::vault_options());
  CredentialKey key = seal(-kHour);
  std::atomic<int> turn = 0;
  for (int round = 1; round <= 8; ++round) {
    auto all = workers.run_many<Opened>(
        32, [&] { return (turn++ / 2) % 2 == 0 ? vault.open_for_use(key) : second.open_for_use(key); });
    ASSERT_EQ(provider.calls(), round);
    for (const Opened& opened : all) expect_access(opened, "access-" + std::to_string(round));
    clock.advance(kHour);
  }
  workers.drain();
  EXPECT_FALSE(provider.was_concurrent());
  EXPECT_EQ(provider.refusals(), 0);
}

TEST_P(RenewalTest, TheRefreshGoesOnWhenItsCallerHasLeft) {
  provider.hold();
  CredentialKey key = seal(-kHour);
  net::Worker& worker = workers.at(0);
  asio::cancellation_signal leave;
  std::promise<void> left;
  worker.post([&] {
    auto task = [](Vault* vault_used, CredentialKey used) -> Task<void> {
      (void)co_await vault_used->open_for_use(used);
    };
    asio::co_spawn(worker.executor(), task(&vault, key),
                   asio::bind_cancellation_slot(leave.slot(), [&](std::exception_ptr) { left.set_value(); }));
  });
  while (provider.calls() == 0) std::this_thread::yield();
  worker.post([&] { leave.emit(asio::cancellation_type::terminal); });
  left.get_future().get();
  EXPECT_EQ(open(key)->version, 1) << "the caller was not cut off";
  provider.let_go();
  workers.drain();
  expect_access(open(key), "access-1");
  expect_access(open_for_use(key), "access-1");
  EXPECT_EQ(provider.calls(), 1);
}

TEST_P(RenewalTest, AProcessThatDiedHoldingTheLeaseIsSucceededWhenItEnds) {
  CredentialKey key = seal(-kHour);
  execute("UPDATE credentials SET lease_owner = 'dead', lease_until = $1 WHERE id = $2",
          {kNow + kLease, key.id.value});
  auto waiting = workers.start<Opened>(0, [&] { return vault.open_for_use(key); });
  EXPECT_EQ(waiting.wait_for(std::chrono::milliseconds(200)), std::future_status::timeout);
  EXPECT_EQ(provider.calls(), 0);
  clock.advance(kLease);
  expect_access(waiting.get(), "access-1");
}

TEST_P(RenewalTest, ARefreshThatTakesLongerThanTheLeaseKeepsIt) {
  SystemClock real_clock;
  RotatingProvider slow(real_clock);
  VaultOptions options = testing_support::vault_options();
  options.lease = 600;
  auto second_connection = store.open_another();
  Vault first(database, real_clock, crypto::system_random(), slow, options);
  Vault second(*second_connection, real_clock, crypto::system_random(), slow, options);
  NewCredential credential;
  credential.tokens = slow.first_tokens(-kHour);
  auto key = testing_support::seal(store.get(), first, credential);
  ASSERT_TRUE(key.ok());
  slow.hold();
  auto here = workers.start<Opened>(0, [&] { return first.open_for_use(*key); });
  while (slow.calls() == 0) std::this_thread::yield();
  auto there = workers.start<Opened>(1, [&] { return second.open_for_use(*key); });
  EXPECT_EQ(there.wait_for(std::chrono::milliseconds(2 * options.lease)), std::future_status::timeout);
  slow.let_go();
  expect_access(here.get(), "access-1");
  expect_access(there.get(), "access-1");
  EXPECT_EQ(slow.calls(), 1);
  workers.drain();
}

TEST_P(RenewalTest, TheLoserOfALeaseUsesWhatTheWinnerStored) {
  CredentialKey key = seal(-kHour);
  execute("UPDATE credentials SET lease_owner = 'other', lease_until = $1 WHERE id = $2",
          {kNow + kLease, key.id.value});
  auto waiting = workers.start<Opened>(0, [&] { return vault.open_for_use(key); });
  EXPECT_EQ(waiting.wait_for(std::chrono::milliseconds(100)), std::future_status::timeout);
  store_newer_pair(key);
  expect_access(waiting.get(), "access-of-another-process");
  EXPECT_EQ(provider.calls(), 0);
}

TEST_P(RenewalTest, ASpentRefreshTokenIsNoHarmWhenItsSuccessorIsStored) {
  CredentialKey key = seal(-kHour);
  provider.answer_with([&](int) {
    store_newer_pair(key);
    return RefreshReply{Kind::reused, {}, "already used"};
  });
  expect_access(open_for_use(key), "access-of-another-process");
  EXPECT_EQ(provider.calls(), 1);
}

TEST_P(RenewalTest, ASpentRefreshTokenWithoutSuccessorIsTheEndAndTheProviderIsLeftAlone) {
  CredentialKey key = seal(-kHour);
  provider.answer_with([](int) { return RefreshReply{Kind::reused, {}, "already used"}; });
  expect_code(open_for_use(key), Code::unauthorized);
  expect_code(open_for_use(key), Code::unauthorized);
  EXPECT_EQ(provider.calls(), 1);
}

TEST_P(RenewalTest, APermanentRefusalIsRememberedForThatVersionOnly) {
  CredentialKey key = seal(-kHour);
  provider.answer_with([](int) { return RefreshReply{Kind::permanent, {}, "invalidated"}; });
  for (const Opened& opened : workers.run_many<Opened>(64, [&] { return vault.open_for_use(key); })) {
    expect_code(opened, Code::unauthorized);
  }
  expect_code(open_for_use(key), Code::unauthorized);
  expect_code(renew_rejected(key, 1), Code::unauthorized);
  EXPECT_EQ(provider.calls(), 1);
  store_newer_pair(key);
  expect_access(open_for_use(key), "access-of-another-process");
}

TEST_P(RenewalTest, ATransientFailureKeepsThePairWhileItIsGood) {
  CredentialKey key = seal(30 * kSecond);
  provider.answer_with([](int) { return RefreshReply{Kind::transient, {}, "503"}; });
  expect_access(open_for_use(key), "access-0");
  EXPECT_EQ(provider.calls(), 1);
  expect_access(open_for_use(key), "access-0");
  EXPECT_EQ(provider.calls(), 1) << "no pause between two attempts";
  clock.advance(30 * kSecond);
  expect_code(open_for_use(key), Code::unavailable);
  EXPECT_EQ(provider.calls(), 2);
  provider.answer_with(nullptr);
  clock.advance(kPastRetryPause);
  expect_access(open_for_use(key), "access-1");
}

TEST_P(RenewalTest, ANewPairIsNotUsedBeforeItIsStored) {
  CredentialKey key = seal(-kHour);
  database.fail_writes(1, 3);  // the lease is stored, then three attempts to store the pair fail
  expect_access(open_for_use(key), "access-1");
  expect_access(open(key), "access-1");
  EXPECT_EQ(provider.calls(), 1);
}

TEST_P(RenewalTest, APairThatCouldNotBeStoredIsStoredLaterAndNotLost) {
  CredentialKey key = seal(-kHour);
  database.fail_writes(1, 1000);
  expect_code(open_for_use(key), Code::store);
  expect_access(open(key), "access-0");
  database.fail_writes(0, 0);
  expect_access(open_for_use(key), "access-1");
  EXPECT_EQ(provider.calls(), 1);
  EXPECT_EQ(provider.refusals(), 0);
}

TEST_P(RenewalTest, APairStoredMeanwhileIsNotOverwritten) {
  CredentialKey key = seal(-kHour);
  provider.answer_with([&](int) {
    store_newer_pair(key);
    RefreshReply reply{Kind::renewed, provider.first_tokens(kHour), ""};
    reply.tokens.access = Secret(std::string("late"));
    return reply;
  });
  expect_access(open_for_use(key), "access-of-another-process");
  expect_access(open(key), "access-of-another-process");
  EXPECT_EQ(provider.calls(), 1);
}

TEST_P(RenewalTest, WhatTheProviderLeavesOutIsCarriedOver) {
  CredentialKey key = seal(-kHour);
  provider.answer_with([&](int) {
    RefreshReply reply{Kind::renewed, {}, ""};
    reply.tokens.access = Secret(std::string("new"));
    reply.tokens.expires = kNow + kHour;
    return reply;
  });
  auto opened = open_for_use(key);
  expect_access(opened, "new");
  EXPECT_EQ(opened->tokens.refresh.reveal(), "refresh-0");
  EXPECT_EQ(opened->tokens.account_id, "acct");
  EXPECT_EQ(opened->originator, "valetkey");
}

TEST_P(RenewalTest, TokensOfAnotherAccountAreNeverPutInItsPlace) {
  CredentialKey key = seal(-kHour);
  provider.account_becomes("somebody else");
  expect_code(open_for_use(key), Code::unauthorized);
  EXPECT_EQ(open(key)->tokens.account_id, "acct");
  expect_code(open_for_use(key), Code::unauthorized);
  EXPECT_EQ(provider.calls(), 1);
}

TEST_P(RenewalTest, ASignInEndedDuringItsRefreshStaysEnded) {
  provider.hold();
  CredentialKey key = seal(-kHour);
  auto waiting = workers.start<Opened>(0, [&] { return vault.open_for_use(key); });
  while (provider.calls() == 0) std::this_thread::yield();
  auto ended = workers.start<Result<void>>(1, [&] { return vault.end(key); });
  ASSERT_TRUE(ended.get().ok());
  provider.let_go();
  expect_code(waiting.get(), Code::unauthorized);
  expect_code(open(key), Code::unauthorized);
}

TEST_P(RenewalTest, ARejectedTokenIsRefreshedOnceThoughItLooksFresh) {
  CredentialKey key = seal(kHour);
  for (const Opened& opened : workers.run_many<Opened>(64, [&] { return vault.renew_rejected(key, 1); })) {
    expect_access(opened, "access-1");
    EXPECT_EQ(opened->version, 2);
  }
  EXPECT_EQ(provider.calls(), 1);
  // Somebody who was refused with the old version gets the newer one without another refresh.
  expect_access(renew_rejected(key, 1), "access-1");
  EXPECT_EQ(provider.calls(), 1);
  expect_access(renew_rejected(key, 2), "access-2");
  EXPECT_EQ(provider.calls(), 2);
}

TEST_P(RenewalTest, ARejectedTokenIsUnavailableWhenTheProviderCannotRefreshNow) {
  CredentialKey key = seal(kHour);
  provider.answer_with([](int) { return RefreshReply{Kind::transient, {}, "503"}; });
  expect_code(renew_rejected(key, 1), Code::unavailable);
}

TEST_P(RenewalTest, ARejectedTokenThatCannotBeRefreshedIsDead) {
  NewCredential credential;
  credential.provider = ProviderId::github;
  credential.tokens = provider.first_tokens(365 * kDay);
  auto key = testing_support::seal(store.get(), vault, credential);
  expect_code(renew_rejected(*key, 1), Code::unauthorized);
  EXPECT_EQ(provider.calls(), 0);
}

TEST_P(RenewalTest, ForcedAndOrdinaryRefreshesAtOnceAreOne) {
  CredentialKey key = seal(-kHour);
  std::atomic<int> turn = 0;
  auto all = workers.run_many<Opened>(
      64, [&] { return (turn++ / 2) % 2 == 0 ? vault.open_for_use(key) : vault.renew_rejected(key, 1); });
  for (const Opened& opened : all) expect_access(opened, "access-1");
  EXPECT_EQ(provider.calls(), 1);
}

}  // namespace
}  // namespace valetkey
