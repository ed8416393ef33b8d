// RFC 8628.
#include "domain/authorization/device_codes.h"

#include <set>

#include "domain/authorization/authorization_test_support.h"
#include "domain/authorization/connected_ai.h"

namespace valetkey::authorization {
namespace {

using namespace testing_support;

constexpr const char* kGrantType = "urn:ietf:params:oauth:grant-type:device_code";

class DeviceCodesTest : public AuthorizationTest {
 protected:
  DeviceCodesTest() {
    app = house.create_client("bea", std::string(R"({"client_name":"TV","grant_types":[")") + kGrantType +
                                         R"(","refresh_token"],"token_endpoint_auth_method":"none"})");
  }
  DeviceAuthorization begin(http::Form form = {{"scope", "openid notes:read ai.use"}}) {
    return must(await_now(begin_device_authorization(house.authority, app, std::move(form))));
  }
  TokenRequest poll_request(const DeviceAuthorization& device) const {
    return {{{"device_code", std::string(device.device_code.reveal())}}, app, ""};
  }
  Result<Outcome<TokenAnswer>> poll(const DeviceAuthorization& device) {
    return await_now(redeem_device_code(house.authority, poll_request(device)));
  }
  Result<DeviceQuestion> ask(const std::string& code, const std::string& person = "ada") {
    return await_now(ask_device(house.authority, code, house.session_of(person)));
  }
  Result<void> decide(const std::string& code, Decision decision, const std::string& person = "ada") {
    return await_now(decide_device(house.authority, code, house.session_of(person), std::move(decision)));
  }
  void approve(const DeviceAuthorization& device) {
    auto done = decide(device.user_code, {true, std::nullopt, ""});
    ASSERT_TRUE(done.ok()) << done.error().detail;
  }

  apps::AuthenticatedClient app;
};
ON_BOTH_ENGINES(DeviceCodesTest);

TEST_P(DeviceCodesTest, FromTheCodeOnTheScreenToTheTokens) {
  auto device = begin();
  EXPECT_EQ(device.expires_in, 600);
  EXPECT_EQ(device.interval, 5);
  EXPECT_EQ(device.device_code.size(), 43u);
  EXPECT_EQ(code_of(poll(device)), OauthCode::authorization_pending);
  auto asked = ask(device.user_code);
  ASSERT_TRUE(asked.ok());
  EXPECT_EQ(asked->question.request.client.name, "TV");
  EXPECT_EQ(asked->question.request.scopes, (Scopes{"openid", "notes:read", "ai.use"}));
  EXPECT_EQ(asked->question.sign_in, SignInNeed::ok);
  ASSERT_TRUE(decide(asked->request, {true, Scopes{"openid", "notes:read"}, ""}).ok());
  auto answer = must(poll(device));
  EXPECT_EQ(answer.scopes, (Scopes{"openid", "notes:read"}));
  EXPECT_FALSE(answer.id_token.empty());
  auto token = house.read(answer.access_token);
  ASSERT_TRUE(token.ok());
  EXPECT_EQ(token->subject, "ada");
  EXPECT_EQ(token->client_id, app.client.id);
  TokenRequest again{{{"refresh_token", std::string(answer.refresh_token.reveal())}}, app, ""};
  EXPECT_FALSE(must(await_now(rotate_refresh_token(house.authority, again))).access_token.empty());
}

TEST_P(DeviceCodesTest, TheUserCodeIsEasyToReadAndToType) {
  std::set<std::string> codes;
  for (int i = 0; i < 20; ++i) {
    auto device = begin();
    codes.insert(device.user_code);
    ASSERT_EQ(device.user_code.size(), 9u);
    EXPECT_EQ(device.user_code[4], '-');
    EXPECT_EQ(device.user_code.find_first_not_of("BCDFGHJKLMNPQRSTVWXZ-"), std::string::npos);
  }
  EXPECT_EQ(codes.size(), 20u);
  EXPECT_EQ(normal_user_code("bcdf-ghjk"), "BCDFGHJK");
  EXPECT_EQ(normal_user_code(" B C D F G H J K "), "BCDFGHJK");
  for (const char* wrong : {"", "BCDF-GHJ", "BCDF-GHJKL", "BCDF-GHJA", "BCDF_GHJK", "BCDFGHJ1", "\xC3\x84"}) {
    EXPECT_EQ(normal_user_code(wrong), std::nullopt) << wrong;
  }
}

