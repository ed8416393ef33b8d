// Registering and signing in as browsers do it. What is refused: passkeys_attack_test.cc.
#include "domain/accounts/passkeys_test_support.h"

namespace valetkey::accounts {
namespace {

INSTANTIATE_TEST_SUITE_P(Engines, PasskeysTest, testing::ValuesIn(sql::engines_under_test()),
                         [](const auto& info) { return sql::engine_name(info.param); });

TEST_P(PasskeysTest, EveryAlgorithmWeAskForRegistersAndSignsIn) {
  for (CoseAlgorithm algorithm : kCoseAlgorithms) {
    SoftwareAuthenticator authenticator(algorithm);
    enroll(authenticator);
    for (int i = 0; i < 2; ++i) {
      auto in = sign_in(authenticator);
      ASSERT_TRUE(in.ok()) << static_cast<int64_t>(algorithm) << in.error().detail;
      EXPECT_EQ(in->person_id, ada.id);
      EXPECT_EQ(in->passkey_id, jose::base64url_encode(authenticator.id()));
      EXPECT_FALSE(in->vault_key);
    }
  }
}

TEST_P(PasskeysTest, TheOptionsAskForADiscoverableVerifiedCredentialOfThisPerson) {
  SoftwareAuthenticator present;
  enroll(present);
  auto document = JsonDocument::parse(begin_registration(ada));
  ASSERT_TRUE(document.ok());
  const Json options = document->root();
  EXPECT_EQ(options["rp"]["id"].string(), kRpId);
  EXPECT_EQ(options["rp"]["name"].string(), "Valetkey");
  EXPECT_EQ(jose::base64url_decode(*options["user"]["id"].string()), ada.id);
  EXPECT_EQ(options["user"]["name"].string(), ada.email);
  EXPECT_EQ(options["user"]["displayName"].string(), "Ada");
  EXPECT_EQ(jose::base64url_decode(*options["challenge"].string())->size(), 32u);
  EXPECT_EQ(options["pubKeyCredParams"].size(), 3u);
  EXPECT_EQ(options["pubKeyCredParams"].at(0)["alg"].integer(), -7);
  EXPECT_EQ(options["excludeCredentials"].at(0)["id"].string(), jose::base64url_encode(present.id()));
  EXPECT_EQ(options["authenticatorSelection"]["residentKey"].string(), "required");
  EXPECT_EQ(options["authenticatorSelection"]["userVerification"].string(), "required");
  EXPECT_EQ(options["attestation"].string(), "none");
  auto request = JsonDocument::parse(begin_sign_in());
  ASSERT_TRUE(request.ok());
  EXPECT_EQ((*request)["rpId"].string(), kRpId);
  EXPECT_EQ((*request)["userVerification"].string(), "required");
  EXPECT_EQ((*request)["allowCredentials"].size(), 0u);
  const Json salt = (*request)["extensions"]["prf"]["eval"]["first"];
  EXPECT_EQ(jose::base64url_decode(*salt.string())->size(), 32u);
  EXPECT_EQ(salt.string(), options["extensions"]["prf"]["eval"]["first"].string());
}

TEST_P(PasskeysTest, ThePrfOutputUnlocksTheVault) {
  SoftwareAuthenticator authenticator;
  authenticator.prf_output = std::string(32, 'p');
  auto row = finish_registration(authenticator.create(begin_registration(ada)));
  ASSERT_TRUE(row.ok());
  EXPECT_TRUE(row->unlocks_vault);
  auto in = sign_in(authenticator);
  ASSERT_TRUE(in.ok());
  ASSERT_TRUE(in->vault_key);
  EXPECT_TRUE(*in->vault_key == vault_key);
  for (std::optional<std::string> other : {std::optional<std::string>(), std::optional(std::string(32, 'q')),
                                           std::optional(std::string(31, 'p'))}) {
    authenticator.prf_output = other;
    auto without = sign_in(authenticator);
    ASSERT_TRUE(without.ok()) << "it still says who it is";
    EXPECT_FALSE(without->vault_key);
  }
}

TEST_P(PasskeysTest, APasskeyThatGivesItsPrfOutputLaterUnlocksFromTheNextStepUpOn) {
  SoftwareAuthenticator authenticator;
  enroll(authenticator);
  authenticator.prf_output = std::string(32, 'p');
  EXPECT_FALSE(sign_in(authenticator)->vault_key);
  // Of another person, or a vault key that was replaced: nothing is wrapped.
  const Secret other_key = make_vault_key(crypto::system_random());
  for (const UnlockedVault& unlocked : {UnlockedVault{bob.id, vault_key}, UnlockedVault{ada.id, other_key}}) {
    auto in = finish_sign_in(authenticator.get(begin_sign_in()), kBrowser, unlocked);
    ASSERT_TRUE(in.ok());
    EXPECT_FALSE(in->vault_key);
  }
  EXPECT_FALSE(sign_in(authenticator)->vault_key);
  auto stepped_up =
      finish_sign_in(authenticator.get(begin_sign_in()), kBrowser, UnlockedVault{ada.id, vault_key});
  ASSERT_TRUE(stepped_up.ok());
  EXPECT_TRUE(stepped_up->vault_key == vault_key);
  EXPECT_TRUE(sign_in(authenticator)->vault_key == vault_key);
  EXPECT_TRUE(await_now(passkeys.list(ada.id))->at(0).unlocks_vault);
}

TEST_P(PasskeysTest, AVaultKeyThatWasReplacedIsNotGivenOutAndTheNewOneCanBeWrapped) {
  SoftwareAuthenticator authenticator;
  authenticator.prf_output = std::string(32, 'p');
  enroll(authenticator);
  forget_vault_key();
  EXPECT_FALSE(sign_in(authenticator)->vault_key);
  EXPECT_FALSE(await_now(passkeys.list(ada.id))->at(0).unlocks_vault);
  ASSERT_TRUE(
      finish_sign_in(authenticator.get(begin_sign_in()), kBrowser, UnlockedVault{ada.id, vault_key}).ok());
  EXPECT_TRUE(sign_in(authenticator)->vault_key == vault_key);
}

TEST_P(PasskeysTest, AnyAttestationIsTakenAndNoneIsBelieved) {
  const std::string packed =
      cbor_head(5, 2) + cbor_text("alg") + cbor_int(-7) + cbor_text("sig") + cbor_bytes("lies");
  EXPECT_TRUE(enroll_with([&](Plan& plan) {
                plan.format = "packed";
                plan.statement = packed;
              }).ok());
}

TEST_P(PasskeysTest, ExtensionsInTheAuthenticatorDataAreTaken) {
  SoftwareAuthenticator authenticator;
  const std::string protect = cbor_head(5, 1) + cbor_text("credProtect") + cbor_int(2);
  ASSERT_TRUE(finish_registration(authenticator.create(begin_registration(ada), [&](Plan& plan) {
                plan.extensions = protect;
              })).ok());
  const std::string hmac = cbor_head(5, 1) + cbor_text("hmac-secret") + cbor_bytes(std::string(48, 'h'));
  const std::string both =
      cbor_head(5, 2) + cbor_text("credBlob") + cbor_bytes("") + cbor_text("otherThing") + cbor_int(1);
  for (const std::string& extensions : {hmac, both, cbor_head(5, 0)}) {
    auto in = sign_in(authenticator, [&](Plan& plan) { plan.extensions = extensions; });
    EXPECT_TRUE(in.ok()) << extensions.size();
  }
}

TEST_P(PasskeysTest, ASyncedPasskeySaysSo) {
  SoftwareAuthenticator authenticator;
  enroll(authenticator);
  EXPECT_TRUE(sign_in(authenticator, [](Plan& plan) { plan.flags |= 0x18; }).ok());
  EXPECT_TRUE(sign_in(authenticator, [](Plan& plan) { plan.flags |= 0x08; }).ok());
}

TEST_P(PasskeysTest, AreListedRenamedAndRemovedByTheirOwner) {
  SoftwareAuthenticator first, second;
  enroll(first);
  clock.advance(kMinute);
  enroll(second);
  ASSERT_TRUE(sign_in(first).ok());
  auto rows = await_now(passkeys.list(ada.id));
  ASSERT_TRUE(rows.ok());
  ASSERT_EQ(rows->size(), 2u);
  EXPECT_EQ(rows->at(0).name, "Laptop");
  EXPECT_EQ(rows->at(0).created_at, kTestNow);
  EXPECT_EQ(rows->at(0).last_used_at, kTestNow + kMinute);
  EXPECT_EQ(rows->at(1).last_used_at, 0);
  const std::string id = rows->at(0).id;
  EXPECT_TRUE(*await_now(passkeys.rename(ada.id, id, " Phone ")));
  EXPECT_EQ(await_now(passkeys.list(ada.id))->at(0).name, "Phone");
  EXPECT_FALSE(*await_now(passkeys.rename(bob.id, id, "Mine")));
  EXPECT_FALSE(*await_now(passkeys.remove(bob.id, id)));
  for (std::string bad : {std::string(), std::string("\0\xff", 2), std::string(100'000, 'A'), id + "="}) {
    EXPECT_FALSE(*await_now(passkeys.rename(ada.id, bad, "Mine")));
    EXPECT_FALSE(*await_now(passkeys.remove(ada.id, bad)));
  }
  EXPECT_TRUE(*await_now(passkeys.remove(ada.id, id)));
  EXPECT_FALSE(*await_now(passkeys.remove(ada.id, id)));
  EXPECT_EQ(code_of(sign_in(first)), Code::unauthorized);
  EXPECT_TRUE(sign_in(second).ok());
  EXPECT_TRUE(await_now(passkeys.list(bob.id))->empty());
}

TEST_P(PasskeysTest, NamesHaveALimitAndADefault) {
  SoftwareAuthenticator authenticator;
  auto named = [&](const std::string& name) {
    SoftwareAuthenticator fresh;
    return finish_registration(fresh.create(begin_registration(ada)), name);
  };
  EXPECT_EQ(named("")->name, "Passkey");
  std::string longest;
  for (size_t i = 0; i < kMaxName; ++i) longest += "ü";
  EXPECT_EQ(named(longest)->name, longest);
  for (const std::string& bad :
       {longest + "x", std::string("a\nb"), std::string("\xff"), std::string("a\0b", 3)}) {
    EXPECT_EQ(code_of(named(bad)), Code::invalid_argument);
  }
}

TEST_P(PasskeysTest, APersonHasTwentyAndNotOneMore) {
  for (size_t i = 0; i < kMaxPasskeys; ++i) ASSERT_TRUE(enroll_with({}).ok()) << i;
  EXPECT_EQ(code_of(await_now(passkeys.begin_registration(ada, kBrowser))), Code::invalid_argument);
  EXPECT_TRUE(await_now(passkeys.begin_registration(bob, kBrowser)).ok());
}

TEST_P(PasskeysTest, CredentialIdsUpToTheLimitOfTheStandardAreTaken) {
  SoftwareAuthenticator longest(CoseAlgorithm::ES256, kMaxCredentialId),
      longer(CoseAlgorithm::ES256, kMaxCredentialId + 1);
  enroll(longest);
  EXPECT_TRUE(sign_in(longest).ok());
  EXPECT_EQ(code_of(finish_registration(longer.create(begin_registration(ada)))), Code::invalid_argument);
}

TEST_P(PasskeysTest, OldChallengesAreDeletedAndOnlyThose) {
  (void)begin_sign_in();
  clock.advance(kPasskeyChallengeLifetime - 1);
  (void)begin_registration(ada);
  EXPECT_EQ(*await_now(passkeys.delete_expired()), 0);
  clock.advance(1);
  EXPECT_EQ(*await_now(passkeys.delete_expired()), 1);
  EXPECT_EQ(number("SELECT COUNT(*) FROM passkey_challenges"), 1);
}

TEST_P(PasskeysTest, ADeletedPersonTakesThePasskeysAlong) {
  SoftwareAuthenticator authenticator;
  enroll(authenticator);
  run("DELETE FROM persons WHERE id = $1", {ada.id});
  EXPECT_EQ(number("SELECT COUNT(*) FROM passkeys"), 0);
  EXPECT_EQ(code_of(sign_in(authenticator)), Code::unauthorized);
}

}  // namespace
}  // namespace valetkey::accounts
