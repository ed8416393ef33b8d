// What the tests of sign-in share: a provider that answers what the test says, and a server with a store and
// workers.
#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <mutex>
#include <string>
#include <vector>

#include "domain/sign_in/sign_in.h"
#include "domain/vault/vault_test_support.h"
#include "foundation/crypto/crypto.h"
#include "tests/support/sql/temporary_database.h"

namespace valetkey::testing_support {

using Started = Result<StartedSignIn>;
using Polled = Result<SignInState>;
using Kind = SignInState::Kind;
using Answer = DevicePoll::Kind;

constexpr Millis kInterval = 5 * kSecond;

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
  SignInTest() { migrate_or_die(store.get()); }

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
  jose::HmacKeyRing ring{{repeated('j')}};
  Vault vault{database, clock, crypto::system_random(), provider, vault_options()};
  SignIns sign_ins{database, clock, crypto::system_random(), vault, flow, ring, "valetkey"};
  Workers workers;
};

inline void expect_kind(const Polled& polled, Kind kind) {
  ASSERT_TRUE(polled.ok()) << polled.error().detail;
  EXPECT_EQ(static_cast<int>(polled->kind), static_cast<int>(kind));
}

}  // namespace valetkey::testing_support