TEST_P(DeviceCodesTest, WhoPollsTooSoonIsSlowedDownForGood) {
  auto device = begin();
  EXPECT_EQ(code_of(poll(device)), OauthCode::authorization_pending);
  house.clock.advance(5 * kSecond);
  EXPECT_EQ(code_of(poll(device)), OauthCode::authorization_pending);
  house.clock.advance(3 * kSecond);
  EXPECT_EQ(code_of(poll(device)), OauthCode::slow_down);
  house.clock.advance(8 * kSecond);
  EXPECT_EQ(code_of(poll(device)), OauthCode::slow_down) << "ten seconds it is now";
  house.clock.advance(15 * kSecond);
  EXPECT_EQ(code_of(poll(device)), OauthCode::authorization_pending);
}

TEST_P(DeviceCodesTest, ANoIsANoAndTheEndIsTheEnd) {
  auto denied = begin();
  ASSERT_TRUE(decide(denied.user_code, {false, std::nullopt, ""}).ok());
  EXPECT_EQ(code_of(poll(denied)), OauthCode::access_denied);
  EXPECT_EQ(decide(denied.user_code, {true, std::nullopt, ""}).error().code, Code::not_found);
  auto late = begin();
  house.clock.advance(10 * kMinute);
  EXPECT_EQ(code_of(poll(late)), OauthCode::expired_token);
  EXPECT_EQ(ask(late.user_code).error().code, Code::not_found);
  EXPECT_EQ(decide(late.user_code, {true, std::nullopt, ""}).error().code, Code::not_found);
}

TEST_P(DeviceCodesTest, ADeviceCodeIsItsClientsOwn) {
  auto device = begin();
  approve(device);
  TokenRequest thief = poll_request(device);
  thief.client.client.id = "thief";
  EXPECT_EQ(code_of(await_now(redeem_device_code(house.authority, thief))), OauthCode::invalid_grant);
  TokenRequest unregistered = poll_request(device);
  unregistered.client.client.grant_types = {"authorization_code"};
  EXPECT_EQ(code_of(await_now(redeem_device_code(house.authority, unregistered))),
            OauthCode::unauthorized_client);
  TokenRequest wrong = poll_request(device);
  wrong.form = {{"device_code", std::string(43, 'A')}};
  EXPECT_EQ(code_of(await_now(redeem_device_code(house.authority, wrong))), OauthCode::invalid_grant);
  wrong.form = {{"device_code", device.user_code}};
  EXPECT_EQ(code_of(await_now(redeem_device_code(house.authority, wrong))), OauthCode::invalid_grant);
  wrong.form = {};
  EXPECT_EQ(code_of(await_now(redeem_device_code(house.authority, wrong))), OauthCode::invalid_request);
  EXPECT_FALSE(must(poll(device)).access_token.empty()) << "none of them spent it";
}

TEST_P(DeviceCodesTest, OneOfManyRacingPollsWins) {
  for (int round = 0; round < 3; ++round) {
    auto device = begin();
    approve(device);
    std::vector<Task<Result<Outcome<TokenAnswer>>>> tasks;
    for (int i = 0; i < 64; ++i) tasks.push_back(redeem_device_code(house.authority, poll_request(device)));
    int won = 0;
    for (auto& result : await_all(std::move(tasks))) {
      ASSERT_TRUE(result.ok()) << result.error().detail;
      if (auto* answer = std::get_if<TokenAnswer>(&*result)) {
        ++won;
        EXPECT_TRUE(house.is_live(answer->access_token));
      } else {
        EXPECT_EQ(std::get<Refusal>(*result).code, OauthCode::invalid_grant);
      }
    }
    EXPECT_EQ(won, 1);
  }
}

TEST_P(DeviceCodesTest, OneOfRacingDecisionsWins) {
  auto device = begin();
  std::vector<Task<Result<void>>> tasks;
  for (int i = 0; i < 8; ++i) {
    tasks.push_back(decide_device(house.authority, device.user_code, house.session_of("ada"),
                                  {i % 2 == 0, std::nullopt, ""}));
  }
  int decided = 0;
  for (auto& result : await_all(std::move(tasks))) {
    decided += result.ok() ? 1 : 0;
    if (!result.ok()) EXPECT_EQ(result.error().code, Code::not_found);
  }
  EXPECT_EQ(decided, 1);
}

