// The person's side of the device flow, as the page calls it (docs/portal-api.md).
#include "faces/portal/device_endpoint.h"

#include "domain/authorization/authorization_test_support.h"
#include "domain/authorization/device_codes.h"
#include "domain/sign_in/sign_in_test_support.h"
#include "faces/portal/account_endpoint_test_support.h"

namespace valetkey::faces::testing_support {
namespace {

namespace auth = authorization;
namespace grants = authorization::testing_support;

class DeviceEndpointTest : public AccountEndpointTest {
 protected:
  DeviceEndpointTest() {
    app = house.create_client("bea", R"({"client_name":"TV","grant_types":[
        "urn:ietf:params:oauth:grant-type:device_code"],"token_endpoint_auth_method":"none"})");
    add_portal_grant_routes(router, {gate, house.authority, flow, sign_ins, ring, {}, nullptr});
  }
  Browser person() {
    Browser browser = signed_in();
    const std::string id(browser.get("session").json()["person"]["id"].string_or(""));
    house.people[id] = {id, kEmail, true, "", kNow};
    return browser;
  }
  auth::DeviceAuthorization begin() {
    return grants::must(
        await_now(auth::begin_device_authorization(house.authority, app, {{"scope", "openid notes:read"}})));
  }
  std::string word_of_poll(const auth::DeviceAuthorization& device) {
    auth::TokenRequest request{{{"device_code", std::string(device.device_code.reveal())}}, app, ""};
    auto answer = await_now(auth::redeem_device_code(house.authority, std::move(request)));
    if (!answer.ok()) return answer.error().detail;
    const auth::Refusal* refused = auth::refusal_of(*answer);
    return refused == nullptr ? "token" : std::string(auth::to_string(refused->code));
  }
  static std::string entered(const std::string& code) { return R"({"user_code":")" + code + "\"}"; }

  grants::House house{GetParam()};
  apps::AuthenticatedClient app;
  auth::AuthorizationFlow flow{house.authority};
  PortalGate gate{sessions, clock, random, kIssuer, Secret(std::string(32, 'c'))};
  valetkey::testing_support::RotatingProvider provider{clock};
  valetkey::testing_support::ScriptedFlow device_flow;
  jose::HmacKeyRing ring{{Secret(std::string(32, 'j'))}};
  Vault vault{store.get(), clock, random, provider, valetkey::testing_support::vault_options()};
  SignIns sign_ins{store.get(), clock, random, vault, device_flow, ring, "valetkey"};
};
INSTANTIATE_TEST_SUITE_P(Engines, DeviceEndpointTest, testing::ValuesIn(sql::engines_under_test()),
                         [](const auto& info) { return sql::engine_name(info.param); });

TEST_P(DeviceEndpointTest, TheCodeShowsTheQuestionAndTheAnswerReachesTheDevice) {
  Browser browser = person();
  auto device = begin();
  auto asked = browser.post("device", entered(device.user_code));
  ASSERT_EQ(asked.status, 200) << asked.body;
  JsonDocument question = asked.json();
  EXPECT_EQ(question["client"]["name"].string(), "TV");
  EXPECT_TRUE(question["redirect_host"].is_null());
  EXPECT_EQ(question["loopback"].boolean(), false);
  EXPECT_EQ(question["sign_in"].string(), "ok");
  EXPECT_EQ(question["scopes"].size(), 2u);
  const std::string request(question["request"].string_or(""));
  EXPECT_EQ(browser.post("device/" + request, R"({"decision":"maybe"})").status, 400);
  EXPECT_EQ(browser.post("device/" + request, R"({"decision":"approve","scopes":["notes:write"]})").status,
            400);
  EXPECT_EQ(word_of_poll(device), "authorization_pending");
  EXPECT_EQ(browser.post("device/" + request, R"({"decision":"approve"})").status, 200);
  EXPECT_EQ(word_of_poll(device), "token");
  EXPECT_EQ(browser.post("device/" + request, R"({"decision":"approve"})").error(), "unknown_code");
}

TEST_P(DeviceEndpointTest, ANoIsANo) {
  Browser browser = person();
  auto device = begin();
  EXPECT_EQ(browser.post("device/" + device.user_code, R"({"decision":"deny"})").status, 200);
  EXPECT_EQ(word_of_poll(device), "access_denied");
}

TEST_P(DeviceEndpointTest, OnlyForWhoIsSignedInAndComesFromOurPage) {
  auto device = begin();
  Browser stranger(router);
  EXPECT_EQ(stranger.post("device", entered(device.user_code)).error(), "sign_in_required");
  Browser browser = person();
  EXPECT_EQ(browser.call("POST", "device", entered(device.user_code)).error(), "csrf");
  EXPECT_EQ(browser.call("POST", "device/" + device.user_code, R"({"decision":"approve"})").error(), "csrf");
  EXPECT_EQ(word_of_poll(device), "authorization_pending");
}

TEST_P(DeviceEndpointTest, WrongCodesEndWith429) {
  Browser browser = person();
  for (int64_t i = 0; i < auth::kWrongGuesses; ++i) {
    auto wrong = browser.post("device", i == 0 ? R"({"user_code":7})" : entered("BBBB-BBBB"));
    EXPECT_EQ(wrong.status, 404);
    EXPECT_EQ(wrong.error(), "unknown_code");
  }
  auto refused = browser.post("device", entered(begin().user_code));
  EXPECT_EQ(refused.status, 429);
  EXPECT_EQ(refused.error(), "too_many_attempts");
  EXPECT_EQ(refused.header("retry-after"), "3600");
}

}  // namespace
}  // namespace valetkey::faces::testing_support
