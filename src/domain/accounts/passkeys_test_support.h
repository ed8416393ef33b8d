// A server with two persons and a browser each, for the tests of passkeys.
#pragma once

#include <memory>
#include <string>

#include "domain/accounts/passkey_authenticator_test_support.h"
#include "domain/accounts/second_factors_test_support.h"

namespace valetkey::accounts {

using Registered = Result<PasskeyRow>;
using SignedIn = Result<PasskeySignIn>;
using Change = SoftwareAuthenticator::Change;

class PasskeysTest : public SecondFactorTest {
 protected:
  static constexpr const char* kBrowser = "browser-cookie-of-ada";

  std::string begin_registration(const Person& person) {
    auto options = await_now(passkeys.begin_registration(person, kBrowser));
    EXPECT_TRUE(options.ok());
    return options.ok() ? *options : "{}";
  }
  std::string begin_sign_in(const std::string& browser = kBrowser) {
    auto options = await_now(passkeys.begin_sign_in(browser));
    EXPECT_TRUE(options.ok());
    return options.ok() ? *options : "{}";
  }
  Registered finish_registration(const Sent& sent, const std::string& name = "Laptop",
                                 std::string browser = kBrowser, std::string person_id = "") {
    auto document = JsonDocument::parse(sent.json());
    EXPECT_TRUE(document.ok());
    if (person_id.empty()) person_id = ada.id;
    return await_now(passkeys.finish_registration(person_id, name, browser, document->root(), vault_key));
  }
  SignedIn finish_sign_in(const Sent& sent, std::string browser = kBrowser,
                          std::optional<UnlockedVault> unlocked = std::nullopt) {
    auto document = JsonDocument::parse(sent.json());
    EXPECT_TRUE(document.ok());
    return await_now(passkeys.finish_sign_in(browser, document->root(), std::move(unlocked)));
  }
  void enroll(SoftwareAuthenticator& authenticator) {
    auto row = finish_registration(authenticator.create(begin_registration(ada)));
    ASSERT_TRUE(row.ok()) << row.error().detail;
  }
  SignedIn sign_in(SoftwareAuthenticator& authenticator, const Change& change = {}) {
    return finish_sign_in(authenticator.get(begin_sign_in(), change));
  }
  Registered enroll_with(const Change& change) {
    SoftwareAuthenticator fresh;
    return finish_registration(fresh.create(begin_registration(ada), change));
  }

  Passkeys passkeys{store.get(), clock, crypto::system_random(), RelyingParty{kRpId, kOrigin, "Valetkey"}};
};

}  // namespace valetkey::accounts
