#include "engine/providers/upstream_test_support.h"

namespace valetkey::providers {
namespace {

using Poll = DevicePoll::Kind;
using Refresh = RefreshReply::Kind;

constexpr char kDiscovery[] = "/.well-known/openid-configuration";

class XaiFlow : public ProvidersAgainstFake {
 protected:
  std::string document(std::string token_path) {
    return R"({"device_authorization_endpoint":")" + upstream.origin() + R"(/device","token_endpoint":")" +
           upstream.origin() + token_path + R"("})";
  }
  Task<DevicePoll> poll() {
    DeviceCode code;
    code.device_code = Secret(std::string_view("d-1"));
    return providers->device_flow().poll(ProviderId::xai, std::move(code), "test_relay");
  }
  Task<RefreshReply> refresh() {
    ProviderTokens tokens;
    tokens.refresh = Secret(std::string_view("r-0"));
    tokens.account_id = "user-7";
    return providers->token_refresher().refresh(ProviderId::xai, std::move(tokens), "test_relay");
  }
  const std::string tokens_ = R"({"access_token":")" + unsigned_jwt(R"({"sub":"user-7","exp":1763643600})") +
                              R"(","refresh_token":"r-1"})";
};

TEST_F(XaiFlow, FromCodeToTokensWithOneDiscovery) {
  upstream.on(kDiscovery, {{200, document("/token")}});
  upstream.on(
      "/device",
      {{200, R"({"device_code":"d-1","user_code":"U","verification_uri":"https://accounts.x.ai/v"})"}});
  upstream.on(
      "/token",
      {{400, R"({"error":"authorization_pending"})"}, {400, R"({"error":"slow_down"})"}, {200, tokens_}});
  run([&]() -> Task<void> {
    auto start = co_await providers->device_flow().start(ProviderId::xai, "test_relay");
    EXPECT_TRUE(start.code.has_value());
    EXPECT_EQ((co_await poll()).kind, Poll::pending);
    EXPECT_EQ((co_await poll()).kind, Poll::slow_down);
    auto done = co_await poll();
    EXPECT_EQ(done.kind, Poll::approved);
    EXPECT_EQ(done.tokens.account_id, "user-7");
  });
  EXPECT_EQ(upstream.asked(kDiscovery).size(), 1u);
  auto form = http::decode_form(upstream.asked("/device").at(0).body);
  EXPECT_EQ(http::form_value(*form, "scope"),
            "openid profile email offline_access grok-cli:access api:access");
}

TEST_F(XaiFlow, DiscoveryThatFailsIsAskedAgain) {
  upstream.on(
      kDiscovery,
      {{500, ""},
       {200,
        R"({"device_authorization_endpoint":"https://evil.example/d","token_endpoint":"https://evil.example/t"})"},
       {200, document("/token")}});
  upstream.on("/token", {{200, tokens_}});
  run([&]() -> Task<void> {
    EXPECT_EQ((co_await refresh()).kind, Refresh::transient);
    EXPECT_EQ((co_await refresh()).kind, Refresh::transient) << "a foreign host is no endpoint";
    EXPECT_EQ((co_await refresh()).kind, Refresh::renewed);
  });
}

TEST_F(XaiFlow, AMovedTokenEndpointIsFoundWithinOneRefresh) {
  upstream.on(kDiscovery, {{200, document("/old")}, {200, document("/new")}});
  upstream.on("/old", {{403, "<html>Forbidden</html>"}});
  upstream.on("/new", {{200, tokens_}});
  run([&]() -> Task<void> {
    auto reply = co_await refresh();
    EXPECT_EQ(reply.kind, Refresh::renewed);
    EXPECT_EQ(reply.tokens.refresh.reveal(), "r-1");
  });
  EXPECT_EQ(upstream.asked("/old").size(), 1u);
  EXPECT_EQ(upstream.asked("/new").size(), 1u);
}

TEST_F(XaiFlow, PlanFollowsTheDialect) {
  run([&]() -> Task<void> {
    Cancellation never;
    PlannedRequest request;
    auto mine = credential(ProviderId::xai);
    auto chat = co_await providers->get(ProviderId::xai).plan(mine, request, {}, never);
    EXPECT_EQ(std::get<CallPlan>(chat).url.target, "/xai/v1/chat/completions");
    EXPECT_EQ(std::get<CallPlan>(chat).upstream, dialects::UpstreamKind::xai_chat);
    request.dialect_ = dialects::Dialect::responses;
    auto responses = co_await providers->get(ProviderId::xai).plan(mine, request, {}, never);
    EXPECT_EQ(std::get<CallPlan>(responses).url.target, "/xai/v1/responses");
    EXPECT_EQ(std::get<CallPlan>(responses).headers.get("authorization"), "Bearer access-1");
  });
}

TEST_F(XaiFlow, ModelsOrTheirFailure) {
  upstream.on("/xai/v1/models",
              {{503, ""}, {200, R"({"data":[{"id":"grok-4.7","created":5,"owned_by":"xai"}]})"}});
  run([&]() -> Task<void> {
    Cancellation never;
    auto mine = credential(ProviderId::xai);
    auto& xai = providers->get(ProviderId::xai);
    EXPECT_EQ(std::get<Failure>(co_await xai.models(mine, never)).status, 503);
    EXPECT_EQ(std::get<std::vector<Model>>(co_await xai.models(mine, never)).at(0).created, 5);
  });
}

}  // namespace
}  // namespace valetkey::providers
