#include <atomic>

#include "engine/providers/upstream_test_support.h"

namespace valetkey::providers {
namespace {

using Poll = DevicePoll::Kind;

constexpr char kPoll[] = "/login/oauth/access_token";
constexpr char kExchange[] = "/api/copilot_internal/v2/token";
constexpr char kModels[] = "/copilot/models";
constexpr char kGranted[] = R"({"access_token":"ghu_1","token_type":"bearer"})";

std::string copilot(std::string token) {
  return R"({"token":")" + token + R"(","refresh_in":1500})";
}

class GithubFlow : public ProvidersAgainstFake {
 protected:
  Task<DevicePoll> poll() {
    DeviceCode code;
    code.device_code = Secret(std::string_view("d-1"));
    return providers->device_flow().poll(ProviderId::github, std::move(code), "test_relay");
  }
  Task<CallPlan> plan(PlannedRequest& request) {
    Cancellation never;
    auto mine = credential(ProviderId::github);
    auto planned = co_await providers->get(ProviderId::github).plan(mine, request, {}, never);
    auto* found = std::get_if<CallPlan>(&planned);
    EXPECT_NE(found, nullptr);
    co_return found != nullptr ? std::move(*found) : CallPlan{};
  }
};

TEST_F(GithubFlow, SignInChecksCopilotAndFindsTheAccount) {
  upstream.on(
      "/login/device/code",
      {{200,
        R"({"device_code":"d-1","user_code":"U","verification_uri":"https://github.com/login/device"})"}});
  upstream.on(kPoll, {{200, R"({"error":"authorization_pending"})"}, {200, kGranted}});
  upstream.on(kExchange, {{200, copilot("tid=1")}});
  upstream.on("/api/user", {{200, R"({"id":583231,"login":"octocat"})"}});
  run([&]() -> Task<void> {
    auto start = co_await providers->device_flow().start(ProviderId::github, "test_relay");
    EXPECT_TRUE(start.code.has_value());
    EXPECT_EQ((co_await poll()).kind, Poll::pending);
    auto done = co_await poll();
    EXPECT_EQ(done.kind, Poll::approved);
    EXPECT_EQ(done.tokens.account_id, "583231");
    EXPECT_EQ(done.tokens.access.reveal(), "ghu_1");
    EXPECT_TRUE(done.tokens.refresh.empty());
    EXPECT_EQ(done.tokens.expires, kNoon + 365 * kDay);
  });
  EXPECT_EQ(upstream.asked(kExchange).at(0).header("authorization"), "token ghu_1");
  EXPECT_EQ(upstream.asked("/api/user").at(0).header("authorization"), "Bearer ghu_1");
  EXPECT_FALSE(providers->token_refresher().can_refresh(ProviderId::github));
}

TEST_F(GithubFlow, WithoutCopilotItIsRefusedInWords) {
  upstream.on(kPoll, {{200, kGranted}});
  upstream.on(kExchange, {{403, R"({"error_details":{"notification_id":"no_copilot_access"}})"}});
  run([&]() -> Task<void> {
    auto done = co_await poll();
    EXPECT_EQ(done.kind, Poll::refused);
    EXPECT_NE(done.problem.find("no Copilot plan"), std::string::npos);
  });
}

TEST_F(GithubFlow, AGrantedTokenSurvivesTroubleAtTheNextStep) {
  upstream.on(kPoll, {{200, kGranted}, {200, R"({"error":"incorrect_device_code"})"}});
  upstream.on(kExchange, {{503, ""}, {200, copilot("tid=1")}});
  upstream.on("/api/user", {{502, ""}, {200, R"({"id":1})"}});
  run([&]() -> Task<void> {
    EXPECT_EQ((co_await poll()).kind, Poll::transient);
    EXPECT_EQ((co_await poll()).kind, Poll::transient);
    EXPECT_EQ((co_await poll()).kind, Poll::approved);
  });
  EXPECT_EQ(upstream.asked(kPoll).size(), 1u);
}

TEST_F(GithubFlow, ManyPlansMakeOneExchangeAndOneCatalog) {
  upstream.on(kExchange, {{200, copilot("tid=1"), {}, 50}});
  upstream.on(kModels, {{200, R"({"data":[{"id":"m","supported_endpoints":["/responses"]}]})"}});
  run([&]() -> Task<void> {
    auto left = std::make_shared<std::atomic<int>>(64);
    std::function<Task<void>()> one = [&, left]() -> Task<void> {
      PlannedRequest request;
      auto got = co_await plan(request);
      EXPECT_EQ(got.upstream, dialects::UpstreamKind::copilot_responses);
      EXPECT_EQ(got.headers.get("authorization"), "Bearer tid=1");
      --*left;
    };
    for (int i = 0; i < 64; ++i) worker.spawn(one());
    while (*left > 0) co_await net::sleep_for(5);
  });
  EXPECT_EQ(upstream.asked(kExchange).size(), 1u);
  EXPECT_EQ(upstream.asked(kModels).size(), 1u);
}

TEST_F(GithubFlow, ARejectedTokenIsExchangedAgainOnce) {
  upstream.on(kExchange, {{200, copilot("tid=1")}, {200, copilot("tid=2")}, {200, copilot("tid=3")}});
  upstream.on(kModels, {{200, R"({"data":[]})"}});
  run([&]() -> Task<void> {
    PlannedRequest request;
    auto& github = providers->get(ProviderId::github);
    auto mine = credential(ProviderId::github);
    EXPECT_FALSE(github.forget_rejected(mine, 0)) << "nothing was handed out yet";
    auto first = co_await plan(request);
    EXPECT_EQ(first.headers.get("authorization"), "Bearer tid=1");
    EXPECT_TRUE(github.forget_rejected(mine, first.token_serial));
    auto second = co_await plan(request);
    EXPECT_EQ(second.headers.get("authorization"), "Bearer tid=2");
    for (int echo = 0; echo < 3; ++echo) {
      clock.advance(10 * kSecond);
      EXPECT_TRUE(github.forget_rejected(mine, first.token_serial)) << "replaced already: worth another try";
      EXPECT_EQ((co_await plan(request)).headers.get("authorization"), "Bearer tid=2");
    }
    EXPECT_TRUE(github.forget_rejected(mine, second.token_serial)) << "and at once, when it is the one kept";
    EXPECT_EQ((co_await plan(request)).headers.get("authorization"), "Bearer tid=3");
  });
  EXPECT_EQ(upstream.asked(kExchange).size(), 3u);
}

TEST_F(GithubFlow, ATokenIsExchangedAgainWhenItsTimeIsUp) {
  upstream.on(kExchange, {{200, copilot("tid=1")}, {200, copilot("tid=2")}});
  upstream.on(kModels, {{200, R"({"data":[]})"}});
  run([&]() -> Task<void> {
    PlannedRequest request;
    EXPECT_EQ((co_await plan(request)).headers.get("authorization"), "Bearer tid=1");
    clock.advance(1439 * kSecond);
    EXPECT_EQ((co_await plan(request)).headers.get("authorization"), "Bearer tid=1");
    clock.advance(kSecond);
    EXPECT_EQ((co_await plan(request)).headers.get("authorization"), "Bearer tid=2");
  });
}

TEST_F(GithubFlow, CallsGoWhereTheExchangeSaysAndWithoutACatalogToChat) {
  upstream.on(kExchange, {{200, R"({"token":"t","refresh_in":1500,"endpoints":{"api":")" + upstream.origin() +
                                    R"(/business"}})"}});
  run([&]() -> Task<void> {
    PlannedRequest request;
    request.images_ = true;
    request.from_user_ = false;
    auto got = co_await plan(request);
    EXPECT_EQ(got.url.target, "/business/chat/completions");
    EXPECT_EQ(got.upstream, dialects::UpstreamKind::copilot_chat);
    EXPECT_EQ(got.headers.get("copilot-vision-request"), "true");
    EXPECT_EQ(got.headers.get("x-initiator"), "agent");
    co_await plan(request);
  });
  EXPECT_EQ(upstream.asked("/business/models").size(), 1u)
      << "a failed catalog is not asked for at every call";
}

TEST_F(GithubFlow, ADeadGithubTokenIsReported) {
  upstream.on(kExchange, {{401, R"({"message":"Bad credentials"})"}});
  run([&]() -> Task<void> {
    Cancellation never;
    PlannedRequest request;
    auto mine = credential(ProviderId::github);
    auto planned = co_await providers->get(ProviderId::github).plan(mine, request, {}, never);
    EXPECT_EQ(std::get<Failure>(planned).kind, Failure::Kind::reauthenticate);
    auto listed = co_await providers->get(ProviderId::github).models(mine, never);
    EXPECT_EQ(std::get<Failure>(listed).status, 401);
  });
}

TEST_F(GithubFlow, ModelsUseTheCopilotTokenAndExchangeARefusedOne) {
  upstream.on(kExchange, {{200, copilot("tid=1")}, {200, copilot("tid=2")}});
  upstream.on(kModels, {{401, "unauthorized: token expired"},
                        {200, R"({"data":[{"id":"gpt-x","vendor":"OpenAI"}]})"}});
  run([&]() -> Task<void> {
    Cancellation never;
    auto mine = credential(ProviderId::github);
    auto listed = co_await providers->get(ProviderId::github).models(mine, never);
    EXPECT_EQ(std::get<std::vector<Model>>(listed).at(0).owned_by, "OpenAI");
  });
  EXPECT_EQ(upstream.asked(kModels).at(0).header("authorization"), "Bearer tid=1");
  EXPECT_EQ(upstream.asked(kModels).at(1).header("authorization"), "Bearer tid=2");
}

TEST_F(GithubFlow, ACatalogThatRefusesEveryTokenIsAskedTwice) {
  upstream.on(kExchange, {{200, copilot("tid=1")}, {200, copilot("tid=2")}});
  upstream.on(kModels, {{401, "unauthorized: token expired"}});
  run([&]() -> Task<void> {
    Cancellation never;
    auto mine = credential(ProviderId::github);
    auto listed = co_await providers->get(ProviderId::github).models(mine, never);
    EXPECT_EQ(std::get<Failure>(listed).kind, Failure::Kind::reauthenticate);
  });
  EXPECT_EQ(upstream.asked(kModels).size(), 2u);
}

// Who leaves does not wait; what was begun is there for the next.
TEST_F(GithubFlow, ACallerWhoLeavesWhileTokenOrCatalogAreFetchedIsLetGo) {
  upstream.on(kExchange, {{200, copilot("tid=1"), {}, 500}});
  upstream.on(kModels, {{200, R"({"data":[{"id":"gpt-x","vendor":"OpenAI"}]})", {}, 500}});
  run([&]() -> Task<void> {
    auto& github = providers->get(ProviderId::github);
    auto mine = credential(ProviderId::github);
    for (const char* fetched : {kExchange, kModels}) {
      Cancellation cancellation;
      std::function<Task<void>()> leave = [&, fetched]() -> Task<void> {
        while (upstream.asked(fetched).empty()) co_await net::sleep_for(5);
        cancellation.request();
      };
      worker.spawn(leave());
      auto listed = co_await github.models(mine, cancellation);
      EXPECT_TRUE(std::holds_alternative<Failure>(listed)) << fetched;
    }
    Cancellation gone;
    gone.request();
    PlannedRequest request;
    EXPECT_TRUE(std::holds_alternative<Failure>(co_await github.plan(mine, request, {}, gone)));
    Cancellation never;
    auto listed = co_await github.models(mine, never);
    EXPECT_EQ(std::get<std::vector<Model>>(listed).size(), 1u);
  });
  EXPECT_EQ(upstream.asked(kExchange).size(), 1u);
  EXPECT_EQ(upstream.asked(kModels).size(), 1u);
}

}  // namespace
}  // namespace valetkey::providers
