// Everything that must be refused, one wrong thing at a time.
#include <algorithm>

#include "domain/accounts/passkeys_test_support.h"

namespace valetkey::accounts {
namespace {

class PasskeysAttackTest : public PasskeysTest {
 protected:
  void expect_refused(const char* what, const Change& change) {
    EXPECT_EQ(code_of(sign_in(authenticator, change)), Code::unauthorized) << what;
    EXPECT_TRUE(sign_in(authenticator).ok()) << "refused for another reason than " << what;
  }
  void expect_not_added(const char* what, const Change& change) {
    EXPECT_EQ(code_of(enroll_with(change)), Code::invalid_argument) << what;
    EXPECT_TRUE(enroll_with({}).ok()) << "refused for another reason than " << what;
    run("DELETE FROM passkeys");
  }
  SoftwareAuthenticator authenticator;
};

INSTANTIATE_TEST_SUITE_P(Engines, PasskeysAttackTest, testing::ValuesIn(sql::engines_under_test()),
                         [](const auto& info) { return sql::engine_name(info.param); });

TEST_P(PasskeysAttackTest, ASignInNeedsTheRightClientData) {
  enroll(authenticator);
  expect_refused("type", [](Plan& plan) { plan.type = "webauthn.create"; });
  expect_refused("no type", [](Plan& plan) { plan.type = ""; });
  for (const char* origin : {"https://evil.example", "https://valet.example.evil",
                             "https://valet.example:8443", "http://valet.example", "https://valet.example/",
                             "https://VALET.example", "", "https://a.valet.example"}) {
    expect_refused(origin, [&](Plan& plan) { plan.origin = origin; });
  }
  for (const char* more : {R"(,"crossOrigin":true)", R"(,"crossOrigin":"false")", R"(,"crossOrigin":null)",
                           R"(,"crossOrigin":false,"topOrigin":"https://evil.example")"}) {
    expect_refused(more, [&](Plan& plan) { plan.more_client_data = more; });
  }
  EXPECT_TRUE(
      sign_in(authenticator, [](Plan& plan) { plan.more_client_data = R"(,"crossOrigin":false)"; }).ok());
  expect_refused("another challenge",
                 [](Plan& plan) { plan.challenge = jose::base64url_encode(std::string(32, 'c')); });
  expect_refused("no challenge", [](Plan& plan) { plan.challenge = ""; });
  expect_refused("a challenge cut short", [](Plan& plan) { plan.challenge.resize(40); });
}

TEST_P(PasskeysAttackTest, ASignInNeedsTheRightAuthenticatorData) {
  enroll(authenticator);
  expect_refused("another relying party", [](Plan& plan) { plan.rp_id = "evil.example"; });
  expect_refused("nobody present", [](Plan& plan) { plan.flags = 0x04; });
  expect_refused("nobody verified", [](Plan& plan) { plan.flags = 0x01; });
  expect_refused("no flag at all", [](Plan& plan) { plan.flags = 0; });
  expect_refused("backed up, yet not eligible", [](Plan& plan) { plan.flags = 0x15; });
  expect_refused("a credential that is not there", [](Plan& plan) { plan.flags = 0x45; });
  expect_refused("extensions that are not there", [](Plan& plan) { plan.flags = 0x85; });
  expect_refused("bytes left over", [](Plan& plan) { plan.trailing = "x"; });
  const std::string attested =
      std::string(16, 'a') + big_endian_bytes(4, 2) + "abcd" + authenticator.cose_key();
  expect_refused("a new credential in an assertion", [&](Plan& plan) {
    plan.flags = 0x45;
    plan.trailing = attested;
  });
}

TEST_P(PasskeysAttackTest, EveryByteThatWasSignedCounts) {
  enroll(authenticator);
  auto expect_all_bytes_count = [&](const char* what, std::string Sent::*member) {
    const size_t size = (authenticator.get(begin_sign_in()).*member).size();
    for (size_t i = 0; i < size; ++i) {
      Sent sent = authenticator.get(begin_sign_in());
      if (i >= (sent.*member).size()) continue;  // DER differs in length
      (sent.*member)[i] ^= 1;
      EXPECT_EQ(code_of(finish_sign_in(sent)), Code::unauthorized) << what << " byte " << i;
    }
  };
  expect_all_bytes_count("authenticator data", &Sent::authenticator_data);
  expect_all_bytes_count("signature", &Sent::signature);
  expect_all_bytes_count("client data", &Sent::client_data);
  expect_all_bytes_count("credential id", &Sent::id);
  expect_all_bytes_count("user handle", &Sent::user_handle);
  EXPECT_TRUE(sign_in(authenticator).ok());
}

TEST_P(PasskeysAttackTest, NothingMayBeMissingOrTooLarge) {
  enroll(authenticator);
  for (std::string Sent::*member :
       {&Sent::authenticator_data, &Sent::signature, &Sent::user_handle, &Sent::id}) {
    for (const std::string& wrong : {std::string(), std::string(100'000, 'x')}) {
      Sent sent = authenticator.get(begin_sign_in());
      sent.*member = wrong;
      EXPECT_EQ(code_of(finish_sign_in(sent)), Code::unauthorized);
    }
  }
  for (const char* text :
       {"null", "[]", "{}", "\"x\"", R"({"type":"public-key"})", R"({"type":"public-key","id":"!"})",
        R"({"type":"public-key","id":"AAAA","rawId":"BBBB","response":{}})",
        R"({"type":"public-key","id":"AAAA","response":{"clientDataJSON":7}})"}) {
    auto document = JsonDocument::parse(text);
    ASSERT_TRUE(document.ok());
    EXPECT_EQ(code_of(await_now(passkeys.finish_sign_in(kBrowser, document->root()))), Code::unauthorized)
        << text;
    EXPECT_EQ(
        code_of(await_now(passkeys.finish_registration(ada.id, "", kBrowser, document->root(), vault_key))),
        Code::invalid_argument)
        << text;
  }
}

TEST_P(PasskeysAttackTest, AnotherKeyOrAnotherPersonsPasskeyDoesNotSignIn) {
  enroll(authenticator);
  SoftwareAuthenticator stranger;
  stranger.user_handle = ada.id;
  EXPECT_EQ(code_of(sign_in(stranger)), Code::unauthorized) << "not registered";
  Sent forged = stranger.get(begin_sign_in());
  forged.id = authenticator.id();
  EXPECT_EQ(code_of(finish_sign_in(forged)), Code::unauthorized) << "signed by another key";
  authenticator.user_handle = bob.id;
  EXPECT_EQ(code_of(sign_in(authenticator)), Code::unauthorized) << "says it is somebody else's";
}

TEST_P(PasskeysAttackTest, AChallengeIsGoodOnceInItsBrowserForFiveMinutes) {
  enroll(authenticator);
  Sent sent = authenticator.get(begin_sign_in());
  EXPECT_TRUE(finish_sign_in(sent).ok());
  EXPECT_EQ(code_of(finish_sign_in(sent)), Code::unauthorized) << "replayed";
  sent = authenticator.get(begin_sign_in());
  EXPECT_EQ(code_of(finish_sign_in(sent, "another browser")), Code::unauthorized);
  EXPECT_TRUE(finish_sign_in(sent).ok()) << "a stranger must not be able to spend it";
  sent = authenticator.get(begin_sign_in());
  clock.advance(kPasskeyChallengeLifetime - 1);
  EXPECT_TRUE(finish_sign_in(sent).ok());
  sent = authenticator.get(begin_sign_in());
  clock.advance(kPasskeyChallengeLifetime);
  EXPECT_EQ(code_of(finish_sign_in(sent)), Code::unauthorized) << "too late";
}

TEST_P(PasskeysAttackTest, AFailedTrySpendsTheChallenge) {
  enroll(authenticator);
  const std::string options = begin_sign_in();
  Sent wrong = authenticator.get(options);
  wrong.signature.back() ^= 1;
  EXPECT_EQ(code_of(finish_sign_in(wrong)), Code::unauthorized);
  EXPECT_EQ(code_of(finish_sign_in(authenticator.get(options))), Code::unauthorized);
}

TEST_P(PasskeysAttackTest, OfManyReplaysAtOnceOneSignsIn) {
  enroll(authenticator);
  for (int round = 0; round < 5; ++round) {
    auto document = JsonDocument::parse(authenticator.get(begin_sign_in()).json());
    std::vector<Task<SignedIn>> tries;
    for (int i = 0; i < 32; ++i) tries.push_back(passkeys.finish_sign_in(kBrowser, document->root()));
    auto results = await_all(std::move(tries));
    EXPECT_EQ(std::count_if(results.begin(), results.end(), [](const auto& result) { return result.ok(); }),
              1);
  }
}

TEST_P(PasskeysAttackTest, TheCounterMustGoOn) {
  authenticator.sign_count = 10;
  enroll(authenticator);
  auto with_count = [&](uint32_t count) {
    return sign_in(authenticator, [&](Plan& plan) { plan.sign_count = count; });
  };
  EXPECT_EQ(code_of(with_count(10)), Code::unauthorized) << "stands still";
  EXPECT_EQ(code_of(with_count(9)), Code::unauthorized) << "goes back";
  EXPECT_EQ(code_of(with_count(0)), Code::unauthorized) << "stopped counting";
  EXPECT_TRUE(with_count(11).ok());
  EXPECT_EQ(code_of(with_count(11)), Code::unauthorized);
  EXPECT_TRUE(with_count(0xFFFFFFFF).ok());
  EXPECT_EQ(code_of(with_count(1)), Code::unauthorized) << "went round";
}

TEST_P(PasskeysAttackTest, AnAuthenticatorThatDoesNotCountMayBeginTo) {
  enroll(authenticator);
  EXPECT_TRUE(sign_in(authenticator).ok());
  EXPECT_TRUE(sign_in(authenticator).ok());
  EXPECT_TRUE(sign_in(authenticator, [](Plan& plan) { plan.sign_count = 1; }).ok());
  EXPECT_EQ(code_of(sign_in(authenticator)), Code::unauthorized);
}

TEST_P(PasskeysAttackTest, OfManyWithTheSameCountOneSignsIn) {
  authenticator.sign_count = 1;
  enroll(authenticator);
  std::vector<JsonDocument> documents;
  for (int i = 0; i < 16; ++i) {
    Sent sent = authenticator.get(begin_sign_in(), [](Plan& plan) { plan.sign_count = 100; });
    documents.push_back(*JsonDocument::parse(sent.json()));
  }
  std::vector<Task<SignedIn>> tries;
  for (const JsonDocument& document : documents)
    tries.push_back(passkeys.finish_sign_in(kBrowser, document.root()));
  auto results = await_all(std::move(tries));
  EXPECT_EQ(std::count_if(results.begin(), results.end(), [](const auto& result) { return result.ok(); }), 1);
}

TEST_P(PasskeysAttackTest, ARegistrationNeedsTheRightClientAndAuthenticatorData) {
  expect_not_added("type", [](Plan& plan) { plan.type = "webauthn.get"; });
  expect_not_added("origin", [](Plan& plan) { plan.origin = "https://evil.example"; });
  expect_not_added("frame", [](Plan& plan) { plan.more_client_data = R"(,"crossOrigin":true)"; });
  expect_not_added("challenge",
                   [](Plan& plan) { plan.challenge = jose::base64url_encode(std::string(32, 'c')); });
  expect_not_added("relying party", [](Plan& plan) { plan.rp_id = "evil.example"; });
  expect_not_added("nobody present", [](Plan& plan) { plan.flags = 0x44; });
  expect_not_added("nobody verified", [](Plan& plan) { plan.flags = 0x41; });
  expect_not_added("no credential", [](Plan& plan) { plan.flags = 0x05; });
  expect_not_added("bytes left over", [](Plan& plan) { plan.trailing = "x"; });
  expect_not_added("a broken statement", [](Plan& plan) { plan.statement = "\xff"; });
}

TEST_P(PasskeysAttackTest, ARegistrationIsForOnePersonInOneBrowserOnce) {
  Sent sent = authenticator.create(begin_registration(ada));
  EXPECT_EQ(code_of(finish_registration(sent, "", kBrowser, bob.id)), Code::invalid_argument);
  EXPECT_EQ(code_of(finish_registration(sent, "", "another browser")), Code::invalid_argument);
  EXPECT_TRUE(finish_registration(sent).ok());
  EXPECT_EQ(code_of(finish_registration(sent)), Code::invalid_argument) << "replayed";
  EXPECT_EQ(code_of(finish_registration(authenticator.create(begin_registration(ada)))), Code::conflict);
  Sent stolen = authenticator.create(begin_registration(bob));
  EXPECT_EQ(code_of(finish_registration(stolen, "", kBrowser, bob.id)), Code::conflict);
  Sent other_id = SoftwareAuthenticator().create(begin_registration(ada));
  other_id.id = "something else";
  EXPECT_EQ(code_of(finish_registration(other_id)), Code::invalid_argument);
  Sent late = SoftwareAuthenticator().create(begin_registration(ada));
  clock.advance(kPasskeyChallengeLifetime);
  EXPECT_EQ(code_of(finish_registration(late)), Code::invalid_argument);
}

TEST_P(PasskeysAttackTest, AChallengeIsForOneCeremony) {
  enroll(authenticator);
  EXPECT_EQ(code_of(finish_sign_in(authenticator.get(begin_registration(ada)))), Code::unauthorized);
  SoftwareAuthenticator fresh;
  const std::string for_sign_in = begin_sign_in();
  Sent sent = fresh.create(begin_registration(ada), [&](Plan& plan) {
    auto document = JsonDocument::parse(for_sign_in);
    plan.challenge = (*document)["challenge"].string_or("");
  });
  EXPECT_EQ(code_of(finish_registration(sent)), Code::invalid_argument);
}

TEST_P(PasskeysAttackTest, AWrapMovedToAnotherPasskeyDoesNotOpen) {
  SoftwareAuthenticator other;
  authenticator.prf_output = other.prf_output = std::string(32, 'p');
  enroll(authenticator);
  enroll(other);
  run("UPDATE passkeys SET vault_wrap = (SELECT vault_wrap FROM passkeys WHERE id = $1)",
      {jose::base64url_encode(authenticator.id())});
  EXPECT_TRUE(sign_in(authenticator)->vault_key);
  EXPECT_FALSE(sign_in(other)->vault_key);
}

}  // namespace
}  // namespace valetkey::accounts
