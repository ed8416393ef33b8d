#include "domain/apps/client_authentication_test_support.h"

namespace valetkey::apps {
namespace {

using namespace testing_support;

INSTANTIATE_TEST_SUITE_P(Engines, AuthenticationTest, testing::ValuesIn(sql::engines_under_test()),
                         [](const auto& info) { return sql::engine_name(info.param); });

TEST_P(AuthenticationTest, APublicClientNamesItself) {
  Registration open = registry.must_register(R"({"redirect_uris":["http://localhost/cb"]})");
  EXPECT_EQ(outcome_of(form(open.client.id, "")), "none");
  EXPECT_EQ(outcome_of(form(open.client.id, "made up")), "invalid_client");
  EXPECT_EQ(outcome_of(form("nobody", "")), "invalid_client");
  EXPECT_EQ(outcome_of(ClientProof()), "invalid_client");
  EXPECT_EQ(outcome_of(basic(open.client.id + ":")), "none");
  EXPECT_EQ(outcome_of(basic(open.client.id + ":x")), "invalid_client");
}

TEST_P(AuthenticationTest, ASecretWorksInTheHeaderAndInTheForm) {
  Registration made = secret_client();
  const std::string secret(made.client_secret.reveal());
  EXPECT_EQ(outcome_of(basic(made.client.id + ":" + secret)), "client_secret_basic");
  EXPECT_EQ(outcome_of(basic(made.client.id + ":" + secret, made.client.id)), "client_secret_basic");
  EXPECT_EQ(outcome_of(form(made.client.id, secret)), "client_secret_post");
  ClientProof lower = basic(made.client.id + ":" + secret);
  lower.authorization_header.replace(0, 5, "bAsIc");
  EXPECT_EQ(outcome_of(lower), "client_secret_basic");
}

TEST_P(AuthenticationTest, AWrongSecretIsRefusedInOneSentence) {
  Registration made = secret_client();
  Registration other = secret_client();
  const std::string secret(made.client_secret.reveal());
  for (const std::string& wrong : {std::string("x"), std::string(other.client_secret.reveal()), secret + "x",
                                   secret.substr(1), made.client.secret_hash, std::string(1, '\0')}) {
    EXPECT_EQ(outcome_of(basic(made.client.id + ":" + wrong)), "invalid_client");
    EXPECT_EQ(outcome_of(form(made.client.id, wrong)), "invalid_client");
  }
  EXPECT_EQ(outcome_of(form(made.client.id, "")), "invalid_client");  // it is no public client
  auto wrong = attempt(form(made.client.id, "x"));
  auto unknown = attempt(form("nobody", "x"));
  EXPECT_EQ(std::get<ClientRefusal>(*wrong).description, std::get<ClientRefusal>(*unknown).description);
}

TEST_P(AuthenticationTest, TheHeaderIsAnsweredWithItsChallenge) {
  Registration made = secret_client();
  for (const std::string& header :
       {std::string("Basic"), std::string("Basic "), std::string("Basic !!!"), std::string("Bearer abc"),
        "Basic " + jose::base64_encode("no colon"), "Basic " + jose::base64_encode(":secret"),
        "Basic " + jose::base64_encode(made.client.id + ":x"), "Basic " + std::string(9000, 'A')}) {
    ClientProof proof;
    proof.authorization_header = header;
    auto outcome = attempt(proof);
    ASSERT_TRUE(outcome.ok());
    ASSERT_TRUE(std::holds_alternative<ClientRefusal>(*outcome)) << header;
    EXPECT_TRUE(std::get<ClientRefusal>(*outcome).basic_challenge) << header;
  }
  EXPECT_FALSE(std::get<ClientRefusal>(*attempt(form(made.client.id, "x"))).basic_challenge);
}

TEST_P(AuthenticationTest, AHeaderMayNotBeAboutAnotherClient) {
  Registration made = secret_client();
  const std::string secret(made.client_secret.reveal());
  EXPECT_EQ(outcome_of(basic(made.client.id + ":" + secret, "somebody-else")), "invalid_client");
}

// RFC 6749 section 2.3.1 encodes both halves; SDKs send btoa(id + ":" + secret).
TEST_P(AuthenticationTest, ClientIdsThatAreUrlsWorkEncodedAndRaw) {
  Registration made = secret_client();
  static constexpr sql::Statement kRename{"UPDATE oauth_clients SET id = $1, secret_hash = $2 WHERE id = $3"};
  const std::string secret = "se+cr%et/";
  execute(kRename, {std::string(kUrlClient), sql::Blob{crypto::sha256(secret)}, made.client.id});
  EXPECT_EQ(outcome_of(basic(std::string(kUrlClient) + ":" + secret)), "client_secret_basic");
  EXPECT_EQ(outcome_of(basic(http::percent_encode(kUrlClient) + ":" + http::percent_encode(secret))),
            "client_secret_basic");
  EXPECT_EQ(
      outcome_of(basic(http::percent_encode(kUrlClient) + ":" + http::percent_encode(secret), kUrlClient)),
      "client_secret_basic");
  EXPECT_EQ(outcome_of(basic(std::string(kUrlClient) + ":x")), "invalid_client");
}

TEST_P(AuthenticationTest, AnExpiredSecretIsNone) {
  Registration made = secret_client();
  const std::string secret(made.client_secret.reveal());
  static constexpr sql::Statement kExpire{"UPDATE oauth_clients SET secret_expires_at = $1"};
  execute(kExpire, {kNowSeconds + 1});
  EXPECT_EQ(outcome_of(form(made.client.id, secret)), "client_secret_post");
  registry.clock.advance(kSecond);
  EXPECT_EQ(outcome_of(form(made.client.id, secret)), "invalid_client");
}

TEST_P(AuthenticationTest, OneWayAtATime) {
  Registration made = secret_client();
  const std::string secret(made.client_secret.reveal());
  ClientProof both = basic(made.client.id + ":" + secret, made.client.id);
  both.client_secret = Secret(secret);
  EXPECT_EQ(outcome_of(both), "invalid_request");
  ClientProof with_assertion = form(made.client.id, secret);
  with_assertion.assertion_type = kType;
  with_assertion.assertion = Secret(std::string("x"));
  EXPECT_EQ(outcome_of(with_assertion), "invalid_request");
  ClientProof half;
  half.assertion_type = kType;
  EXPECT_EQ(outcome_of(half), "invalid_request");
  half = ClientProof();
  half.assertion = Secret(std::string("x"));
  EXPECT_EQ(outcome_of(half), "invalid_request");
}

TEST_P(AuthenticationTest, ABrokenDocumentIsTheClientsFault) {
  registry.web.put(kUrlClient, R"({"client_id":"https://other.example/x"})");
  auto outcome = attempt(form(kUrlClient, ""));
  ASSERT_TRUE(outcome.ok());
  ASSERT_TRUE(std::holds_alternative<ClientRefusal>(*outcome));
  EXPECT_NE(std::get<ClientRefusal>(*outcome).description.find("client_id"), std::string::npos);
}

TEST_P(AuthenticationTest, AFailingStoreIsAnError) {
  Registration made = secret_client();
  static constexpr sql::Statement kDrop{"DROP TABLE oauth_clients"};
  execute(kDrop, {});
  EXPECT_EQ(outcome_of(form(made.client.id, made.client_secret.reveal())), "error");
  EXPECT_EQ(outcome_of(basic(made.client.id + ":x")), "error");
}

}  // namespace
}  // namespace valetkey::apps
