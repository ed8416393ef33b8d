// RFC 6749 section 4.1.1, OAuth 2.1, RFC 7636, RFC 8707, RFC 9207, RFC 9396.
#include "domain/authorization/authorization_request.h"

#include <algorithm>

#include "domain/authorization/authorization_test_support.h"
#include "foundation/jose/jose.h"

namespace valetkey::authorization {
namespace {

using namespace testing_support;

// RFC 7636 appendix B.
constexpr const char* kVerifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
constexpr const char* kChallenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
constexpr const char* kRedirect = "https://app.test/callback";

class AuthorizationRequestTest : public AuthorizationTest {
 protected:
  AuthorizationRequestTest() {
    client_id =
        house
            .create_client("bea", R"({"client_name":"App","redirect_uris":["https://app.test/callback",
        "https://app.test/other?x=1"],"grant_types":["authorization_code","refresh_token"]})")
            .client.id;
  }
  http::Form good() const {
    return {{"client_id", client_id},       {"redirect_uri", kRedirect},       {"response_type", "code"},
            {"code_challenge", kChallenge}, {"code_challenge_method", "S256"}, {"state", "xyz"},
            {"scope", "openid notes:read"}};
  }
  http::Form with(const std::string& name, const std::string& value) const {
    http::Form form = good();
    for (auto& field : form) {
      if (field.first == name) {
        field.second = value;
        return form;
      }
    }
    form.emplace_back(name, value);
    return form;
  }
  http::Form without(const std::string& name) const {
    http::Form form = good();
    std::erase_if(form, [&](const auto& field) { return field.first == name; });
    return form;
  }
  CheckedRequest check(http::Form form) {
    auto checked = await_now(check_authorization_request(house.authority, std::move(form)));
    EXPECT_TRUE(checked.ok());
    return checked.ok() ? std::move(*checked) : CheckedRequest{};
  }
  // "word" when it is shown to the person, "word>" when it goes to the client; empty: not refused.
  std::string problem(http::Form form) {
    auto checked = check(std::move(form));
    auto* found = std::get_if<RequestProblem>(&checked);
    if (found == nullptr) return "";
    return std::string(to_string(found->refusal.code)) + (found->target ? ">" : "");
  }

  std::string client_id;
};
ON_BOTH_ENGINES(AuthorizationRequestTest);

TEST_P(AuthorizationRequestTest, AGoodRequestIsRead) {
  http::Form form = good();
  form.insert(form.end(), {{"nonce", "n"},
                           {"prompt", "login consent"},
                           {"max_age", "0"},
                           {"login_hint", "ada@example.test"},
                           {"resource", kNotes},
                           {"dpop_jkt", kChallenge},
                           {"authorization_details", R"([ {"type":"ai_model_access","x":1} ])"},
                           {"unknown", "ignored"}});
  auto checked = check(form);
  auto* request = std::get_if<AuthorizationRequest>(&checked);
  ASSERT_NE(request, nullptr);
  EXPECT_EQ(request->client.id, client_id);
  EXPECT_EQ(request->redirect.uri, kRedirect);
  EXPECT_EQ(request->redirect.state, "xyz");
  EXPECT_EQ(request->scopes, (Scopes{"openid", "notes:read"}));
  EXPECT_EQ(request->resource.uri, kNotes);
  EXPECT_EQ(request->code_challenge, kChallenge);
  EXPECT_EQ(request->nonce, "n");
  EXPECT_EQ(request->prompt, (Scopes{"login", "consent"}));
  EXPECT_EQ(request->max_age, 0);
  EXPECT_EQ(request->dpop_thumbprint, kChallenge);
  EXPECT_EQ(request->authorization_details, R"([{"type":"ai_model_access","x":1}])");
}

TEST_P(AuthorizationRequestTest, UntilClientAndRedirectAreProvedNothingIsSentAnywhere) {
  EXPECT_EQ(problem(without("client_id")), "invalid_request");
  EXPECT_EQ(problem(with("client_id", "unknown")), "invalid_client");
  EXPECT_EQ(problem(without("redirect_uri")), "invalid_request") << "it has two";
  for (const char* near : {"https://app.test/callback/",
                           "https://app.test/callbac",
                           "https://app.test/Callback",
                           "https://app.test/callback?",
                           "https://app.test/callback?x=1",
                           "https://app.test/callback#",
                           "https://app.test:443/callback",
                           "http://app.test/callback",
                           "https://APP.test/callback",
                           "https://app.test/a/../callback",
                           "https://app.test/%63allback",
                           "https://app.test//callback",
                           "https://app.test@evil.test/callback",
                           "https://user@app.test/callback",
                           "https://app.test.evil.test/callback",
                           "https://evil.test/https://app.test/callback",
                           "https://app.test\\callback",
                           "https://app.test/callback ",
                           " https://app.test/callback",
                           "https://app.test/callback%0d%0a",
                           "//app.test/callback",
                           "/callback",
                           "javascript:alert(1)",
                           "data:text/html,x",
                           "https://app.test/other",
                           "https://app.test/other?x=1&y=2",
                           "https://app.test/other?x=2"}) {
    EXPECT_EQ(problem(with("redirect_uri", near)), "invalid_request") << near;
  }
  http::Form doubled = good();
  doubled.emplace_back("redirect_uri", kRedirect);
  EXPECT_EQ(problem(doubled), "invalid_request");
  doubled = good();
  doubled.emplace_back("client_id", client_id);
  EXPECT_EQ(problem(doubled), "invalid_request");
}

