#include "domain/sign_in/sign_in.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "domain/vault/vault_test_support.h"
#include "foundation/crypto/crypto.h"
#include "tests/support/sql/temporary_database.h"

namespace valetkey {
namespace {

using testing_support::FragileDatabase;
using testing_support::kNow;
using testing_support::RotatingProvider;
using testing_support::Workers;
using Started = Result<StartedSignIn>;
using Polled = Result<SignInState>;
using Kind = SignInState::Kind;
using Answer = DevicePoll::Kind;

constexpr Millis kInterval = 5 * kSecond;
const std::string kVerifier(43, 'v');

// Answers what the test says, in turn; the last answer for ever. An approved code is good once, as it is
// upstream.
class ScriptedFlow final : public DeviceFlow {
 public:
  void will_answer(std::vector<Answer> answers) {
    std::lock_guard lock(mutex_);
    answers_.assign(answers.begin(), answers.end());
  }
  void hold() { is_held_ = true; }
  void let_go() { is_held_ = false; }
  int polls() const { return polls_; }

  DeviceStart next_start{
      DeviceCode{Secret(std::string("PLANTED-DEVICE")), "ABCD-EFGH", "https://example.test/device"}, ""};
  Millis slow_interval = 0;
  std::string account = "acct";

  Task<DeviceStart> start(ProviderId, std::string) override { co_return next_start; }
  Task<DevicePoll> poll(ProviderId, DeviceCode code, std::string originator) override {
    ++polls_;
    while (is_held_) co_await net::sleep_for(2);
    EXPECT_EQ(code.device_code.reveal(), "PLANTED-DEVICE");
    EXPECT_EQ(code.user_code, "ABCD-EFGH");
    EXPECT_EQ(originator, "valetkey");
    co_return answer();
  }

 private:
  DevicePoll answer() {
    std::lock_guard lock(mutex_);
    DevicePoll reply;
    reply.kind = answers_.front();
    if (answers_.size() > 1) answers_.pop_front();
    reply.interval = slow_interval;
    if (reply.kind == Answer::refused) reply.problem = "You said no. Sign in again.";
    if (reply.kind != Answer::approved) return reply;
    if (is_code_used_) return DevicePoll{Answer::refused, 0, {}, "code used twice"};
    is_code_used_ = true;
    reply.tokens.access = Secret(std::string("PLANTED-ACCESS"));
    reply.tokens.refresh = Secret(std::string("PLANTED-REFRESH"));
    reply.tokens.account_id = account;
    reply.tokens.expires = kNow + kDay;
    return reply;
  }
  std::mutex mutex_;
  std::deque<Answer> answers_{Answer::pending};
  bool is_code_used_ = false;
  std::atomic<int> polls_ = 0;
  std::atomic<bool> is_held_ = false;
};

class SignInTest : public testing::TestWithParam<sql::Database::Kind> {
 protected:
  SignInTest() { testing_support::migrate_or_die(store.get()); }

  Started start(SignInStart request = {ProviderId::openai, "app_1", ""}) {
    return workers.run<Started>([&] { return sign_ins.start(request); });
  }
  std::string started_id(std::string challenge = "") {
    auto started = start({ProviderId::openai, "app_1", std::move(challenge)});
    EXPECT_TRUE(started.ok());
    return started->session_id;
  }
  Polled poll(const std::string& id, std::string verifier = "", std::string app = "app_1") {
    return workers.run<Polled>([&] { return sign_ins.poll(id, app, verifier); });
  }
  void expect_works(const std::string& jwt) {
    auto pass = verify_session_pass(ring, jwt, clock.now_seconds());
    ASSERT_TRUE(pass.ok());
    auto key = pass->credential;
    auto opened = workers.run<Result<OpenCredential>>([&] { return vault.open(key); });
    ASSERT_TRUE(opened.ok()) << opened.error().detail;
    EXPECT_EQ(opened->tokens.access.reveal(), "PLANTED-ACCESS");
    EXPECT_EQ(opened->app, "app_1");
    EXPECT_EQ(opened->originator, "valetkey");
  }
  int64_t count(const char* text) {
    int64_t rows = -1;
    sql::Statement statement{text};
    auto done = store->write_now([&](sql::Transaction& transaction) -> Result<void> {
      VK_TRY(sql::Rows found, transaction.run(statement));
      rows = found.at(0).integer(0);
      return {};
    });
    EXPECT_TRUE(done.ok());
    return rows;
  }
  int64_t credentials() { return count("SELECT COUNT(*) FROM credentials"); }
  void sweep() {
    auto swept = workers.run<Result<int64_t>>([&] { return sign_ins.delete_expired(); });
    EXPECT_TRUE(swept.ok());
  }

