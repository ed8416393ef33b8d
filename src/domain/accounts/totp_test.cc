#include <algorithm>

#include "domain/accounts/totp_test_support.h"

namespace valetkey::accounts {
namespace {

INSTANTIATE_TEST_SUITE_P(Engines, TotpTest, testing::ValuesIn(sql::engines_under_test()),
                         [](const auto& info) { return sql::engine_name(info.param); });

TEST_P(TotpTest, IsOnOnceACodeOfTheNewSecretWasShown) {
  auto setup = await_now(totp.begin(ada));
  ASSERT_TRUE(setup.ok());
  EXPECT_EQ(setup->secret.size(), 32u);
  EXPECT_EQ(setup->otpauth_uri.rfind("otpauth://totp/Valetkey:ada@example.test?secret=", 0), 0u);
  EXPECT_FALSE(*await_now(totp.is_on(ada.id)));
  EXPECT_EQ(code_of(check(code_now(setup->secret))), Code::unauthorized);
  EXPECT_EQ(code_of(await_now(totp.confirm(ada.id, not_the(code_now(setup->secret)), vault_key))),
            Code::invalid_argument);
  EXPECT_FALSE(*await_now(totp.is_on(ada.id)));
  ASSERT_TRUE(await_now(totp.confirm(ada.id, code_now(setup->secret), vault_key)).ok());
  EXPECT_TRUE(*await_now(totp.is_on(ada.id)));
  EXPECT_FALSE(*await_now(totp.is_on(bob.id)));
}

TEST_P(TotpTest, ASetUpEndsAfterAnHourAndIsForOnePerson) {
  auto setup = await_now(totp.begin(ada));
  EXPECT_EQ(code_of(await_now(totp.confirm(bob.id, code_now(setup->secret), vault_key))),
            Code::invalid_argument);
  clock.advance(kHour);
  EXPECT_EQ(code_of(await_now(totp.confirm(ada.id, code_now(setup->secret), vault_key))),
            Code::invalid_argument);
  setup = await_now(totp.begin(ada));
  clock.advance(kHour - 1);
  EXPECT_TRUE(await_now(totp.confirm(ada.id, code_now(setup->secret), vault_key)).ok());
}

TEST_P(TotpTest, BeginningForNobodyIsRefused) {
  EXPECT_EQ(code_of(await_now(totp.begin(Person{"nobody", "x@y.z", true, "", 1}))), Code::not_found);
  EXPECT_EQ(code_of(await_now(totp.new_recovery_codes("nobody", vault_key))), Code::not_found);
}

TEST_P(TotpTest, TheOldSecretWorksUntilTheNewOneIsConfirmed) {
  const Secret old = turn_on(ada);
  auto setup = await_now(totp.begin(ada));
  EXPECT_TRUE(check(code_now(old)).ok());
  clock.advance(kTotpStep);
  ASSERT_TRUE(await_now(totp.confirm(ada.id, code_now(setup->secret), vault_key)).ok());
  clock.advance(kTotpStep);
  EXPECT_EQ(code_of(check(code_now(old))), Code::unauthorized);
  EXPECT_TRUE(check(code_now(setup->secret)).ok());
}

TEST_P(TotpTest, ACodeIsGoodOnceAlsoTheOneOfTheSetUp) {
  auto setup = await_now(totp.begin(ada));
  const std::string first = code_now(setup->secret);
  ASSERT_TRUE(await_now(totp.confirm(ada.id, first, vault_key)).ok());
  EXPECT_EQ(code_of(check(first)), Code::unauthorized);
  const std::string next = code_now(setup->secret, 1);
  EXPECT_TRUE(check(next).ok());
  EXPECT_EQ(code_of(check(next)), Code::unauthorized);
  EXPECT_EQ(code_of(check(code_now(setup->secret, 2))), Code::unauthorized) << "two steps away";
}

TEST_P(TotpTest, OfManyWhoUseOneCodeAtOnceOneIsLetIn) {
  const Secret secret = turn_on(ada);
  for (int round = 0; round < 5; ++round) {
    const std::string code = code_now(secret);
    std::vector<Task<Result<void>>> tries;
    for (int i = 0; i < 32; ++i) tries.push_back(totp.check(ada.id, code));
    auto results = await_all(std::move(tries));
    EXPECT_EQ(std::count_if(results.begin(), results.end(), [](const auto& result) { return result.ok(); }),
              1);
    clock.advance(kTotpMaxWait);  // the others were wrong codes
  }
}

TEST_P(TotpTest, GuessesAreCountedAndTheWaitDoublesUpToItsEnd) {
  const Secret secret = turn_on(ada);
  for (int64_t i = 0; i < kTotpFailuresBeforeWait; ++i) {
    EXPECT_EQ(code_of(check(not_the(code_now(secret)))), Code::unauthorized);
  }
  Millis wait = kTotpFirstWait;
  for (int i = 0; i < 12; ++i) {
    EXPECT_EQ(code_of(check(code_now(secret))), Code::rate_limited) << "not even the right one";
    clock.advance(wait - 1);
    EXPECT_EQ(code_of(check(code_now(secret))), Code::rate_limited);
    clock.advance(1);
    EXPECT_EQ(code_of(check(not_the(code_now(secret)))), Code::unauthorized);
    wait = std::min(2 * wait, kTotpMaxWait);
  }
  clock.advance(kTotpMaxWait);
  EXPECT_TRUE(check(code_now(secret)).ok());
  EXPECT_EQ(code_of(check(not_the(code_now(secret)))), Code::unauthorized) << "counted from the start again";
}

TEST_P(TotpTest, ParallelGuessesAreAllCounted) {
  turn_on(ada);
  std::vector<Task<Result<void>>> tries;
  for (int i = 0; i < 40; ++i) tries.push_back(totp.check(ada.id, "x"));
  auto results = await_all(std::move(tries));
  const auto looked_at = std::count_if(results.begin(), results.end(), [](const auto& result) {
    return code_of(result) == Code::unauthorized;
  });
  EXPECT_EQ(looked_at, kTotpFailuresBeforeWait);
}

TEST_P(TotpTest, WhileOneWaitsARecoveryCodeStillWorks) {
  const Secret secret = turn_on(ada);
  for (int i = 0; i < 10; ++i) (void)check("000000");
  EXPECT_EQ(code_of(check(code_now(secret))), Code::rate_limited);
  EXPECT_TRUE(recover(codes[0]).ok());
}

TEST_P(TotpTest, TurnedOffNothingIsLeft) {
  const Secret secret = turn_on(ada);
  ASSERT_TRUE(await_now(totp.turn_off(ada.id)).ok());
  EXPECT_FALSE(*await_now(totp.is_on(ada.id)));
  EXPECT_EQ(code_of(check(code_now(secret))), Code::unauthorized);
  EXPECT_EQ(code_of(recover(codes[0])), Code::unauthorized);
  EXPECT_EQ(number("SELECT COUNT(*) FROM totp"), 0);
  EXPECT_EQ(number("SELECT COUNT(*) FROM recovery_codes"), 0);
}

TEST_P(TotpTest, ASecretMovedToAnotherRowOrSealedByAnotherKeyIsOurTroubleAndNoWrongCode) {
  const Secret secret = turn_on(ada);
  (void)turn_on(bob);
  Totp other(store.get(), clock, crypto::system_random(), Secret(std::string(32, 't')), "Valetkey");
  EXPECT_EQ(code_of(await_now(other.check(ada.id, code_now(secret)))), Code::store);
  run("UPDATE totp SET sealed = (SELECT sealed FROM totp WHERE person_id = $1) WHERE person_id = $2",
      {ada.id, bob.id});
  EXPECT_EQ(code_of(await_now(totp.check(bob.id, code_now(secret)))), Code::store);
}

TEST_P(TotpTest, TheSealKeyCanBeRotated) {
  const Secret secret = turn_on(ada);
  const Secret old_key(std::string(32, 's')), new_key(std::string(32, 'n'));
  Totp both(store.get(), clock, crypto::system_random(), {new_key, old_key}, "Valetkey");
  Totp only_new(store.get(), clock, crypto::system_random(), new_key, "Valetkey");
  EXPECT_EQ(code_of(await_now(only_new.check(ada.id, code_now(secret)))), Code::store);
  EXPECT_TRUE(await_now(both.check(ada.id, code_now(secret))).ok());
  clock.advance(kTotpStep);
  EXPECT_TRUE(await_now(only_new.check(ada.id, code_now(secret))).ok()) << "moved by the sign-in before";
}

TEST_P(TotpTest, ADeletedPersonTakesEverythingAlong) {
  turn_on(ada);
  run("DELETE FROM persons WHERE id = $1", {ada.id});
  EXPECT_EQ(number("SELECT COUNT(*) FROM totp"), 0);
  EXPECT_EQ(number("SELECT COUNT(*) FROM recovery_codes"), 0);
}

}  // namespace
}  // namespace valetkey::accounts