TEST_P(AuthorizationRequestTest, EveryRepeatedParameterIsRefusedAndARepeatedStateNotGivenBack) {
  for (const char* name : {"response_type", "scope", "state", "nonce", "code_challenge",
                           "code_challenge_method", "prompt", "whatever"}) {
    http::Form form = without(name);
    form.emplace_back(name, "a");
    form.emplace_back(name, "a");
    EXPECT_EQ(problem(form), "invalid_request>") << name;
  }
  http::Form form = good();
  form.emplace_back("state", "evil");
  auto checked = check(form);
  auto* found = std::get_if<RequestProblem>(&checked);
  ASSERT_NE(found, nullptr);
  EXPECT_FALSE(found->target->state);
  http::Form resources = good();
  resources.emplace_back("resource", kNotes);
  resources.emplace_back("resource", kNotes);
  EXPECT_EQ(problem(resources), "") << "RFC 8707 allows it";
}

TEST_P(AuthorizationRequestTest, OnlyCodeWithS256IsServed) {
  EXPECT_EQ(problem(without("response_type")), "invalid_request>");
  for (const char* type : {"token", "id_token", "code token", "CODE", "none"}) {
    EXPECT_EQ(problem(with("response_type", type)), "unsupported_response_type>") << type;
  }
  EXPECT_EQ(problem(with("response_mode", "query")), "");
  EXPECT_EQ(problem(with("response_mode", "fragment")), "invalid_request>");
  EXPECT_EQ(problem(with("request", "a.b.c")), "request_not_supported>");
  EXPECT_EQ(problem(without("code_challenge")), "invalid_request>");
  EXPECT_EQ(problem(without("code_challenge_method")), "invalid_request>") << "its default would be plain";
  for (const char* method : {"plain", "s256", "S512"}) {
    EXPECT_EQ(problem(with("code_challenge_method", method)), "invalid_request>") << method;
  }
  for (const char* challenge :
       {"short", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM=",
        "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw+cM", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cMM"}) {
    EXPECT_EQ(problem(with("code_challenge", challenge)), "invalid_request>") << challenge;
  }
}

TEST_P(AuthorizationRequestTest, LimitsAndForms) {
  EXPECT_EQ(problem(with("state", std::string(4096, 's'))), "");
  EXPECT_EQ(problem(with("state", std::string(4097, 's'))), "invalid_request>");
  EXPECT_EQ(problem(with("nonce", std::string(512, 'n'))), "");
  EXPECT_EQ(problem(with("nonce", std::string(513, 'n'))), "invalid_request>");
  EXPECT_EQ(problem(with("nonce", "a\nb")), "invalid_request>");
  EXPECT_EQ(problem(with("login_hint", std::string(320, 'l'))), "");
  EXPECT_EQ(problem(with("login_hint", std::string(321, 'l'))), "invalid_request>");
  EXPECT_EQ(problem(with("dpop_jkt", "short")), "invalid_request>");
  for (const char* prompt : {"none login", "unknown", "login\"", "NONE"}) {
    EXPECT_EQ(problem(with("prompt", prompt)), "invalid_request>") << prompt;
  }
  for (const char* age : {"-1", "1.5", "x", "99999999999999999999", " 1", "315360001"}) {
    EXPECT_EQ(problem(with("max_age", age)), "invalid_request>") << age;
  }
  EXPECT_EQ(problem(with("max_age", "315360000")), "");
}

TEST_P(AuthorizationRequestTest, ScopeAndResource) {
  EXPECT_EQ(problem(with("scope", "unknown")), "invalid_scope>");
  EXPECT_EQ(problem(with("scope", "a\"b")), "invalid_scope>");
  auto some = check(with("scope", "unknown notes:write"));
  EXPECT_EQ(std::get<AuthorizationRequest>(some).scopes, Scopes{"notes:write"});
  auto none = check(without("scope"));
  EXPECT_EQ(std::get<AuthorizationRequest>(none).scopes, house.authority.options.default_scopes);
  EXPECT_EQ(std::get<AuthorizationRequest>(none).resource.uri, kDefaultResource);
  EXPECT_EQ(problem(with("resource", "https://unknown.test/")), "invalid_target>");
  EXPECT_EQ(problem(with("resource", "not a uri")), "invalid_target>");
  EXPECT_EQ(problem(with("resource", "HTTPS://notes.TEST:443/mcp")), "");
  http::Form two = with("resource", kNotes);
  two.emplace_back("resource", kPhotos);
  EXPECT_EQ(problem(two), "invalid_target>");
}

TEST_P(AuthorizationRequestTest, AClientWithoutTheGrantTypeIsToldSo) {
  auto robot =
      house.create_client("bea", R"({"client_name":"Robot","redirect_uris":["https://app.test/callback"],
      "grant_types":["client_credentials"]})");
  EXPECT_EQ(problem(with("client_id", robot.client.id)), "unauthorized_client>");
}

