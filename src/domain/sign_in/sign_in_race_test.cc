// Many pollers, several instances, restarts, a store that fails: one completion, and nothing lost.
#include <algorithm>

#include "domain/sign_in/sign_in_test_support.h"

namespace valetkey {
namespace {

using namespace testing_support;

class SignInRaceTest : public SignInTest {};

INSTANTIATE_TEST_SUITE_P(Engines, SignInRaceTest, testing::ValuesIn(sql::engines_under_test()),
                         [](const auto& info) { return sql::engine_name(info.param); });

TEST_P(SignInRaceTest, AsksTheProviderOncePerIntervalHoweverManyPoll) {
  std::string id = started_id();
  for (int i = 0; i < 20; ++i) expect_kind(poll(id), Kind::pending);
  EXPECT_EQ(flow.polls(), 1);
  clock.advance(kInterval - 1);
  expect_kind(poll(id), Kind::pending);
  EXPECT_EQ(flow.polls(), 1);
  clock.advance(1);
  auto all = workers.run_many<Polled>(64, [&] { return sign_ins.poll(id, "app_1", ""); });
  for (const Polled& polled : all) expect_kind(polled, Kind::pending);
  EXPECT_EQ(flow.polls(), 2);
}

TEST_P(SignInRaceTest, SlowDownMakesTheIntervalLonger) {
  flow.will_answer({Answer::slow_down, Answer::slow_down, Answer::pending});
  std::string id = started_id();
  expect_kind(poll(id), Kind::pending);
  clock.advance(kInterval + 5 * kSecond - 1);
  expect_kind(poll(id), Kind::pending);
  EXPECT_EQ(flow.polls(), 1);
  clock.advance(1);
  flow.slow_interval = 40 * kSecond;
  expect_kind(poll(id), Kind::pending);
  EXPECT_EQ(flow.polls(), 2);
  clock.advance(40 * kSecond - 1);
  expect_kind(poll(id), Kind::pending);
  EXPECT_EQ(flow.polls(), 2);
  clock.advance(1);
  expect_kind(poll(id), Kind::pending);
  EXPECT_EQ(flow.polls(), 3);
}

TEST_P(SignInRaceTest, RacingPollsMakeOneCompletionAndEveryPassHandedOutWorks) {
  for (int round = 1; round <= 10; ++round) {
    ScriptedFlow once;
    once.will_answer({Answer::approved});
    SignIns racing(database, clock, crypto::system_random(), vault, once, ring, "valetkey");
    SignInStart request{ProviderId::openai, "app_1", ""};
    std::string id = workers.run<Started>([&] { return racing.start(request); })->session_id;
    auto all = workers.run_many<Polled>(64, [&] { return racing.poll(id, "app_1", ""); });
    all.push_back(workers.run<Polled>([&] { return racing.poll(id, "app_1", ""); }));
    std::vector<std::string> passes;
    for (const Polled& polled : all) {
      ASSERT_TRUE(polled.ok());
      if (polled->kind == Kind::complete) {
        passes.push_back(polled->jwt);
      } else {
        expect_kind(polled, Kind::pending);
      }
    }
    ASSERT_FALSE(passes.empty());
    std::sort(passes.begin(), passes.end());
    passes.erase(std::unique(passes.begin(), passes.end()), passes.end());
    EXPECT_EQ(passes.size(), 1u);
    for (const std::string& jwt : passes) expect_works(jwt);
    ASSERT_EQ(once.polls(), 1);
    ASSERT_EQ(credentials(), round);
    workers.drain();
  }
}

TEST_P(SignInRaceTest, AnotherInstanceCanBePolledAndOnlyOneOfTwoAsks) {
  flow.will_answer({Answer::approved});
  std::string id = started_id();
  auto other_store = store.open_another();
  Vault other_vault(*other_store, clock, crypto::system_random(), provider, testing_support::vault_options());
  SignIns other(*other_store, clock, crypto::system_random(), other_vault, flow, ring, "valetkey");
  std::atomic<int> turn = 0;
  auto all = workers.run_many<Polled>(32, [&] {
    return (turn++ / 2) % 2 == 0 ? sign_ins.poll(id, "app_1", "") : other.poll(id, "app_1", "");
  });
  EXPECT_EQ(flow.polls(), 1);
  EXPECT_EQ(credentials(), 1);
  auto here = poll(id);
  auto there = workers.run<Polled>([&] { return other.poll(id, "app_1", ""); });
  expect_kind(here, Kind::complete);
  expect_kind(there, Kind::complete);
  EXPECT_EQ(here->jwt, there->jwt);
  expect_works(there->jwt);
  workers.drain();
}

TEST_P(SignInRaceTest, SurvivesARestartBetweenStartAndPoll) {
  flow.will_answer({Answer::approved});
  std::string id = started_id();
  workers.drain();
  store.reopen();
  FragileDatabase reopened(store.get());
  Vault vault_after(reopened, clock, crypto::system_random(), provider, testing_support::vault_options());
  SignIns after(reopened, clock, crypto::system_random(), vault_after, flow, ring, "valetkey");
  auto done = workers.run<Polled>([&] { return after.poll(id, "app_1", ""); });
  expect_kind(done, Kind::complete);
  auto pass = verify_session_pass(ring, done->jwt, clock.now_seconds());
  ASSERT_TRUE(pass.ok());
  EXPECT_TRUE(workers.run<Result<OpenCredential>>([&] { return vault_after.open(pass->credential); }).ok());
  workers.drain();
}

TEST_P(SignInRaceTest, WhilePollingIsUnderWayOthersAreToldPendingAtOnce) {
  flow.will_answer({Answer::approved});
  flow.hold();
  std::string id = started_id();
  auto asking = workers.start<Polled>(0, [&] { return sign_ins.poll(id, "app_1", ""); });
  while (flow.polls() == 0) std::this_thread::yield();
  clock.advance(kInterval);  // due again, but still claimed
  auto meanwhile = workers.start<Polled>(1, [&] { return sign_ins.poll(id, "app_1", ""); }).get();
  expect_kind(meanwhile, Kind::pending);
  flow.let_go();
  expect_kind(asking.get(), Kind::complete);
  EXPECT_EQ(flow.polls(), 1);
}

TEST_P(SignInRaceTest, AnInstanceThatDiedWhileAskingIsSucceeded) {
  flow.will_answer({Answer::approved});
  std::string id = started_id();
  sql::Statement died{"UPDATE pending_sign_ins SET claim_owner = 'dead', claim_until = $1"};
  auto done = store->write_now([&](sql::Transaction& transaction) -> Result<void> {
    VK_CHECK(transaction.run(died, {kNow + 60 * kSecond}));
    return {};
  });
  ASSERT_TRUE(done.ok());
  expect_kind(poll(id), Kind::pending);
  EXPECT_EQ(flow.polls(), 0);
  clock.advance(60 * kSecond);
  expect_kind(poll(id), Kind::complete);
}

TEST_P(SignInRaceTest, AStoreThatFailsForAMomentDoesNotLoseTheSignIn) {
  flow.will_answer({Answer::approved});
  std::string id = started_id();
  database.fail_writes(1, 3);  // the claim is stored, then three attempts to store the pass fail
  auto done = poll(id);
  expect_kind(done, Kind::complete);
  expect_works(done->jwt);
  EXPECT_EQ(credentials(), 1);
}

TEST_P(SignInRaceTest, AnApprovalThatComesTooLateLeavesNothingBehind) {
  flow.will_answer({Answer::approved});
  flow.hold();
  std::string id = started_id();
  auto asking = workers.start<Polled>(0, [&] { return sign_ins.poll(id, "app_1", ""); });
  while (flow.polls() == 0) std::this_thread::yield();
  clock.advance(15 * kMinute);
  flow.let_go();
  expect_kind(asking.get(), Kind::expired);
  EXPECT_EQ(credentials(), 0);
}

}  // namespace
}  // namespace valetkey
