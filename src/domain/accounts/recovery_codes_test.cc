#include "domain/accounts/recovery_codes.h"

#include <algorithm>

#include "domain/accounts/totp_test_support.h"
#include "foundation/base/strings.h"

namespace valetkey::accounts {
namespace {

class RecoveryCodesTest : public TotpTest {};

INSTANTIATE_TEST_SUITE_P(Engines, RecoveryCodesTest, testing::ValuesIn(sql::engines_under_test()),
                         [](const auto& info) { return sql::engine_name(info.param); });

TEST_P(RecoveryCodesTest, TenRecoveryCodesAreInGroupsAndAllDifferent) {
  turn_on(ada);
  ASSERT_EQ(codes.size(), kRecoveryCodes);
  std::vector<std::string> texts;
  for (const Secret& code : codes) {
    EXPECT_EQ(code.size(), 19u);
    EXPECT_EQ(std::count(code.reveal().begin(), code.reveal().end(), '-'), 3);
    texts.emplace_back(code.reveal());
  }
  std::sort(texts.begin(), texts.end());
  EXPECT_EQ(std::unique(texts.begin(), texts.end()), texts.end());
  EXPECT_EQ(codes_left(), 10);
}

TEST_P(RecoveryCodesTest, ARecoveryCodeWorksOnceAsItIsTypedAndGivesTheVaultKey) {
  turn_on(ada);
  std::string typed(codes[3].reveal());
  std::transform(typed.begin(), typed.end(), typed.begin(),
                 [](char c) { return c == '-' ? ' ' : ascii_lower(c); });
  auto recovered = recover(Secret(typed));
  ASSERT_TRUE(recovered.ok());
  ASSERT_TRUE(recovered->has_value());
  EXPECT_TRUE(**recovered == vault_key);
  EXPECT_EQ(codes_left(), 9);
  EXPECT_EQ(code_of(recover(codes[3])), Code::unauthorized);
  EXPECT_EQ(codes_left(), 9);
}

TEST_P(RecoveryCodesTest, ARecoveryCodeOfSomebodyElseOrNoneIsRefused) {
  turn_on(ada);
  EXPECT_EQ(code_of(await_now(totp.use_recovery_code(bob.id, codes[0]))), Code::unauthorized);
  for (std::string bad :
       {std::string(), std::string("AAAA-AAAA-AAAA-AAAA"), std::string(codes[0].reveal().substr(1)),
        std::string(codes[0].reveal()) + "A", std::string(100'000, 'A'), std::string("\0\xff", 2)}) {
    EXPECT_EQ(code_of(recover(Secret(bad))), Code::unauthorized);
  }
  EXPECT_EQ(codes_left(), 10);
}

TEST_P(RecoveryCodesTest, OfManyWhoUseOneRecoveryCodeAtOnceOneIsLetIn) {
  turn_on(ada);
  for (const Secret& code : codes) {
    std::vector<Task<Recovered>> tries;
    for (int i = 0; i < 16; ++i) tries.push_back(totp.use_recovery_code(ada.id, code));
    auto results = await_all(std::move(tries));
    EXPECT_EQ(std::count_if(results.begin(), results.end(), [](const auto& result) { return result.ok(); }),
              1);
  }
  EXPECT_EQ(codes_left(), 0);
}

TEST_P(RecoveryCodesTest, NewRecoveryCodesReplaceTheOld) {
  turn_on(ada);
  auto fresh = await_now(totp.new_recovery_codes(ada.id, std::nullopt));
  ASSERT_TRUE(fresh.ok());
  EXPECT_EQ(codes_left(), 10);
  EXPECT_EQ(code_of(recover(codes[0])), Code::unauthorized);
  auto recovered = recover(fresh->at(0));
  ASSERT_TRUE(recovered.ok());
  EXPECT_FALSE(recovered->has_value()) << "there was no vault key to wrap";
}

TEST_P(RecoveryCodesTest, AVaultKeyThatWasReplacedIsNotGivenOut) {
  turn_on(ada);
  forget_vault_key();
  auto recovered = recover(codes[0]);
  ASSERT_TRUE(recovered.ok());
  EXPECT_FALSE(recovered->has_value());
}

TEST_P(RecoveryCodesTest, AWrapMovedToAnotherCodeDoesNotOpen) {
  turn_on(ada);
  run("UPDATE recovery_codes SET vault_wrap = (SELECT vault_wrap FROM recovery_codes LIMIT 1)");
  int opened = 0;
  for (const Secret& code : codes) {
    auto recovered = recover(code);
    ASSERT_TRUE(recovered.ok());
    opened += recovered->has_value();
  }
  EXPECT_EQ(opened, 1);
}

TEST_P(RecoveryCodesTest, AStolenDatabaseHoldsNoTotpSecretRecoveryCodeOrVaultKey) {
  const Secret secret = turn_on(ada);
  std::vector<std::string> secrets = {std::string(secret.reveal()), *base32_decode(secret.reveal()),
                                      std::string(vault_key.reveal())};
  ASSERT_FALSE(codes.empty());
  for (const Secret& code : codes) {
    secrets.emplace_back(code.reveal());
    secrets.push_back(*base32_decode(code.reveal()));
  }
  const std::string everything =
      testing_support::stolen_bytes(store, {"SELECT * FROM totp", "SELECT * FROM recovery_codes"});
  ASSERT_NE(everything.find(ada.id), std::string::npos) << "this looked at the wrong place";
  for (const std::string& planted : secrets) EXPECT_EQ(everything.find(planted), std::string::npos);
}

}  // namespace
}  // namespace valetkey::accounts
