// A server's TOTP with two persons, for the tests of codes and of recovery codes.
#pragma once

#include <string>
#include <vector>

#include "domain/accounts/base32.h"
#include "domain/accounts/recovery_codes.h"
#include "domain/accounts/second_factors_test_support.h"
#include "domain/accounts/totp_code.h"

namespace valetkey::accounts {

using Recovered = Result<std::optional<Secret>>;

class TotpTest : public SecondFactorTest {
 protected:
  std::string code_now(const Secret& secret, int64_t steps_away = 0) {
    return totp_code(Secret(*base32_decode(secret.reveal())), clock.now() / kTotpStep + steps_away);
  }
  // The secret, with TOTP on; the clock is one step further, so that the next code is a fresh one.
  Secret turn_on(const Person& person) {
    auto setup = await_now(totp.begin(person));
    EXPECT_TRUE(setup.ok());
    auto confirmed = await_now(totp.confirm(person.id, code_now(setup->secret), vault_key));
    EXPECT_TRUE(confirmed.ok());
    if (confirmed.ok()) codes = *confirmed;
    clock.advance(kTotpStep);
    return setup->secret;
  }
  Result<void> check(const std::string& code) { return await_now(totp.check(ada.id, code)); }
  Recovered recover(const Secret& code) { return await_now(totp.use_recovery_code(ada.id, code)); }
  int64_t codes_left() { return *await_now(totp.recovery_codes_left(ada.id)); }
  static std::string not_the(const std::string& code) { return code == "000000" ? "000001" : "000000"; }

  Totp totp{store.get(), clock, crypto::system_random(), Secret(std::string(32, 's')), "Valetkey"};
  std::vector<Secret> codes;
};

}  // namespace valetkey::accounts
