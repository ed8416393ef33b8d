// The gate: which calls get past cookies, CSRF token and Origin.
#include "faces/portal/account_endpoint_test_support.h"

namespace valetkey::faces {
namespace {

using namespace testing_support;

using Headers = std::vector<std::pair<std::string, std::string>>;

class PortalCallTest : public AccountEndpointTest {};

INSTANTIATE_TEST_SUITE_P(Engines, PortalCallTest, testing::ValuesIn(sql::engines_under_test()),
                         [](const auto& info) { return sql::engine_name(info.param); });

TEST_P(PortalCallTest, OnlyOurPageWithBothCookiesTheTokenAndTheOriginChangesAnything) {
  Browser ours = signed_in(), other = signed_in("bob@example.test");
  ours.refresh();
  other.refresh();
  auto code = [&](Browser browser, const Headers& headers) {
    return browser.call("PATCH", "account", R"({"name":"x"})", headers).status;
  };
  const std::pair<std::string, std::string> origin{"origin", kIssuer}, token{"x-csrf-token", ours.csrf};
  EXPECT_EQ(code(ours, {origin, token}), 200);
  EXPECT_EQ(code(ours, {}), 403);
  EXPECT_EQ(code(ours, {origin}), 403);
  EXPECT_EQ(code(ours, {token}), 403);
  for (const char* wrong : {"", "null", "http://valetkey.test", "https://valetkey.test:444",
                            "https://valetkey.test/", "https://evil.test", "https://valetkey.test.evil.test",
                            "https://evilvaletkey.test", "HTTPS://VALETKEY.TEST"}) {
    EXPECT_EQ(code(ours, {{"origin", wrong}, token}), 403) << wrong;
  }
  EXPECT_EQ(code(ours, {origin, origin, token}), 403) << "twice";
  EXPECT_EQ(code(ours, {origin, token, token}), 403) << "twice";
  EXPECT_EQ(code(ours, {origin, {"x-csrf-token", ""}}), 403);
  EXPECT_EQ(code(ours, {origin, {"x-csrf-token", other.csrf}}), 403) << "another person's";
  EXPECT_EQ(code(ours, {origin, {"x-csrf-token", ours.csrf + "A"}}), 403);

  Browser foreign = ours;
  foreign.cookies["__Host-valetkey_browser"] = other.cookie("__Host-valetkey_browser");
  EXPECT_EQ(code(foreign, {origin, token}), 403) << "the cookie of another browser";
  foreign.cookies.erase("__Host-valetkey_browser");
  EXPECT_EQ(code(foreign, {origin, token}), 403) << "no browser cookie";
  Browser planted = ours;
  planted.cookies["__Host-valetkey_session"] = other.session();
  EXPECT_EQ(code(planted, {origin, token}), 403) << "login CSRF: another session's cookie";
}

TEST_P(PortalCallTest, TheTokenChangesAtSignInAndSignOut) {
  Browser browser(router);
  browser.refresh();
  const std::string before = browser.csrf;
  browser.refresh();
  EXPECT_EQ(browser.csrf, before);
  make_account();
  ASSERT_EQ(browser.post("sign-in", credentials()).status, 200);
  auto stale = browser.call("POST", "sign-out", "{}", {{"origin", kIssuer}, {"x-csrf-token", before}});
  EXPECT_EQ(stale.status, 403);
  EXPECT_EQ(stale.error(), "csrf");
  ASSERT_EQ(browser.post("sign-out").status, 200);
  EXPECT_EQ(browser.session(), "");
  browser.refresh();
  EXPECT_EQ(browser.csrf, before);
}

TEST_P(PortalCallTest, CookiesNotOfOurMakingCountAsNone) {
  Browser browser(router);
  for (const std::string& value : {std::string("x"), std::string(42, 'A'), std::string(44, 'A'),
                                   std::string(42, 'A') + ".", std::string(4000, 'A')}) {
    browser.cookies["__Host-valetkey_browser"] = value;
    browser.cookies["__Host-valetkey_session"] = value;
    auto session = browser.get("session");
    EXPECT_EQ(session.status, 200);
    EXPECT_NE(session.header("set-cookie"), "") << "a browser cookie of ours is set";
    EXPECT_TRUE(session.json()["person"].is_null());
  }
}

TEST_P(PortalCallTest, ADeadSessionIsAsNone) {
  Browser browser = signed_in();
  clock.advance(14 * kDay);
  auto session = browser.get("session");
  EXPECT_EQ(session.status, 200);
  EXPECT_TRUE(session.json()["person"].is_null());
  auto account = browser.get("account");
  EXPECT_EQ(account.status, 401);
  EXPECT_EQ(account.error(), "sign_in_required");
  EXPECT_EQ(browser.post("sign-in", credentials()).status, 200) << "and does not stand in the way";
}

TEST_P(PortalCallTest, WhatNeedsARecentSignInSaysSo) {
  Browser browser = signed_in();
  clock.advance(10 * kMinute - 1);
  EXPECT_EQ(browser.post("account/email", R"({"email":"new@example.test"})").status, 202);
  EXPECT_TRUE(*browser.get("session").json()["fresh"].boolean());
  clock.advance(1);
  EXPECT_FALSE(*browser.get("session").json()["fresh"].boolean());
  const std::vector<std::pair<std::string, std::string>> calls = {
      {"POST", "account/email"},       {"DELETE", "account"},
      {"POST", "account/passkeys"},    {"POST", "account/passkeys/begin"},
      {"POST", "account/totp"},        {"POST", "account/totp/begin"},
      {"DELETE", "account/totp"},      {"POST", "account/recovery-codes"},
      {"DELETE", "account/passkeys/x"}};
  for (const auto& [method, path] : calls) {
    auto answer = browser.change(method, path);
    EXPECT_EQ(answer.status, 403) << path;
    EXPECT_EQ(answer.error(), "recent_sign_in_required") << path;
  }
}

TEST_P(PortalCallTest, NobodySignedInGetsNowhere) {
  Browser browser(router);
  for (const char* path : {"account", "account/export", "account/sessions"}) {
    EXPECT_EQ(browser.get(path).status, 401) << path;
  }
  const std::vector<std::pair<std::string, std::string>> calls = {{"PATCH", "account"},
                                                                  {"DELETE", "account"},
                                                                  {"POST", "account/email"},
                                                                  {"POST", "account/password"},
                                                                  {"POST", "account/passkeys"},
                                                                  {"PATCH", "account/passkeys/x"},
                                                                  {"DELETE", "account/sessions"},
                                                                  {"DELETE", "account/sessions/x"},
                                                                  {"POST", "step-up"}};
  for (const auto& [method, path] : calls) {
    auto answer = browser.change(method, path);
    EXPECT_EQ(answer.status, 401) << path;
    EXPECT_EQ(answer.error(), "sign_in_required") << path;
  }
}

TEST_P(PortalCallTest, BodiesThatAreNoObjectOrOfTheWrongTypesAreToldSo) {
  Browser browser = signed_in();
  for (const char* body : {"[]", "1", "null", "\"x\"", "{", "{\"a\":1}x", "\xff", "<xml/>", "a=b"}) {
    for (const char* path :
         {"sign-in", "register", "password/forgot", "password/reset", "verify-email", "step-up"}) {
      auto answer = browser.post(path, body);
      EXPECT_EQ(answer.status, 400) << path << " " << body;
      EXPECT_EQ(answer.error(), "invalid_request");
    }
  }
  const std::vector<std::pair<std::string, std::vector<std::string>>> members = {
      {"sign-in", {"email", "password"}},
      {"register", {"email", "password"}},
      {"password/forgot", {"email"}},
      {"password/reset", {"token", "password"}},
      {"verify-email", {"token"}},
      {"step-up", {"password"}},
      {"sign-in/second-factor", {"code"}},
      {"account/password", {"current", "password"}},
      {"account/email", {"email"}},
      {"account/totp", {"code"}},
      {"account/passkeys", {"name", "credential"}}};
  for (const auto& [path, names] : members) {
    for (const std::string& wrong : names) {
      for (const char* value : {"1", "null", "[]", "{}", "true", "1e400", "\"\\u0000\""}) {
        std::string body = "{";
        for (const std::string& name : names) {
          body += (body.size() > 1 ? ",\"" : "\"") + name + "\":" + (name == wrong ? value : "\"x\"");
        }
        auto answer = browser.post(path, body + "}");
        EXPECT_GE(answer.status, 400) << path << body;
        EXPECT_LT(answer.status, 430) << path << body;
        EXPECT_NE(answer.error(), "") << path << body;
      }
    }
  }
}

TEST_P(PortalCallTest, MembersAreTakenUpToTheirLimitAndNoFurther) {
  Browser browser(router);
  browser.refresh();
  auto forgot = [&](size_t size) {
    return browser.post("password/forgot", R"({"email":")" + std::string(size, 'x') + R"("})").error();
  };
  EXPECT_EQ(forgot(1024), "email_invalid");
  EXPECT_EQ(forgot(1025), "invalid_request");
  auto verify = [&](size_t size) {
    return browser.post("verify-email", R"({"token":")" + std::string(size, 'x') + R"("})").error();
  };
  EXPECT_EQ(verify(128), "link_expired");
  EXPECT_EQ(verify(129), "invalid_request");
}

TEST(PortalFailure, GivesEveryErrorAnAnswerThatGivesNothingAway) {
  for (int code = 0; code <= static_cast<int>(Code::internal); ++code) {
    const Error error{static_cast<Code>(code), "detail for the log", "test"};
    auto response = portal_failure(error);
    EXPECT_GE(response.status, 400);
    const bool shows = response.body.find("detail for the log") != std::string::npos;
    EXPECT_EQ(shows, error.code == Code::invalid_argument) << code;
  }
  EXPECT_EQ(portal_failure({Code::store, "", ""}).status, 503);
  EXPECT_EQ(portal_failure({Code::unavailable, "", ""}).status, 503);
  EXPECT_EQ(portal_failure({Code::not_found, "", ""}).status, 404);
  EXPECT_EQ(portal_failure({Code::conflict, "", ""}).status, 409);
  EXPECT_EQ(portal_error(429, "too_many_attempts", "", 1).headers.get("retry-after"), "1");
  EXPECT_EQ(portal_error(429, "too_many_attempts", "", 1001).headers.get("retry-after"), "2");
}

}  // namespace
}  // namespace valetkey::faces
