#include "engine/providers/upstream_test_support.h"

namespace valetkey::providers {
namespace {

using Poll = DevicePoll::Kind;
using Refresh = RefreshReply::Kind;

constexpr char kUserCode[] = "/api/accounts/deviceauth/usercode";
constexpr char kPoll[] = "/api/accounts/deviceauth/token";
constexpr char kToken[] = "/oauth/token";
constexpr char kModels[] = "/backend-api/codex/models";

std::string tokens_body() {
  auto access =
      unsigned_jwt(R"({"exp":1763643600,"https://api.openai.com/auth":{"chatgpt_account_id":"acc"}})");
  return R"({"access_token":")" + access + R"(","refresh_token":"r-1"})";
}

class OpenAiFlow : public ProvidersAgainstFake {
 protected:
  DeviceCode code() {
    DeviceCode out;
    out.device_code = Secret(std::string_view("dev-1"));
    out.user_code = "ABCD-12345";
    return out;
  }
  Task<DevicePoll> poll() { return providers->device_flow().poll(ProviderId::openai, code(), "test_relay"); }
  Task<RefreshReply> refresh() {
    ProviderTokens tokens;
    tokens.access = Secret(std::string_view("old"));
    tokens.refresh = Secret(std::string_view("r-0"));
    tokens.account_id = "acc";
    return providers->token_refresher().refresh(ProviderId::openai, std::move(tokens), "test_relay");
  }
};

TEST_F(OpenAiFlow, FromCodeToTokens) {
  upstream.on(kUserCode, {{200, R"({"device_auth_id":"dev-1","user_code":"ABCD-12345","interval":"5"})"}});
  upstream.on(kPoll,
              {{403, "{}"}, {404, "<html>"}, {200, R"({"authorization_code":"c-1","code_verifier":"v-1"})"}});
  upstream.on(kToken, {{200, tokens_body()}});
  run([&]() -> Task<void> {
    auto start = co_await providers->device_flow().start(ProviderId::openai, "test_relay");
    EXPECT_TRUE(start.code.has_value());
    EXPECT_EQ(start.code->verification_url, upstream.origin() + "/codex/device");
    EXPECT_EQ((co_await poll()).kind, Poll::pending);
    EXPECT_EQ((co_await poll()).kind, Poll::pending);
    auto done = co_await poll();
    EXPECT_EQ(done.kind, Poll::approved);
    EXPECT_EQ(done.tokens.account_id, "acc");
    EXPECT_EQ(done.tokens.refresh.reveal(), "r-1");
  });
  auto started = upstream.asked(kUserCode).at(0);
  EXPECT_EQ(started.body, R"({"client_id":"app_EMoamEEZ73f0CkXaXp7hrann"})");
  EXPECT_EQ(started.header("originator"), "test_relay");
  EXPECT_TRUE(started.header("user-agent").starts_with("valetkey/"));
  EXPECT_EQ(upstream.asked(kPoll).at(0).body, R"({"device_auth_id":"dev-1","user_code":"ABCD-12345"})");
  auto form = http::decode_form(upstream.asked(kToken).at(0).body);
  ASSERT_TRUE(form.ok());
  EXPECT_EQ(http::form_value(*form, "grant_type"), "authorization_code");
  EXPECT_EQ(http::form_value(*form, "code"), "c-1");
  EXPECT_EQ(http::form_value(*form, "code_verifier"), "v-1");
  EXPECT_EQ(http::form_value(*form, "redirect_uri"), upstream.origin() + "/deviceauth/callback");
}

TEST_F(OpenAiFlow, AnApprovalSurvivesAFailedExchange) {
  upstream.on(kPoll, {{200, R"({"authorization_code":"c-1","code_verifier":"v-1"})"}, {400, "{}"}});
  upstream.on(kToken, {{503, ""}, {200, tokens_body()}});
  run([&]() -> Task<void> {
    EXPECT_EQ((co_await poll()).kind, Poll::transient);
    EXPECT_EQ((co_await poll()).kind, Poll::approved);
  });
  EXPECT_EQ(upstream.asked(kPoll).size(), 1u) << "the code is handed out once";
  EXPECT_EQ(upstream.asked(kToken).size(), 2u);
}

TEST_F(OpenAiFlow, ACutPollIsTransient) {
  upstream.on(kPoll, {cut_connection()});
  run([&]() -> Task<void> { EXPECT_EQ((co_await poll()).kind, Poll::transient); });
}

TEST_F(OpenAiFlow, RefreshSendsJsonAndRotates) {
  upstream.on(kToken, {{200, tokens_body()}});
  run([&]() -> Task<void> {
    auto reply = co_await refresh();
    EXPECT_EQ(reply.kind, Refresh::renewed);
    EXPECT_EQ(reply.tokens.refresh.reveal(), "r-1");
  });
  EXPECT_EQ(
      upstream.asked(kToken).at(0).body,
      R"({"client_id":"app_EMoamEEZ73f0CkXaXp7hrann","grant_type":"refresh_token","refresh_token":"r-0"})");
}

TEST_F(OpenAiFlow, ACutRefreshIsTransientAndSentOnce) {
  upstream.on(kToken, {cut_connection(), {200, tokens_body()}});
  run([&]() -> Task<void> { EXPECT_EQ((co_await refresh()).kind, Refresh::transient); });
  EXPECT_EQ(upstream.asked(kToken).size(), 1u) << "the server may have taken the token before it went";
}

TEST_F(OpenAiFlow, AnAuthAnswerOverTheLimitIsNotRead) {
  upstream.on(kToken, {{200, std::string(kMaxAuthBody + 1, 'x')}});
  run([&]() -> Task<void> { EXPECT_EQ((co_await refresh()).kind, Refresh::transient); });
}

TEST_F(OpenAiFlow, ModelsAreCachedAndAskedForWithTheirTag) {
  upstream.on(kModels,
              {{200, R"({"models":[{"slug":"gpt-x"}]})", {{"etag", "\"v1\""}}}, {304, ""}, {500, ""}});
  run([&]() -> Task<void> {
    Cancellation never;
    auto mine = credential(ProviderId::openai);
    auto& openai = providers->get(ProviderId::openai);
    for (int i = 0; i < 3; ++i) {
      auto listed = co_await openai.models(mine, never);
      EXPECT_EQ(std::get<std::vector<Model>>(listed).at(0).id, "gpt-x");
      EXPECT_EQ(std::get<std::vector<Model>>(listed).at(0).created, kNoon / 1000);
    }
    EXPECT_EQ(upstream.asked(kModels).size(), 1u);
    clock.advance(301 * kSecond);
    EXPECT_EQ(std::get<std::vector<Model>>(co_await openai.models(mine, never)).at(0).created, kNoon / 1000);
    clock.advance(301 * kSecond);
    EXPECT_EQ(std::get<std::vector<Model>>(co_await openai.models(mine, never)).at(0).id, "gpt-x")
        << "from the cache";
  });
  auto asked = upstream.asked(kModels);
  ASSERT_EQ(asked.size(), 3u);
  EXPECT_EQ(asked[0].path, "/backend-api/codex/models?client_version=0.154.0");
  EXPECT_EQ(asked[0].header("if-none-match"), "");
  EXPECT_EQ(asked[1].header("if-none-match"), "\"v1\"");
  EXPECT_EQ(asked[0].header("chatgpt-account-id"), "acc");
}

TEST_F(OpenAiFlow, WithoutACatalogTheConfiguredListAnswersButNotForARefusedToken) {
  upstream.on(kModels, {{500, ""}, {401, R"({"detail":"Unauthorized"})"}});
  run([&]() -> Task<void> {
    Cancellation never;
    auto mine = credential(ProviderId::openai);
    auto& openai = providers->get(ProviderId::openai);
    auto listed = co_await openai.models(mine, never);
    EXPECT_EQ(std::get<std::vector<Model>>(listed).at(0).id, "fallback-model");
    auto refused = co_await openai.models(mine, never);
    EXPECT_EQ(std::get<Failure>(refused).kind, Failure::Kind::reauthenticate);
  });
}

TEST_F(OpenAiFlow, PlanGoesToResponses) {
  run([&]() -> Task<void> {
    Cancellation never;
    PlannedRequest request;
    auto mine = credential(ProviderId::openai);
    auto planned = co_await providers->get(ProviderId::openai).plan(mine, request, {}, never);
    auto& plan = std::get<CallPlan>(planned);
    EXPECT_EQ(plan.url.target, "/backend-api/codex/responses");
    EXPECT_EQ(plan.upstream, dialects::UpstreamKind::codex);
    EXPECT_FALSE(providers->get(ProviderId::openai).forget_rejected(mine, 0));
  });
}

TEST_F(OpenAiFlow, NobodyListening) {
  ProviderOptions options;
  options.enabled = {ProviderId::openai};
  options.openai.issuer = "http://127.0.0.1:1";
  Providers dead(std::move(options), clients, clock, crypto::system_random());
  run([&]() -> Task<void> {
    auto start = co_await dead.device_flow().start(ProviderId::openai, "test_relay");
    EXPECT_FALSE(start.code);
    EXPECT_NE(start.problem.find("cannot be reached"), std::string::npos);
    auto off = co_await dead.device_flow().start(ProviderId::xai, "test_relay");
    EXPECT_NE(off.problem.find("turned off"), std::string::npos);
    ProviderTokens tokens;
    tokens.refresh = Secret(std::string_view("r"));
    auto reply = co_await dead.token_refresher().refresh(ProviderId::openai, tokens, "test_relay");
    EXPECT_EQ(reply.kind, Refresh::transient);
  });
}

}  // namespace
}  // namespace valetkey::providers