  sql::TemporaryDatabase store{GetParam()};
  FragileDatabase database{store.get()};
  ManualClock clock{kNow};
  RotatingProvider provider{clock};
  ScriptedFlow flow;
  jose::HmacKeyRing ring{{testing_support::repeated('j')}};
  Vault vault{database, clock, crypto::system_random(), provider, testing_support::vault_options()};
  SignIns sign_ins{database, clock, crypto::system_random(), vault, flow, ring, "valetkey"};
  Workers workers;
};

INSTANTIATE_TEST_SUITE_P(Engines, SignInTest, testing::ValuesIn(sql::engines_under_test()),
                         [](const auto& info) { return sql::engine_name(info.param); });

void expect_kind(const Polled& polled, Kind kind) {
  ASSERT_TRUE(polled.ok()) << polled.error().detail;
  EXPECT_EQ(static_cast<int>(polled->kind), static_cast<int>(kind));
}

TEST_P(SignInTest, StartTellsThePersonWhereToGo) {
  auto started = start();
  ASSERT_TRUE(started.ok());
  EXPECT_EQ(started->session_id.size(), 36u);
  EXPECT_EQ(started->user_code, "ABCD-EFGH");
  EXPECT_EQ(started->verification_url, "https://example.test/device");
  EXPECT_EQ(started->poll_interval, kInterval);
  EXPECT_EQ(started->expires_in, 15 * kMinute);
}

TEST_P(SignInTest, LivesAsLongAsTheProviderSaysButNoLongerThanAQuarterOfAnHour) {
  flow.next_start.code->lifetime = kHour;
  EXPECT_EQ(start()->expires_in, 15 * kMinute);
  flow.next_start.code->lifetime = 10 * kMinute;
  EXPECT_EQ(start()->expires_in, 10 * kMinute);
}

TEST_P(SignInTest, AProviderThatGivesNoCodeIsAnErrorInOurWords) {
  flow.next_start = DeviceStart{std::nullopt, "Turn on device sign-in first."};
  auto started = start();
  ASSERT_FALSE(started.ok());
  EXPECT_EQ(started.error().code, Code::upstream);
  EXPECT_EQ(started.error().detail, "Turn on device sign-in first.");
  flow.next_start = DeviceStart{};
  EXPECT_NE(start().error().detail.find("ChatGPT"), std::string::npos);
}

TEST_P(SignInTest, GoesFromPendingToAPassThatWorks) {
  flow.will_answer({Answer::pending, Answer::approved});
  std::string id = started_id();
  expect_kind(poll(id), Kind::pending);
  clock.advance(kInterval);
  auto done = poll(id);
  expect_kind(done, Kind::complete);
  expect_works(done->jwt);
  EXPECT_EQ(flow.polls(), 2);
  EXPECT_EQ(credentials(), 1);
}

TEST_P(SignInTest, AsksTheProviderOncePerIntervalHoweverManyPoll) {
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

TEST_P(SignInTest, SlowDownMakesTheIntervalLonger) {
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

TEST_P(SignInTest, ATransientFailureStaysPending) {
  flow.will_answer({Answer::transient, Answer::approved});
  std::string id = started_id();
  expect_kind(poll(id), Kind::pending);
  clock.advance(kInterval);
  expect_kind(poll(id), Kind::complete);
}

TEST_P(SignInTest, ARefusalIsToldInOurWordsToEveryPollerAndTheProviderIsLeftAlone) {
  flow.will_answer({Answer::refused});
  std::string id = started_id();
  for (int i = 0; i < 3; ++i) {
    auto polled = poll(id);
    expect_kind(polled, Kind::failed);
    EXPECT_EQ(polled->problem, "You said no. Sign in again.");
    clock.advance(kInterval);
  }
  EXPECT_EQ(flow.polls(), 1);
  clock.advance(15 * kMinute + 60 * kSecond);
  expect_kind(poll(id), Kind::not_found);
}

TEST_P(SignInTest, ACodeThatExpiresIsExpiredWhoeverNoticesFirst) {
  flow.will_answer({Answer::expired});
  std::string by_provider = started_id();
  expect_kind(poll(by_provider), Kind::expired);
  flow.will_answer({Answer::approved});
  std::string by_us = started_id();
  clock.advance(15 * kMinute);
  expect_kind(poll(by_us), Kind::expired);
  EXPECT_EQ(flow.polls(), 1);
  clock.advance(60 * kSecond - 1);
  expect_kind(poll(by_us), Kind::expired);
  clock.advance(1);
  expect_kind(poll(by_us), Kind::not_found);
}

TEST_P(SignInTest, NobodyElseFindsIt) {
  std::string id = started_id();
  expect_kind(poll("00000000-0000-4000-8000-000000000000"), Kind::not_found);
  expect_kind(poll(""), Kind::not_found);
  expect_kind(poll(std::string(100'000, 'x')), Kind::not_found);
  expect_kind(poll(std::string("\0\xff", 2)), Kind::not_found);
  expect_kind(poll(id, "", "app_2"), Kind::not_found);
  expect_kind(poll(id, "", ""), Kind::not_found);
  EXPECT_EQ(flow.polls(), 0);
}

TEST_P(SignInTest, ThePassCanBeFetchedForSixtySecondsAndIsThenGoneFromTheStore) {
  flow.will_answer({Answer::approved});
  std::string id = started_id();
  auto first = poll(id);
  clock.advance(60 * kSecond - 1);
  auto again = poll(id);
  expect_kind(again, Kind::complete);
  EXPECT_EQ(again->jwt, first->jwt);
  sweep();
  EXPECT_EQ(count("SELECT COUNT(*) FROM pending_sign_ins"), 1);
  clock.advance(1);
  expect_kind(poll(id), Kind::not_found);
  sweep();
  EXPECT_EQ(count("SELECT COUNT(*) FROM pending_sign_ins"), 0);
  expect_works(first->jwt);
}

TEST_P(SignInTest, AVerifierIsNeededWhereAChallengeWasGiven) {
  flow.will_answer({Answer::approved});
  std::string id = started_id(jose::base64url_encode(crypto::sha256(kVerifier)));
  for (std::string wrong : {std::string(), std::string(43, 'w'), std::string(42, 'v'), kVerifier + "v",
                            std::string(129, 'v'), std::string(42, 'v') + "\n"}) {
    expect_kind(poll(id, wrong), Kind::verifier_required);
  }
  EXPECT_EQ(flow.polls(), 0);
  expect_kind(poll(id, kVerifier), Kind::complete);
  expect_kind(poll(id, ""), Kind::verifier_required);
  expect_kind(poll(id, kVerifier), Kind::complete);
}

TEST_P(SignInTest, AVerifierOfTheLengthsAndCharactersOfTheRfcIsTaken) {
  for (std::string verifier : {std::string(43, '~'), std::string(128, '.'), std::string(50, '-') + "_Az09"}) {
    std::string id = started_id(jose::base64url_encode(crypto::sha256(verifier)));
    expect_kind(poll(id, verifier), Kind::pending);
  }
  std::string bad = std::string(43, '!');
  std::string id = started_id(jose::base64url_encode(crypto::sha256(bad)));
  expect_kind(poll(id, bad), Kind::verifier_required);
}

TEST_P(SignInTest, AMalformedChallengeIsRefusedAtTheStart) {
  for (std::string bad :
       {std::string(42, 'a'), std::string(44, 'a'), std::string(42, 'a') + "=", std::string(42, 'a') + "+"}) {
    auto started = start({ProviderId::openai, "app_1", bad});
    ASSERT_FALSE(started.ok());
    EXPECT_EQ(started.error().code, Code::invalid_argument);
  }
}

TEST_P(SignInTest, RacingPollsMakeOneCompletionAndEveryPassHandedOutWorks) {
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

TEST_P(SignInTest, AnotherInstanceCanBePolledAndOnlyOneOfTwoAsks) {
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

TEST_P(SignInTest, SurvivesARestartBetweenStartAndPoll) {
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

TEST_P(SignInTest, WhilePollingIsUnderWayOthersAreToldPendingAtOnce) {
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

TEST_P(SignInTest, AnInstanceThatDiedWhileAskingIsSucceeded) {
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

TEST_P(SignInTest, AStoreThatFailsForAMomentDoesNotLoseTheSignIn) {
  flow.will_answer({Answer::approved});
  std::string id = started_id();
  database.fail_writes(1, 3);  // the claim is stored, then three attempts to store the pass fail
  auto done = poll(id);
  expect_kind(done, Kind::complete);
  expect_works(done->jwt);
  EXPECT_EQ(credentials(), 1);
}

TEST_P(SignInTest, AnApprovalWithoutAccountIsAFailureThatSaysSo) {
  flow.account = "";
  flow.will_answer({Answer::approved});
  auto polled = poll(started_id());
  expect_kind(polled, Kind::failed);
  EXPECT_NE(polled->problem.find("ChatGPT"), std::string::npos);
  EXPECT_EQ(credentials(), 0);
}

TEST_P(SignInTest, AnApprovalThatComesTooLateLeavesNothingBehind) {
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

TEST(StolenDatabase, HoldsNoDeviceCodePassOrSessionId) {
  sql::TemporaryDatabase store(sql::Database::Kind::sqlite);
  testing_support::migrate_or_die(store.get());
  ManualClock clock(kNow);
  RotatingProvider provider(clock);
  ScriptedFlow flow;
  flow.will_answer({Answer::approved});
  jose::HmacKeyRing ring({testing_support::repeated('j')});
  Vault vault(store.get(), clock, crypto::system_random(), provider, testing_support::vault_options());
  SignIns sign_ins(store.get(), clock, crypto::system_random(), vault, flow, ring, "valetkey");
  std::vector<std::string> secrets = {"PLANTED", "ABCD-EFGH"};
  {
    Workers workers;
    for (bool is_polled : {true, false}) {
      SignInStart request;
      std::string id = workers.run<Started>([&] { return sign_ins.start(request); })->session_id;
      secrets.push_back(id);
      if (!is_polled) continue;
      auto done = workers.run<Polled>([&] { return sign_ins.poll(id, "", ""); });
      ASSERT_TRUE(done.ok());
      secrets.push_back(done->jwt.substr(0, 60));
      secrets.push_back(done->jwt.substr(done->jwt.rfind('.')));
    }
  }
  std::string path = store.url();
  if (path.starts_with("sqlite:")) path = path.substr(7);
  std::string everything;
  for (const auto& file : std::filesystem::directory_iterator(std::filesystem::path(path).parent_path())) {
    std::ifstream stream(file.path(), std::ios::binary);
    everything.append(std::istreambuf_iterator<char>(stream), {});
  }
  ASSERT_NE(everything.find("pending_sign_ins"), std::string::npos) << "this looked at the wrong files";
  for (const std::string& secret : secrets) EXPECT_EQ(everything.find(secret), std::string::npos) << secret;
}

}  // namespace
}  // namespace valetkey
