// docs/portal-api.md, "Sign-in" and "Account", call by call.
#include "domain/accounts/base32.h"
#include "domain/accounts/totp_code.h"
#include "faces/portal/account_endpoint_test_support.h"

namespace valetkey::faces {
namespace {

using namespace testing_support;

std::string one(const std::string& name, const std::string& value) {
  std::string body;
  JsonWriter(body).begin_object().member(name, value).end_object();
  return body;
}

class AccountEndpointsTest : public AccountEndpointTest {
 protected:
  // Turns TOTP on; the recovery codes.
  std::vector<std::string> turn_totp_on(Browser& browser) {
    totp_secret = *accounts::base32_decode(browser.post("account/totp/begin").text("secret"));
    auto done = browser.post("account/totp", one("code", code_now()));
    EXPECT_EQ(done.status, 200) << done.body;
    std::vector<std::string> codes;
    auto document = done.json();
    document["recovery_codes"].each_element(
        [&](const Json& code) { codes.emplace_back(code.string_or("")); });
    clock.advance(kMinute);
    return codes;
  }
  std::string code_now() {
    return accounts::totp_code(Secret(totp_secret), clock.now() / accounts::kTotpStep);
  }
  std::string totp_secret;
};

INSTANTIATE_TEST_SUITE_P(Engines, AccountEndpointsTest, testing::ValuesIn(sql::engines_under_test()),
                         [](const auto& info) { return sql::engine_name(info.param); });

TEST_P(AccountEndpointsTest, TheSessionSaysWhereOneStands) {
  Browser browser(router);
  auto empty = browser.get("session").json();
  EXPECT_TRUE(empty["person"].is_null());
  EXPECT_TRUE(empty["second_factor"].is_null());
  EXPECT_EQ(empty["product"]["name"].string_or(""), "Valetkey");
  EXPECT_EQ(empty["product"]["issuer"].string_or(""), kIssuer);
  EXPECT_EQ(empty["mail_sink"].string_or(""), "http://localhost:8025");
  EXPECT_EQ(empty["fresh"].boolean(), false);
  EXPECT_EQ(empty["vault"].boolean(), false);
  browser = signed_in();
  auto session = browser.get("session").json();
  EXPECT_EQ(session["person"]["email"].string_or(""), kEmail);
  EXPECT_EQ(session["person"]["email_verified"].boolean(), true);
  EXPECT_EQ(session["fresh"].boolean(), true);
  EXPECT_EQ(session["vault"].boolean(), true);
}

TEST_P(AccountEndpointsTest, SignInGivesANewSessionAndOldCookiesAreNoGood) {
  make_account();
  Browser browser(router);
  browser.refresh();
  browser.cookies["__Host-valetkey_session"] = std::string(43, 'A');  // planted before the sign-in
  ASSERT_EQ(browser.post("sign-in", credentials()).status, 200);
  EXPECT_NE(browser.session(), std::string(43, 'A'));
  Browser fixated(router);
  fixated.cookies = browser.cookies;
  fixated.cookies["__Host-valetkey_session"] = std::string(43, 'A');
  EXPECT_EQ(fixated.get("account").status, 401);

  const Browser before = browser;
  ASSERT_EQ(browser.post("sign-in", credentials()).status, 200);
  EXPECT_NE(browser.session(), before.session());
  EXPECT_EQ(Browser(before).get("account").status, 401) << "ended by the new sign-in";

  const Browser signed_in_then = browser;
  ASSERT_EQ(browser.post("step-up", one("password", kPassword)).status, 200);
  EXPECT_EQ(Browser(signed_in_then).get("account").status, 401) << "ended by the step-up";
  EXPECT_EQ(browser.get("account").status, 200);

  const Browser last = browser;
  ASSERT_EQ(browser.post("sign-out").status, 200);
  EXPECT_EQ(Browser(last).get("account").status, 401) << "ended by the sign-out";
}

TEST_P(AccountEndpointsTest, KnownAndUnknownAreAnsweredWithTheSameBytes) {
  make_account();
  Browser browser(router);
  auto same = [&](const std::string& path, const std::string& known, const std::string& unknown) {
    auto a = browser.post(path, known), b = browser.post(path, unknown);
    EXPECT_EQ(a.status, b.status);
    EXPECT_EQ(a.body, b.body);
    EXPECT_EQ(a.headers, b.headers);
  };
  same("sign-in", credentials(kEmail, "not-the-password"),
       credentials("no@example.test", "not-the-password"));
  same("register", credentials(kEmail), credentials("new@example.test"));
  same("password/forgot", one("email", kEmail), one("email", "no@example.test"));
}

TEST_P(AccountEndpointsTest, AStrangersLinkDoesNotPutSomebodyIntoTheStrangersAccount) {
  Browser victim = signed_in(), mallory(router);
  ASSERT_EQ(mallory.post("register", credentials("mallory@example.test")).status, 202);
  auto verified = victim.post("verify-email", one("token", mailbox.token_for("mallory@example.test")));
  EXPECT_EQ(verified.status, 200);
  EXPECT_EQ(victim.get("session").json()["person"]["email"].string_or(""), kEmail);
}

TEST_P(AccountEndpointsTest, TooManyAttemptsSayWhenToComeBack) {
  make_account();
  Browser browser(router);
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(browser.post("sign-in", credentials(kEmail, "not-the-password")).status, 401);
  }
  auto refused = browser.post("sign-in", credentials());
  EXPECT_EQ(refused.status, 429);
  EXPECT_EQ(refused.error(), "too_many_attempts");
  EXPECT_EQ(refused.header("retry-after"), "2");
  clock.advance(2 * kSecond);
  EXPECT_EQ(browser.post("sign-in", credentials()).status, 200);
}

TEST_P(AccountEndpointsTest, APasswordIsResetByTheMailedLink) {
  Browser stolen = signed_in();
  Browser browser(router);
  EXPECT_EQ(browser.post("password/forgot", one("email", kEmail)).status, 202);
  const std::string token = mailbox.token_for(kEmail);
  auto body = [&](const std::string& password) {
    std::string text;
    JsonWriter(text).begin_object().member("token", token).member("password", password).end_object();
    return text;
  };
  EXPECT_EQ(browser.post("password/reset", body("short")).error(), "password_too_short");
  EXPECT_EQ(browser.post("password/reset", body("password1234")).error(), "password_too_common");
  auto done = browser.post("password/reset", body("brand-new-password"));
  EXPECT_EQ(done.status, 200);
  EXPECT_EQ(done.json()["vault"].boolean(), false);
  EXPECT_EQ(done.json()["person"]["email"].string_or(""), kEmail);
  EXPECT_EQ(browser.get("account").status, 200);
  EXPECT_EQ(stolen.get("account").status, 401);
  EXPECT_EQ(browser.post("password/reset", body("brand-new-password")).error(), "link_expired");
}

TEST_P(AccountEndpointsTest, TotpIsAskedForAfterThePasswordAndAtStepUp) {
  Browser first = signed_in();
  auto codes = turn_totp_on(first);
  EXPECT_EQ(codes.size(), 10u);
  Browser browser(router);
  auto half = browser.post("sign-in", credentials());
  EXPECT_EQ(half.status, 200);
  EXPECT_EQ(half.body, R"({"second_factor":"totp"})");
  EXPECT_EQ(browser.session(), "");
  EXPECT_EQ(browser.get("session").text("second_factor"), "totp");
  EXPECT_EQ(browser.get("account").status, 401);
  EXPECT_EQ(Browser(router).post("sign-in/second-factor", one("code", code_now())).status, 401);
  auto wrong = browser.post("sign-in/second-factor", one("code", "000000x"));
  EXPECT_EQ(wrong.status, 401);
  EXPECT_EQ(wrong.error(), "wrong_code");
  EXPECT_EQ(browser.post("sign-in/second-factor", one("code", code_now())).status, 200);
  EXPECT_EQ(browser.get("session").json()["vault"].boolean(), true);
  EXPECT_TRUE(browser.get("session").json()["second_factor"].is_null());
  auto account = browser.get("account").json();
  EXPECT_EQ(account["totp"].boolean(), true);
  EXPECT_EQ(account["recovery_codes_left"].integer(), 10);

  clock.advance(10 * kMinute);
  EXPECT_EQ(browser.post("step-up", one("password", kPassword)).error(), "wrong_code");
  std::string both;
  JsonWriter(both).begin_object().member("password", kPassword).member("code", codes[0]).end_object();
  EXPECT_EQ(browser.post("step-up", both).status, 200);
  EXPECT_EQ(browser.get("session").json()["fresh"].boolean(), true);
  EXPECT_EQ(browser.change("DELETE", "account/totp").status, 200);
  EXPECT_EQ(Browser(router).post("sign-in", credentials()).json()["person"]["email"].string_or(""), kEmail);
}

TEST_P(AccountEndpointsTest, TheMailboxAloneDoesNotGetPastTotp) {
  Browser first = signed_in();
  auto codes = turn_totp_on(first);
  Browser browser(router);
  ASSERT_EQ(browser.post("password/forgot", one("email", kEmail)).status, 202);
  std::string body;
  JsonWriter(body)
      .begin_object()
      .member("token", mailbox.token_for(kEmail))
      .member("password", "brand-new-password")
      .end_object();
  auto half = browser.post("password/reset", body);
  EXPECT_EQ(half.body, R"({"second_factor":"totp","vault":false})");
  EXPECT_EQ(browser.session(), "");
  EXPECT_EQ(browser.post("sign-in/second-factor", one("code", codes.at(0))).status, 200);
}

TEST_P(AccountEndpointsTest, ProfileAddressAndPasswordChange) {
  Browser browser = signed_in();
  auto renamed = browser.change("PATCH", "account", one("name", "Ada Lovelace"));
  EXPECT_EQ(renamed.json()["person"]["name"].string_or(""), "Ada Lovelace");
  EXPECT_EQ(browser.change("PATCH", "account", one("name", std::string(101, 'x'))).status, 400);

  EXPECT_EQ(browser.post("account/email", one("email", "ada@new.test")).status, 202);
  const std::string link = one("token", mailbox.token_for("ada@new.test"));
  EXPECT_EQ(Browser(router).post("verify-email", link).status, 401) << "not where nobody is signed in";
  const std::string session = browser.session();
  EXPECT_EQ(browser.post("verify-email", link).json()["person"]["email"].string_or(""), "ada@new.test");
  EXPECT_EQ(browser.session(), session) << "a link is no proof of who it is";

  Browser elsewhere(router);
  ASSERT_EQ(elsewhere.post("sign-in", credentials("ada@new.test")).status, 200);
  std::string body;
  JsonWriter(body)
      .begin_object()
      .member("current", kPassword)
      .member("password", "brand-new-password")
      .end_object();
  EXPECT_EQ(browser.post("account/password", body).status, 200);
  EXPECT_EQ(browser.get("account").status, 200);
  EXPECT_EQ(elsewhere.get("account").status, 401);
  EXPECT_EQ(browser.post("account/password", body).error(), "wrong_credentials");
}

TEST_P(AccountEndpointsTest, SessionsAreListedAndEnded) {
  Browser browser = signed_in(), phone(router), tablet(router), bob = signed_in("bob@example.test");
  ASSERT_EQ(phone.post("sign-in", credentials()).status, 200);
  ASSERT_EQ(tablet.post("sign-in", credentials()).status, 200);
  auto document = browser.get("account/sessions").json();
  ASSERT_EQ(document["sessions"].size(), 3u);
  int current = 0;
  document["sessions"].each_element([&](const Json& row) { current += row["current"].boolean() == true; });
  EXPECT_EQ(current, 1);
  const std::string phone_id = await_now(sessions.find(Secret(phone.session())))->id;
  EXPECT_EQ(bob.change("DELETE", "account/sessions/" + phone_id).status, 404) << "not another person's";
  EXPECT_EQ(browser.change("DELETE", "account/sessions/" + phone_id).status, 200);
  EXPECT_EQ(phone.get("account").status, 401);
  EXPECT_EQ(tablet.get("account").status, 200);
  EXPECT_EQ(browser.change("DELETE", "account/sessions").status, 200);
  EXPECT_EQ(tablet.get("account").status, 401);
  EXPECT_EQ(browser.get("account").status, 200);
  EXPECT_EQ(bob.get("account").status, 200);
}

TEST_P(AccountEndpointsTest, AnAccountIsExportedAndDeleted) {
  Browser browser = signed_in();
  auto account = browser.get("account").json();
  const std::string id(account["person"]["id"].string_or(""));
  auto file = browser.get("account/export");
  EXPECT_EQ(file.status, 200);
  EXPECT_TRUE(file.header("content-disposition").starts_with("attachment"));
  auto document = file.json();
  EXPECT_EQ(document["person"]["email"].string_or(""), kEmail);
  EXPECT_EQ(document["sessions"].size(), 1u);
  EXPECT_EQ(file.body.find("argon2"), std::string::npos);
  EXPECT_EQ(browser.change("DELETE", "account").status, 200);
  EXPECT_EQ(forgotten, std::vector<std::string>{id});
  EXPECT_EQ(browser.session(), "");
  EXPECT_EQ(browser.post("sign-in", credentials()).status, 401);
}

TEST_P(AccountEndpointsTest, PasskeyCallsTakeNonsenseCalmly) {
  Browser browser = signed_in();
  auto begun = browser.post("account/passkeys/begin");
  EXPECT_EQ(begun.json()["publicKey"]["rp"]["id"].string_or(""), "valetkey.test");
  EXPECT_EQ(browser.post("account/passkeys", R"({"name":"Key","credential":{"id":1}})").status, 400);
  EXPECT_EQ(browser.change("PATCH", "account/passkeys/none", one("name", "x")).status, 404);
  EXPECT_EQ(browser.change("DELETE", "account/passkeys/none").status, 404);
  Browser nobody(router);
  EXPECT_NE(nobody.post("sign-in/passkey/begin").json()["publicKey"]["challenge"].string_or(""), "");
  for (const char* body : {"{}", R"({"id":"x","response":{}})", R"({"id":{},"response":[]})"}) {
    auto refused = nobody.post("sign-in/passkey", body);
    EXPECT_EQ(refused.status, 401) << body;
    EXPECT_EQ(refused.error(), "wrong_credentials");
  }
}

}  // namespace
}  // namespace valetkey::faces
