#include "domain/accounts/accounts_test_support.h"

namespace valetkey::accounts {
namespace {

using namespace testing_support;

INSTANTIATE_TEST_SUITE_P(Engines, AccountsTest, testing::ValuesIn(sql::engines_under_test()),
                         [](const auto& info) { return sql::engine_name(info.param); });

TEST_P(AccountsTest, AnAccountExistsOnceTheMailedLinkWasOpened) {
  EXPECT_EQ(word_of(register_person(" Ada@Example.TEST ")), "");
  EXPECT_EQ(word_of(sign_in()), "wrong_credentials");
  ASSERT_EQ(mailbox.count(), 1u);
  EXPECT_EQ(mailbox.last().to, kEmail);
  EXPECT_NE(mailbox.last().text.find("https://valetkey.test/verify-email#token="), std::string::npos);
  auto verified = expect_granted(verify(mailbox.token_for(kEmail)));
  EXPECT_EQ(verified.person.email, kEmail);
  EXPECT_EQ(verified.person.name, "Ada");
  ASSERT_TRUE(verified.vault_key);
  auto signed_in = expect_granted(sign_in());
  EXPECT_EQ(signed_in.person.id, verified.person.id);
  ASSERT_TRUE(signed_in.vault_key);
  EXPECT_TRUE(*signed_in.vault_key == *verified.vault_key);
  EXPECT_FALSE(signed_in.second_factor_needed);
}

TEST_P(AccountsTest, RegistersOnlyWithAnAddressANameAndAPasswordThatWillDo) {
  EXPECT_EQ(word_of(register_person("no address")), "email_invalid");
  EXPECT_EQ(word_of(register_person(kEmail, "elevenchars")), "password_too_short");
  EXPECT_EQ(word_of(register_person(kEmail, std::string(257, 'x') + "y")), "password_too_long");
  EXPECT_EQ(word_of(register_person(kEmail, "Password123456")), "password_too_common");
  const std::string long_name(101, 'n');
  EXPECT_EQ(word_of(await_now(accounts.register_person(kEmail, Secret(kPassword), long_name))),
            "invalid_request");
  EXPECT_EQ(mailbox.count(), 0u);
  EXPECT_EQ(accounts.hashings(), Hashings{});
}

TEST_P(AccountsTest, AKnownAddressGetsTheSameAnswerTheSameWorkAndAMailToItsOwner) {
  make_account();
  const uint64_t before = accounts.hashings().argon2id;
  EXPECT_EQ(word_of(register_person("new@example.test")), "");
  const uint64_t for_new = accounts.hashings().argon2id - before;
  const int64_t links = count("SELECT COUNT(*) FROM account_links");
  EXPECT_EQ(word_of(register_person(kEmail, "another-password-of-mallory")), "");
  EXPECT_EQ(accounts.hashings().argon2id - before, 2 * for_new);
  EXPECT_EQ(count("SELECT COUNT(*) FROM account_links"), links + 1);
  EXPECT_EQ(mailbox.last().to, kEmail);
  EXPECT_EQ(mailbox.last().text.find("#token="), std::string::npos);
  EXPECT_EQ(word_of(sign_in(kEmail, "another-password-of-mallory")), "wrong_credentials");
  EXPECT_EQ(word_of(sign_in()), "");
}

TEST_P(AccountsTest, OfSeveralRegistrationsTheFirstOpenedLinkWins) {
  (void)register_person(kEmail, "first-password-of-ada");
  const std::string first = mailbox.token_for(kEmail);
  (void)register_person(kEmail, "second-password-of-ada");
  const std::string second = mailbox.token_for(kEmail);
  EXPECT_EQ(word_of(verify(second)), "");
  EXPECT_EQ(word_of(verify(first)), "link_expired");
  EXPECT_EQ(word_of(sign_in(kEmail, "second-password-of-ada")), "");
  EXPECT_EQ(count("SELECT COUNT(*) FROM persons"), 1);
}

TEST_P(AccountsTest, ALinkWorksOnceAndForAnHour) {
  (void)register_person();
  const std::string token = mailbox.token_for(kEmail);
  clock.advance(kHour - 1);
  EXPECT_EQ(word_of(verify(token)), "");
  EXPECT_EQ(word_of(verify(token)), "link_expired");
  (void)register_person("bob@example.test");
  clock.advance(kHour);
  EXPECT_EQ(word_of(verify(mailbox.token_for("bob@example.test"))), "link_expired");
  EXPECT_EQ(word_of(verify("")), "link_expired");
  EXPECT_EQ(word_of(verify(std::string(43, 'A'))), "link_expired");
}

TEST_P(AccountsTest, SixtyFourParallelOpeningsOfOneLinkMakeOneAccount) {
  (void)register_person();
  const std::string token = mailbox.token_for(kEmail);
  std::vector<Task<AccountResult<PasswordSignIn>>> tasks;
  for (int i = 0; i < 64; ++i) tasks.push_back(accounts.verify_email(Secret(token)));
  int granted = 0;
  for (const auto& result : await_all(std::move(tasks))) granted += word_of(result).empty();
  EXPECT_EQ(granted, 1);
  EXPECT_EQ(count("SELECT COUNT(*) FROM persons"), 1);
}

TEST_P(AccountsTest, ALinkOfOneKindIsNoGoodForAnother) {
  make_account();
  (void)forget();
  const std::string reset_token = mailbox.token_for(kEmail);
  EXPECT_EQ(word_of(verify(reset_token)), "link_expired");
  (void)register_person("bob@example.test");
  const std::string verify_token = mailbox.token_for("bob@example.test");
  EXPECT_EQ(word_of(reset(verify_token, "brand-new-password")), "link_expired");
  EXPECT_EQ(word_of(verify(verify_token)), "");
  EXPECT_EQ(word_of(reset(reset_token, "brand-new-password")), "");
}

TEST_P(AccountsTest, WrongAndUnknownAreAnsweredAlikeWithTheSameWork) {
  make_account();
  const Hashings before = accounts.hashings();
  auto wrong = sign_in(kEmail, "not-the-password");
  const Hashings for_wrong = accounts.hashings() - before;
  auto unknown = sign_in("nobody@example.test", "not-the-password");
  auto no_address = sign_in("' OR 1=1 --", "not-the-password");
  EXPECT_EQ(for_wrong, (Hashings{.argon2id = 1}));
  EXPECT_EQ(accounts.hashings() - before, (Hashings{.argon2id = 3}));
  const auto& first = std::get<AccountProblem>(*wrong);
  for (const auto* other : {&unknown, &no_address}) {
    EXPECT_EQ(std::get<AccountProblem>(**other).code, first.code);
    EXPECT_EQ(std::get<AccountProblem>(**other).sentence, first.sentence);
  }
}

TEST_P(AccountsTest, PasswordsAtAndBeyondTheirLimitsAreOnlyWrong) {
  make_account();
  EXPECT_EQ(word_of(sign_in(kEmail, "")), "wrong_credentials");
  EXPECT_EQ(word_of(sign_in(kEmail, std::string(100'000, 'x'))), "wrong_credentials");
  EXPECT_EQ(word_of(sign_in(kEmail, kPassword + std::string(1, '\0'))), "wrong_credentials");
  EXPECT_EQ(word_of(sign_in(kEmail, "\xff\xfe")), "wrong_credentials");
  const std::string longest = std::string(128, 'a') + std::string(128, 'b');
  make_account("bob@example.test", longest);
  EXPECT_EQ(word_of(sign_in("bob@example.test", longest)), "");
}

TEST_P(AccountsTest, AFullHashingQueueIsUnavailableAndCountsAgainstNobody) {
  make_account();
  net::BlockingPool full(1, 0);
  Accounts busy(store.get(), clock, random, full, mailbox, totp, account_options());
  int refused = 0;
  for (int round = 0; round < 10; ++round) {
    std::vector<Task<AccountResult<PasswordSignIn>>> tasks;
    for (int i = 0; i < 3; ++i) tasks.push_back(busy.sign_in(kEmail, Secret(kPassword), kAddress));
    for (const auto& result : await_all(std::move(tasks))) {
      if (result.ok()) continue;
      EXPECT_EQ(result.error().code, Code::unavailable);
      ++refused;
    }
  }
  EXPECT_GT(refused, 0);
  EXPECT_EQ(word_of(sign_in()), "");
}

TEST_P(AccountsTest, AChangedPasswordKeepsTheVaultKeyAndEndsAllOtherSessions) {
  auto ada = make_account();
  const Secret here = begin_session(ada), elsewhere = begin_session(ada);
  (void)forget();
  const std::string old_link = mailbox.token_for(kEmail);
  const std::string here_id = await_now(sessions.find(here))->id;
  auto change = [&](const std::string& current, const std::string& password) {
    return await_now(accounts.change_password(ada.person.id, Secret(current), Secret(password), std::nullopt,
                                              kAddress, here_id));
  };
  EXPECT_EQ(word_of(change("not-the-password", "brand-new-password")), "wrong_credentials");
  EXPECT_EQ(word_of(change(kPassword, "short")), "password_too_short");
  EXPECT_TRUE(is_alive(elsewhere));
  EXPECT_EQ(word_of(change(kPassword, "brand-new-password")), "");
  EXPECT_TRUE(is_alive(here));
  EXPECT_FALSE(is_alive(elsewhere));
  EXPECT_EQ(word_of(sign_in()), "wrong_credentials");
  auto after = expect_granted(sign_in(kEmail, "brand-new-password"));
  ASSERT_TRUE(after.vault_key);
  EXPECT_TRUE(*after.vault_key == *ada.vault_key);
  EXPECT_TRUE(await_now(sessions.find(here))->vault_key);
  EXPECT_EQ(word_of(reset(old_link, "yet-another-password")), "link_expired");
  EXPECT_NE(mailbox.last().subject.find("was changed"), std::string::npos);
}

TEST_P(AccountsTest, AChangedAddressIsConfirmedWhereItsPersonIsSignedIn) {
  auto ada = make_account();
  (void)forget();
  const std::string old_reset = mailbox.token_for(kEmail);
  EXPECT_EQ(word_of(await_now(accounts.change_email(ada.person.id, "Ada@New.test"))), "");
  const std::string token = mailbox.token_for("ada@new.test");
  EXPECT_EQ(mailbox.last().to, kEmail);
  EXPECT_NE(mailbox.last().text.find("ada@new.test"), std::string::npos);
  EXPECT_EQ(word_of(verify(token)), "sign_in_required");
  EXPECT_EQ(word_of(verify(token, "somebody-else")), "sign_in_required");
  EXPECT_EQ(await_now(accounts.find(ada.person.id))->email, kEmail);
  EXPECT_EQ(expect_granted(verify(token, ada.person.id)).person.email, "ada@new.test");
  EXPECT_EQ(word_of(verify(token, ada.person.id)), "link_expired");
  EXPECT_EQ(word_of(sign_in("ada@new.test")), "");
  EXPECT_EQ(word_of(sign_in(kEmail)), "wrong_credentials");
  EXPECT_EQ(word_of(reset(old_reset, "brand-new-password")), "link_expired") << "sent to the old address";
}

TEST_P(AccountsTest, AnotherPersonsAddressCannotBeTakenNorRecognized) {
  auto ada = make_account();
  make_account("bob@example.test");
  EXPECT_EQ(word_of(await_now(accounts.change_email(ada.person.id, "bob@example.test"))), "");
  for (const Letter& letter : mailbox.letters()) {
    if (letter.to == "bob@example.test") EXPECT_EQ(letter.text.find("new e-mail"), std::string::npos);
  }
  // Taken after the link was sent.
  EXPECT_EQ(word_of(await_now(accounts.change_email(ada.person.id, "eve@example.test"))), "");
  const std::string token = mailbox.token_for("eve@example.test");
  run("INSERT INTO persons (id, email, name, password_hash, password_wrap, vault_id, created_at, updated_at)"
      " VALUES ('eve', 'eve@example.test', '', '', $1, '', 1, 1)",
      {sql::Blob{}});
  EXPECT_EQ(word_of(verify(token, ada.person.id)), "link_expired");
  EXPECT_EQ(word_of(await_now(accounts.change_email(ada.person.id, kEmail))), "email_invalid");
}

TEST_P(AccountsTest, ANameMayBeAnythingReadableOfAHundredCharacters) {
  auto ada = make_account();
  auto rename = [&](const std::string& name) { return await_now(accounts.rename(ada.person.id, name)); };
  std::string hundred;
  for (int i = 0; i < 100; ++i) hundred += "\xc3\xa4";
  ASSERT_TRUE(rename(hundred).ok());
  EXPECT_EQ(await_now(accounts.find(ada.person.id))->name, hundred);
  EXPECT_TRUE(rename("").ok());
  EXPECT_TRUE(rename("'; DROP TABLE persons; --").ok());
  for (const std::string& bad :
       {hundred + "x", std::string("a\nb"), std::string("a\0b", 3), std::string("\xff")}) {
    auto refused = rename(bad);
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().code, Code::invalid_argument);
  }
  auto gone = await_now(accounts.rename("nobody", "x"));
  ASSERT_FALSE(gone.ok());
  EXPECT_EQ(gone.error().code, Code::not_found);
}

TEST_P(AccountsTest, ADeletedAccountLeavesNothingBehind) {
  auto ada = make_account();
  const Secret cookie = begin_session(ada);
  (void)forget();
  (void)await_now(accounts.await_second_factor(Secret(std::string(43, 'b')), ada.person.id, ada.vault_key));
  ASSERT_TRUE(await_now(totp.begin(ada.person)).ok());
  bool also_ran = false;
  auto failing = await_now(accounts.delete_account(ada.person.id, [](sql::Transaction&) -> Result<void> {
    return Error{Code::store, "no", "test"};
  }));
  EXPECT_FALSE(failing.ok());
  EXPECT_TRUE(is_alive(cookie)) << "all or nothing";
  auto gone = await_now(accounts.delete_account(ada.person.id, [&](sql::Transaction&) -> Result<void> {
    also_ran = true;
    return {};
  }));
  ASSERT_TRUE(gone.ok()) << gone.error().detail;
  EXPECT_TRUE(also_ran);
  EXPECT_FALSE(is_alive(cookie));
  EXPECT_EQ(word_of(sign_in()), "wrong_credentials");
  for (const char* table : {"SELECT COUNT(*) FROM persons", "SELECT COUNT(*) FROM browser_sessions",
                            "SELECT COUNT(*) FROM awaited_factors", "SELECT COUNT(*) FROM totp",
                            "SELECT COUNT(*) FROM account_links"}) {
    EXPECT_EQ(count(table), 0) << table;
  }
  EXPECT_EQ(await_now(accounts.delete_account(ada.person.id, nullptr)).error().code, Code::not_found);
  make_account();  // the address is free again
}

TEST_P(AccountsTest, SweepsWhatIsOver) {
  const auto person = make_account();
  (void)register_person("bob@example.test");
  (void)forget();
  (void)forget("nobody@example.test");
  (void)sign_in(kEmail, "not-the-password");
  (void)await_now(accounts.await_second_factor(Secret(std::string(43, 'b')), person.person.id, std::nullopt));
  clock.advance(2 * kDay);
  EXPECT_TRUE(await_now(accounts.delete_expired()).ok());
  for (const char* table : {"SELECT COUNT(*) FROM account_links", "SELECT COUNT(*) FROM account_throttles",
                            "SELECT COUNT(*) FROM awaited_factors"}) {
    EXPECT_EQ(count(table), 0) << table;
  }
  EXPECT_EQ(word_of(sign_in()), "");
}

}  // namespace
}  // namespace valetkey::accounts
