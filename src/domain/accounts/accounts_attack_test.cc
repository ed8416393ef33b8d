// Guessers, replayers, racers, and somebody who stole the database.
#include <algorithm>

#include "domain/accounts/accounts_test_support.h"
#include "domain/accounts/base32.h"
#include "domain/accounts/totp_code.h"

namespace valetkey::accounts {
namespace {

using namespace testing_support;

constexpr const char* kWrong = "not-the-password";

class AccountsAttackTest : public AccountsTest {
 protected:
  Task<Result<Secret>> reset_as_task(std::string token) {
    auto done = co_await accounts.reset_password(Secret(token), Secret(std::string("brand-new-password")),
                                                 std::nullopt);
    EXPECT_EQ(word_of(done), "");
    co_return Error{Code::cancelled, "no session", "test"};
  }
};

INSTANTIATE_TEST_SUITE_P(Engines, AccountsAttackTest, testing::ValuesIn(sql::engines_under_test()),
                         [](const auto& info) { return sql::engine_name(info.param); });

TEST_P(AccountsAttackTest, AfterFiveFailuresEachFurtherGuessCostsAWaitThatDoubles) {
  make_account();
  auto guess = [&](int from) { return sign_in(kEmail, kWrong, "198.51.100." + std::to_string(from)); };
  for (int i = 0; i < 5; ++i) EXPECT_EQ(word_of(guess(i)), "wrong_credentials");
  Millis expected = 2 * kSecond;
  for (int i = 5; i < 20; ++i) {
    auto refused = guess(i);
    EXPECT_EQ(word_of(refused), "too_many_attempts");
    EXPECT_EQ(wait_of(refused), expected);
    clock.advance(expected - 1);
    EXPECT_EQ(word_of(guess(i)), "too_many_attempts");
    clock.advance(1);
    EXPECT_EQ(word_of(guess(i)), "wrong_credentials");
    expected = std::min(2 * expected, 15 * kMinute);
  }
}

TEST_P(AccountsAttackTest, ARefusedGuessIsNotEvenHashed) {
  make_account();
  for (int i = 0; i < 5; ++i) (void)sign_in(kEmail, kWrong);
  const Hashings before = accounts.hashings();
  EXPECT_EQ(word_of(sign_in()), "too_many_attempts");
  EXPECT_EQ(accounts.hashings(), before);
}

TEST_P(AccountsAttackTest, AnUnknownAddressIsThrottledLikeAKnownOne) {
  for (int i = 0; i < 5; ++i) EXPECT_EQ(word_of(sign_in("nobody@example.test", kWrong)), "wrong_credentials");
  EXPECT_EQ(word_of(sign_in("nobody@example.test", kWrong)), "too_many_attempts");
}

TEST_P(AccountsAttackTest, ParallelGuessesAreAllCounted) {
  make_account();
  std::vector<Task<AccountResult<PasswordSignIn>>> tasks;
  for (int i = 0; i < 64; ++i) {
    tasks.push_back(
        accounts.sign_in(kEmail, Secret(std::string_view(kWrong)), "198.51.100." + std::to_string(i)));
  }
  int tried = 0;
  for (const auto& result : await_all(std::move(tasks))) tried += word_of(result) == "wrong_credentials";
  EXPECT_EQ(tried, 5);
}

TEST_P(AccountsAttackTest, TwoInstancesCountTogether) {
  make_account();
  auto other_store = store.open_another();
  Accounts other(*other_store, clock, random, hashing, mailbox, totp, account_options());
  for (int i = 0; i < 3; ++i) (void)sign_in(kEmail, kWrong);
  for (int i = 0; i < 2; ++i)
    (void)await_now(other.sign_in(kEmail, Secret(std::string_view(kWrong)), kAddress));
  EXPECT_EQ(word_of(sign_in()), "too_many_attempts");
  EXPECT_EQ(word_of(await_now(other.sign_in(kEmail, Secret(kPassword), kAddress))), "too_many_attempts");
}

TEST_P(AccountsAttackTest, ASuccessForgetsTheAccountsFailures) {
  make_account();
  for (int round = 0; round < 4; ++round) {
    for (int i = 0; i < 4; ++i) {
      EXPECT_EQ(word_of(sign_in(kEmail, kWrong, "198.51.100." + std::to_string(round))), "wrong_credentials");
    }
    EXPECT_EQ(word_of(sign_in(kEmail, kPassword, "192.0.2.200")), "");
  }
}

TEST_P(AccountsAttackTest, OneAddressGuessingAtManyAccountsIsHeldUpAndItsOwnSignInsDoNotHelpIt) {
  make_account("mallory@example.test");
  int tried = 0;
  for (int i = 0; i < 40; ++i) {
    tried += word_of(sign_in("victim" + std::to_string(i) + "@example.test", kWrong)) == "wrong_credentials";
    (void)sign_in("mallory@example.test");
  }
  EXPECT_EQ(tried, 20);
  EXPECT_EQ(word_of(sign_in("mallory@example.test")), "too_many_attempts");
  EXPECT_EQ(word_of(sign_in("mallory@example.test", kPassword, "192.0.2.9")), "") << "from elsewhere";
}

TEST_P(AccountsAttackTest, WhileAGuesserNeverStopsTheOwnerGetsInByALinkAtOnce) {
  make_account();
  for (int i = 0; i < 30; ++i) {
    (void)sign_in(kEmail, kWrong, "198.51.100." + std::to_string(i));
    clock.advance(15 * kMinute);
  }
  (void)sign_in(kEmail, kWrong, "198.51.100.99");
  EXPECT_EQ(word_of(sign_in(kEmail, kPassword)), "too_many_attempts");
  EXPECT_EQ(word_of(forget()), "");
  EXPECT_EQ(word_of(reset(mailbox.token_for(kEmail), "brand-new-password")), "");
  EXPECT_EQ(word_of(sign_in(kEmail, "brand-new-password")), "");
}

TEST_P(AccountsAttackTest, AForgottenPasswordIsAnsweredAlikeForKnownAndUnknown) {
  make_account();
  const size_t letters = mailbox.count();
  const Hashings hashings = accounts.hashings();
  const int64_t links = count("SELECT COUNT(*) FROM account_links");
  EXPECT_EQ(word_of(forget("nobody@example.test")), "");
  EXPECT_EQ(mailbox.count(), letters);
  EXPECT_EQ(count("SELECT COUNT(*) FROM account_links"), links + 1) << "the same work";
  mailbox.is_closed = true;
  EXPECT_EQ(word_of(forget()), "") << "a mail that cannot be sent must not show it";
  mailbox.is_closed = false;
  EXPECT_EQ(word_of(forget()), "");
  EXPECT_EQ(mailbox.count(), letters + 1);
  EXPECT_EQ(accounts.hashings(), hashings);
  EXPECT_EQ(word_of(forget("no address")), "email_invalid");
}

TEST_P(AccountsAttackTest, AMailboxIsNotFloodedAndNobodyIsToldSo) {
  make_account();
  const size_t before = mailbox.count();
  for (int i = 0; i < 15; ++i) EXPECT_EQ(word_of(forget(kEmail, "198.51.100." + std::to_string(i))), "");
  EXPECT_EQ(mailbox.count() - before, 4u) << "five in all, with that of the registration";
  clock.advance(10 * kMinute);
  (void)forget();
  EXPECT_EQ(mailbox.count() - before, 5u);
}

TEST_P(AccountsAttackTest, OneClientCannotMakeUsMailTheWholeWorld) {
  int accepted = 0;
  for (int i = 0; i < 30; ++i) {
    accepted += word_of(forget("victim" + std::to_string(i) + "@example.test")).empty();
  }
  EXPECT_EQ(accepted, 20);
  EXPECT_EQ(word_of(forget(kEmail, "192.0.2.200")), "");
}

TEST_P(AccountsAttackTest, SixtyFourParallelUsesOfOneResetLinkSetOnePassword) {
  make_account();
  (void)forget();
  const std::string token = mailbox.token_for(kEmail);
  std::vector<Task<AccountResult<PasswordSignIn>>> tasks;
  for (int i = 0; i < 64; ++i) {
    tasks.push_back(
        accounts.reset_password(Secret(token), Secret("new-password-" + std::to_string(i)), std::nullopt));
  }
  int winner = -1, granted = 0;
  auto results = await_all(std::move(tasks));
  for (int i = 0; i < 64; ++i) {
    if (!word_of(results[i]).empty()) continue;
    ++granted;
    winner = i;
  }
  ASSERT_EQ(granted, 1);
  auto after = expect_granted(sign_in(kEmail, "new-password-" + std::to_string(winner)));
  EXPECT_TRUE(*after.vault_key == *std::get<PasswordSignIn>(*results[winner]).vault_key);
  EXPECT_EQ(word_of(reset(token, "one-more-password")), "link_expired");
}

TEST_P(AccountsAttackTest, AResetEndsEverySessionAndAllOtherLinksAndSaysThatTheVaultIsNew) {
  auto ada = make_account();
  const Secret stolen = begin_session(ada);
  (void)forget();
  const std::string first = mailbox.token_for(kEmail);
  (void)forget();
  const std::string second = mailbox.token_for(kEmail);
  EXPECT_EQ(word_of(reset(first, "short")), "password_too_short") << "does not spend the link";
  auto done = expect_granted(reset(first, "brand-new-password"));
  EXPECT_TRUE(done.vault_is_new);
  ASSERT_TRUE(done.vault_key);
  EXPECT_FALSE(*done.vault_key == *ada.vault_key);
  EXPECT_FALSE(is_alive(stolen));
  EXPECT_EQ(word_of(reset(second, "yet-another-password")), "link_expired");
  EXPECT_EQ(word_of(sign_in()), "wrong_credentials");
}

TEST_P(AccountsAttackTest, ASecondFactorMustComeInTheSameBrowserSoonAndWithinFiveTries) {
  auto ada = make_account();
  auto setup = await_now(totp.begin(ada.person));
  const std::string raw = *base32_decode(setup->secret.reveal());
  auto code_now = [&] { return totp_code(Secret(raw), clock.now() / kTotpStep); };
  ASSERT_TRUE(await_now(totp.confirm(ada.person.id, code_now(), ada.vault_key)).ok());
  clock.advance(kMinute);
  const Secret browser(std::string(43, 'b')), other(std::string(43, 'o'));
  auto try_code = [&](const Secret& where, const std::string& code) {
    return await_now(accounts.check_second_factor(where, Secret(code), kAddress));
  };
  auto begin = [&] {
    auto half = expect_granted(sign_in());
    EXPECT_TRUE(half.second_factor_needed);
    EXPECT_TRUE(await_now(accounts.await_second_factor(browser, half.person.id, half.vault_key)).ok());
  };
  begin();
  EXPECT_TRUE(*await_now(accounts.is_second_factor_awaited(browser)));
  EXPECT_FALSE(*await_now(accounts.is_second_factor_awaited(other)));
  EXPECT_EQ(word_of(try_code(other, code_now())), "sign_in_required");
  auto done = expect_granted(try_code(browser, code_now()));
  EXPECT_TRUE(*done.vault_key == *ada.vault_key);
  EXPECT_EQ(word_of(try_code(browser, code_now())), "sign_in_required") << "over";

  clock.advance(kMinute);
  begin();
  clock.advance(5 * kMinute);
  EXPECT_EQ(word_of(try_code(browser, code_now())), "sign_in_required");

  begin();
  for (int i = 0; i < 5; ++i) EXPECT_EQ(word_of(try_code(browser, "12345x")), "wrong_code");
  EXPECT_EQ(word_of(try_code(browser, code_now())), "sign_in_required");

  begin();
  (void)forget();
  auto reset_half = expect_granted(reset(mailbox.token_for(kEmail), "brand-new-password"));
  EXPECT_TRUE(reset_half.second_factor_needed) << "the mailbox alone does not sign in";
  EXPECT_EQ(word_of(try_code(browser, code_now())), "sign_in_required") << "rested on the old password";
}

TEST_P(AccountsAttackTest, ARecoveryCodeKeepsTheVaultThroughAResetAndWorksOnce) {
  auto ada = make_account();
  auto setup = await_now(totp.begin(ada.person));
  const std::string raw = *base32_decode(setup->secret.reveal());
  const std::string code = totp_code(Secret(raw), clock.now() / kTotpStep);
  auto codes = await_now(totp.confirm(ada.person.id, code, ada.vault_key));
  ASSERT_TRUE(codes.ok());
  (void)forget();
  const std::string token = mailbox.token_for(kEmail);
  EXPECT_EQ(word_of(reset(token, "brand-new-password", Secret(std::string("AAAA-AAAA-AAAA-AAAA")))),
            "wrong_code");
  auto done = expect_granted(reset(token, "brand-new-password", codes->at(3)));
  EXPECT_FALSE(done.second_factor_needed);
  EXPECT_FALSE(done.vault_is_new);
  EXPECT_TRUE(*done.vault_key == *ada.vault_key);
  clock.advance(10 * kMinute);
  (void)forget();
  EXPECT_EQ(word_of(reset(mailbox.token_for(kEmail), "yet-another-password", codes->at(3))), "wrong_code");
}

TEST_P(AccountsAttackTest, OfParallelChangesOnlyOneReplacesThePasswordTheyAllSaw) {
  auto ada = make_account();
  std::vector<Task<AccountResult<Unit>>> changes;
  for (int i = 0; i < 8; ++i) {
    changes.push_back(accounts.change_password(ada.person.id, Secret(kPassword),
                                               Secret("changed-password-" + std::to_string(i)), std::nullopt,
                                               kAddress));
  }
  int changed = 0;
  for (const auto& result : await_all(std::move(changes))) changed += word_of(result).empty();
  EXPECT_EQ(changed, 1);
}

TEST_P(AccountsAttackTest, ASignInUnderWayDuringAResetComesToNothing) {
  make_account();
  auto under_way = expect_granted(sign_in());
  (void)forget();
  auto after = expect_granted(reset(mailbox.token_for(kEmail), "brand-new-password"));
  auto begin = [&](const PasswordSignIn& by) {
    return await_now(sessions.begin(by.person.id, {"pwd"}, by.vault_key, {"test", kAddress}, std::nullopt,
                                    by.password_stamp));
  };
  auto late = begin(under_way);
  ASSERT_FALSE(late.ok());
  EXPECT_EQ(late.error().code, Code::unauthorized);
  auto waiting = await_now(accounts.await_second_factor(Secret(std::string(43, 'b')), under_way.person.id,
                                                        under_way.vault_key, under_way.password_stamp));
  ASSERT_FALSE(waiting.ok());
  EXPECT_EQ(waiting.error().code, Code::unauthorized);
  EXPECT_TRUE(begin(after).ok());
  EXPECT_TRUE(begin(expect_granted(sign_in(kEmail, "brand-new-password"))).ok());
}

TEST_P(AccountsAttackTest, OfSignInsRacingAResetNoSessionSurvives) {
  for (int round = 0; round < 10; ++round) {
    const std::string email = "ada" + std::to_string(round) + "@example.test";
    auto ada = make_account(email);
    auto stale = expect_granted(sign_in(email));
    (void)forget(email, "192.0.2." + std::to_string(round));
    const std::string token = mailbox.token_for(email);
    std::vector<Task<Result<Secret>>> races;
    for (int i = 0; i < 8; ++i) {
      races.push_back(sessions.begin(ada.person.id, {"pwd"}, stale.vault_key, {"test", kAddress},
                                     std::nullopt, stale.password_stamp));
      if (i == 3) races.push_back(reset_as_task(token));
    }
    int alive = 0;
    for (const auto& cookie : await_all(std::move(races))) alive += cookie.ok() && is_alive(*cookie);
    EXPECT_EQ(alive, 0);
  }
}

TEST_P(AccountsAttackTest, AStolenDatabaseShowsNoPasswordTokenCookieOrVaultKey) {
  (void)register_person("waiting@example.test", "planted-password-waiting");
  const std::string waiting = mailbox.token_for("waiting@example.test");
  auto ada = make_account();
  const Secret cookie = begin_session(ada);
  const Secret browser(std::string("planted-browser-cookie-of-forty-three-chars"));
  ASSERT_TRUE(await_now(accounts.await_second_factor(browser, ada.person.id, ada.vault_key)).ok());
  (void)forget();
  (void)sign_in("planted-password-typed-as-address", "planted-password-wrong");
  std::vector<std::string> secrets{kPassword,
                                   "planted-password-waiting",
                                   "planted-password-typed-as-address",
                                   "planted-password-wrong",
                                   waiting,
                                   mailbox.token_for(kEmail),
                                   std::string(cookie.reveal()),
                                   std::string(browser.reveal()),
                                   std::string(ada.vault_key->reveal())};
  std::string everything = dump();
  ASSERT_NE(everything.find(kEmail), std::string::npos) << "this looked at the wrong place";
  for (const std::string& secret : secrets) {
    ASSERT_GE(secret.size(), 16u);
    EXPECT_EQ(everything.find(secret), std::string::npos);
  }
}

}  // namespace
}  // namespace valetkey::accounts
