#include <filesystem>
#include <fstream>
#include <iterator>

#include "domain/sign_in/sign_in_test_support.h"

namespace valetkey {
namespace {

using namespace testing_support;

const std::string kVerifier(43, 'v');

INSTANTIATE_TEST_SUITE_P(Engines, SignInTest, testing::ValuesIn(sql::engines_under_test()),
                         [](const auto& info) { return sql::engine_name(info.param); });

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

TEST_P(SignInTest, AnApprovalWithoutAccountIsAFailureThatSaysSo) {
  flow.account = "";
  flow.will_answer({Answer::approved});
  auto polled = poll(started_id());
  expect_kind(polled, Kind::failed);
  EXPECT_NE(polled->problem.find("ChatGPT"), std::string::npos);
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