TEST_P(DeviceCodesTest, TheAiTravelsSealedToTheDevice) {
  auto session = house.session_of("ada");
  session.vault_key = Secret(std::string(32, 'V'));
  const CredentialKey key = some_ai().front();
  house.write([&](auto& transaction) {
    return connect_ai(transaction, "ada", *session.vault_key, key, "plus", kNow, crypto::system_random());
  });
  auto device = begin();
  auto asked = await_now(ask_device(house.authority, device.user_code, session));
  ASSERT_TRUE(asked.ok());
  ASSERT_EQ(asked->question.ai.size(), 1u);
  ASSERT_TRUE(await_now(decide_device(house.authority, device.user_code, session,
                                      {true, std::nullopt, asked->question.ai[0].credential_id}))
                  .ok());
  house.write([&](sql::Transaction& transaction) -> Result<void> {
    static constexpr sql::Statement kRow{"SELECT ai, public_key, parameters FROM oauth_device_codes"};
    VK_TRY(auto rows, transaction.run(kRow));
    EXPECT_FALSE(rows.front().blob(0).empty());
    EXPECT_EQ(rows.front().blob(0).find(std::string(8, 'K')), std::string::npos);
    return {};
  });
  auto answer = must(poll(device));
  auto token = house.read(answer.access_token);
  ASSERT_TRUE(token.ok());
  ASSERT_EQ(token->ai.size(), 1u);
  EXPECT_TRUE(token->ai[0].key == key.key);
  EXPECT_EQ(token->ai[0].id, key.id);
}

TEST_P(DeviceCodesTest, WrongCodesAreLimitedPerPerson) {
  auto device = begin();
  for (int64_t i = 0; i < kWrongGuesses; ++i) {
    ASSERT_TRUE(i > 4 || ask(device.user_code).ok()) << "right ones do not count";
    EXPECT_EQ(ask(i % 2 == 0 ? "BBBB-BBBB" : "no code at all").error().code, Code::not_found);
  }
  EXPECT_EQ(ask("BBBB-BBBC").error().code, Code::rate_limited);
  EXPECT_EQ(ask(device.user_code).error().code, Code::rate_limited);
  EXPECT_EQ(decide(device.user_code, {true, std::nullopt, ""}).error().code, Code::rate_limited);
  EXPECT_TRUE(ask(device.user_code, "bob").ok()) << "nobody else is kept out";
  house.clock.advance(kGuessWindow);
  EXPECT_EQ(ask("BBBB-BBBB").error().code, Code::not_found);
  EXPECT_TRUE(ask(begin().user_code).ok());
}

TEST_P(DeviceCodesTest, RacingGuessesAreCountedToo) {
  std::vector<Task<Result<DeviceQuestion>>> tasks;
  for (int i = 0; i < 64; ++i)
    tasks.push_back(ask_device(house.authority, "BBBB-BBBB", house.session_of("bob")));
  int64_t looked = 0;
  for (auto& result : await_all(std::move(tasks))) looked += result.error().code == Code::not_found ? 1 : 0;
  EXPECT_EQ(looked, kWrongGuesses);
}

TEST_P(DeviceCodesTest, WhatCannotBeGivenIsNotAskedFor) {
  auto refused = [&](http::Form form) {
    return code_of(await_now(begin_device_authorization(house.authority, app, std::move(form))));
  };
  EXPECT_EQ(refused({{"scope", "unknown"}}), OauthCode::invalid_scope);
  EXPECT_EQ(refused({{"resource", "https://unknown.test/"}}), OauthCode::invalid_target);
  EXPECT_EQ(refused({{"authorization_details", "[]"}}), OauthCode::invalid_authorization_details);
  auto device = begin();
  EXPECT_EQ(decide(device.user_code, {true, Scopes{"notes:write"}, ""}).error().code, Code::invalid_argument);
  EXPECT_EQ(decide(device.user_code, {true, std::nullopt, "not connected"}).error().code,
            Code::invalid_argument);
  app.client.grant_types = {"authorization_code"};
  EXPECT_EQ(refused({}), OauthCode::unauthorized_client);
}

TEST_P(DeviceCodesTest, AProofIsAskedForBeforeTheCodeIsSpent) {
  auto device = begin();
  approve(device);
  TokenRequest request = poll_request(device);
  request.client.client.dpop_bound_access_tokens = true;
  EXPECT_EQ(code_of(await_now(redeem_device_code(house.authority, request))), OauthCode::invalid_dpop_proof);
  request.dpop_thumbprint = "a-thumbprint";
  EXPECT_TRUE(must(await_now(redeem_device_code(house.authority, request))).dpop_bound);
}

}  // namespace
}  // namespace valetkey::authorization