TEST(AuthorizationDetailsTest, OneKnownTypeAndALimit) {
  auto word = [](std::string_view text) {
    auto checked = check_authorization_details(text);
    EXPECT_TRUE(checked.ok());
    const Refusal* refused = refusal_of(*checked);
    return refused == nullptr ? std::string() : std::string(to_string(refused->code));
  };
  EXPECT_EQ(word(""), "");
  EXPECT_EQ(word(R"([{"type":"ai_model_access"}])"), "");
  for (const char* bad : {"{}", "[]", "7", "[7]", "[{}]", "[", R"([{"type":"payment"}])", R"([{"type":7}])",
                          R"([{"type":"ai_model_access"},{"type":"x"}])"}) {
    EXPECT_EQ(word(bad), "invalid_authorization_details") << bad;
  }
  auto sized = [](size_t size) {
    std::string text = R"([{"type":"ai_model_access","x":")";
    return text + std::string(size - text.size() - 3, 'x') + "\"}]";
  };
  EXPECT_EQ(word(sized(16 * 1024)), "");
  EXPECT_EQ(word(sized(16 * 1024 + 1)), "invalid_authorization_details");
}

TEST(PkceTest, TheTable) {
  struct Case {
    std::string verifier, challenge;
    bool fits;
  };
  const std::string long_one(128, 'a');
  const std::string long_challenge = jose::base64url_encode(crypto::sha256(long_one));
  for (const Case& c :
       {Case{kVerifier, kChallenge, true}, Case{long_one, long_challenge, true},
        Case{kChallenge, kChallenge, false}, Case{"", kChallenge, false}, Case{kVerifier, "", false},
        Case{"", "", false}, Case{std::string(kVerifier) + "x", kChallenge, false},
        Case{std::string(kVerifier).substr(1), kChallenge, false},
        Case{std::string(42, 'a'), jose::base64url_encode(crypto::sha256(std::string(42, 'a'))), false},
        Case{std::string(129, 'a'), jose::base64url_encode(crypto::sha256(std::string(129, 'a'))), false},
        Case{std::string(43, '+'), jose::base64url_encode(crypto::sha256(std::string(43, '+'))), false},
        Case{std::string(43, ' '), jose::base64url_encode(crypto::sha256(std::string(43, ' '))), false}}) {
    EXPECT_EQ(verifier_fits(c.verifier, c.challenge), c.fits) << c.verifier << " " << c.challenge;
  }
  EXPECT_TRUE(is_code_verifier(std::string(43, '~')));
  EXPECT_FALSE(is_code_challenge(std::string(43, '~')));
}

// RFC 9207: `iss` on success and on error; RFC 6749: a query that is there stays.
TEST(RedirectTest, TheAnswerIsAddedToTheQuery) {
  EXPECT_EQ(code_redirect({"https://a/cb", "s t"}, Secret(std::string_view("c")), "https://as"),
            "https://a/cb?code=c&state=s%20t&iss=https%3A%2F%2Fas");
  EXPECT_EQ(code_redirect({"https://a/cb?x=1", std::nullopt}, Secret(std::string_view("c")), "https://as"),
            "https://a/cb?x=1&code=c&iss=https%3A%2F%2Fas");
  EXPECT_EQ(
      error_redirect({"app:/cb", std::nullopt}, {OauthCode::access_denied, "No & no.", {}}, "https://as"),
      "app:/cb?error=access_denied&error_description=No%20%26%20no.&iss=https%3A%2F%2Fas");
  EXPECT_EQ(code_redirect({"https://a/cb", ""}, Secret(std::string_view("c")), "i"),
            "https://a/cb?code=c&state=&iss=i");
}

}  // namespace
}  // namespace valetkey::authorization
