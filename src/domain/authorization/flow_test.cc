#include "domain/authorization/flow.h"

#include <gtest/gtest.h>

#include "domain/authorization/flow_test_support.h"

namespace valetkey::authorization {
namespace {

using namespace testing_support;

class Flow : public FlowTest {
 protected:
  apps::Client client = house.make_client();

  Begun begin(http::Form form, bool signed_in = true) {
    std::optional<accounts::BrowserSession> session;
    if (signed_in) session = house.session;
    auto begun = await_now(house.flow.begin(std::move(form), "browser", std::move(session)));
    EXPECT_TRUE(begun.ok());
    return begun.ok() ? std::move(*begun) : Begun(ShowError{});
  }
  // What the client hears: its error word, "code", or where else the browser went.
  std::string heard(http::Form form, bool signed_in = true) {
    Begun begun = begin(std::move(form), signed_in);
    if (std::holds_alternative<AskPerson>(begun)) return "asked";
    if (auto* error = std::get_if<ShowError>(&begun))
      return "page " + std::string(to_string(error->refusal.code));
    auto parameters = FlowHouse::parameters_of(std::get<SendToClient>(begun).url);
    EXPECT_EQ(http::form_value(parameters, "iss"), kIssuer);  // RFC 9207, errors too
    auto error = http::form_value(parameters, "error");
    return error.empty() ? "code" : std::string(error);
  }
  Secret asked(http::Form form) {
    Begun begun = begin(std::move(form));
    auto* question = std::get_if<AskPerson>(&begun);
    return question == nullptr ? Secret() : question->request;
  }
};

TEST_P(Flow, ErrorsGoToAPageUntilClientAndRedirectAreProved) {
  auto with = [&](std::string name, std::string value) {
    return FlowHouse::request_of(client, {{name, value}});
  };
  EXPECT_EQ(heard(with("client_id", "nobody")), "page invalid_client");
  EXPECT_EQ(heard(with("client_id", "")), "page invalid_request");
  EXPECT_EQ(heard(with("redirect_uri", "https://evil.example/callback")), "page invalid_request");
  auto twice = FlowHouse::request_of(client);
  twice.emplace_back("redirect_uri", "https://evil.example/callback");
  EXPECT_EQ(heard(twice), "page invalid_request");
}

TEST_P(Flow, ThenTheClientIsTold) {
  auto with = [&](std::string name, std::string value) {
    return FlowHouse::request_of(client, {{name, value}});
  };
  EXPECT_EQ(heard(with("response_type", "token")), "unsupported_response_type");
  EXPECT_EQ(heard(with("response_type", "")), "invalid_request");
  EXPECT_EQ(heard(with("code_challenge", "")), "invalid_request");
  EXPECT_EQ(heard(with("code_challenge_method", "plain")), "invalid_request");
  EXPECT_EQ(heard(with("code_challenge_method", "")), "invalid_request");
  EXPECT_EQ(heard(with("code_challenge", "short")), "invalid_request");
  EXPECT_EQ(heard(with("resource", "https://nobody.example/")), "invalid_target");
  EXPECT_EQ(heard(with("scope", "no.such.scope")), "invalid_scope");
  EXPECT_EQ(heard(with("scope", "bad\"scope")), "invalid_scope");
  EXPECT_EQ(heard(with("prompt", "none login")), "invalid_request");
  EXPECT_EQ(heard(with("max_age", "-1")), "invalid_request");
  EXPECT_EQ(heard(with("request", "eyJ")), "request_not_supported");
  EXPECT_EQ(heard(with("authorization_details", "[{\"type\":\"x\"}]")), "invalid_authorization_details");
  auto twice = FlowHouse::request_of(client);
  twice.emplace_back("scope", "openid");
  EXPECT_EQ(heard(twice), "invalid_request");
}

TEST_P(Flow, AMissingScopeIsTheDefault) {
  Secret request = asked(FlowHouse::request_of(client, {{"scope", ""}}));
  auto question = await_now(house.flow.ask(request, "browser", house.session));
  ASSERT_TRUE(question.ok());
  EXPECT_EQ(join_scopes(question->request.scopes), "openid profile email");
}

TEST_P(Flow, WhatWasGrantedIsRememberedAndOnlyMoreIsAsked) {
  EXPECT_EQ(heard(FlowHouse::request_of(client)), "asked");
  house.approve(FlowHouse::request_of(client));
  EXPECT_EQ(heard(FlowHouse::request_of(client)), "code");
  EXPECT_EQ(heard(FlowHouse::request_of(client, {{"prompt", "none"}})), "code");
  auto wider = FlowHouse::request_of(client, {{"scope", "openid email notes:read notes:write"}});
  auto question = await_now(house.flow.ask(asked(wider), "browser", house.session));
  ASSERT_TRUE(question.ok());
  EXPECT_EQ(join_scopes(question->granted_before), "openid email notes:read");
}

TEST_P(Flow, AnAppAnybodyMayPretendToBeIsAlwaysAsked) {
  auto document =
      JsonDocument::parse(R"({"client_name":"D","redirect_uris":["https://app.example/callback"]})");
  auto made = await_now(house.clients.register_dynamic(document->root()));
  client = std::get<apps::Registration>(*made).client;
  house.approve(FlowHouse::request_of(client));
  EXPECT_EQ(heard(FlowHouse::request_of(client)), "asked");
  EXPECT_EQ(heard(FlowHouse::request_of(client, {{"prompt", "none"}})), "consent_required");
}

TEST_P(Flow, PromptAndMaxAge) {
  EXPECT_EQ(heard(FlowHouse::request_of(client, {{"prompt", "none"}}), false), "login_required");
  EXPECT_EQ(heard(FlowHouse::request_of(client, {{"prompt", "none"}})), "consent_required");
  house.approve(FlowHouse::request_of(client));
  EXPECT_EQ(heard(FlowHouse::request_of(client, {{"prompt", "consent"}})), "asked");
  EXPECT_EQ(heard(FlowHouse::request_of(client, {{"max_age", "60"}})), "code");
  EXPECT_EQ(heard(FlowHouse::request_of(client, {{"max_age", "59"}})), "asked");
  EXPECT_EQ(heard(FlowHouse::request_of(client, {{"max_age", "59"}, {"prompt", "none"}})), "login_required");

  Secret request = asked(FlowHouse::request_of(client, {{"prompt", "login"}}));
  auto question = await_now(house.flow.ask(request, "browser", house.session));
  EXPECT_EQ(question->sign_in, SignInNeed::again);
  auto refused = await_now(house.flow.decide(request, "browser", house.session, {.approve = true}));
  EXPECT_EQ(refused.error().code, Code::unauthorized);
  house.session.authenticated_at = house.clock.now();
  EXPECT_TRUE(await_now(house.flow.decide(request, "browser", house.session, {.approve = true})).ok());
}

// Confused deputy and login CSRF: the question belongs to the browser it was asked in.
TEST_P(Flow, AnotherBrowserCannotSeeOrAnswer) {
  Secret request = asked(FlowHouse::request_of(client));
  EXPECT_EQ(await_now(house.flow.ask(request, "other", house.session)).error().code, Code::not_found);
  EXPECT_EQ(await_now(house.flow.ask(request, "", house.session)).error().code, Code::not_found);
  EXPECT_EQ(await_now(house.flow.decide(request, "other", house.session, {.approve = true})).error().code,
            Code::not_found);
  EXPECT_TRUE(await_now(house.flow.decide(request, "browser", house.session, {.approve = true})).ok());
}

TEST_P(Flow, ADecisionCountsOnce) {
  Secret request = asked(FlowHouse::request_of(client));
  std::vector<Task<Result<std::string>>> tasks;
  for (int i = 0; i < 32; ++i) {
    tasks.push_back(house.flow.decide(request, "browser", house.session, {.approve = true}));
  }
  int won = 0;
  for (auto& url : await_all(std::move(tasks))) won += url.ok() ? 1 : 0;
  EXPECT_EQ(won, 1);
}

TEST_P(Flow, NoIsAnAnswerToo) {
  auto parameters = house.approve(FlowHouse::request_of(client), {.approve = false});
  EXPECT_EQ(http::form_value(parameters, "error"), "access_denied");
  EXPECT_EQ(http::form_value(parameters, "state"), "st");
  EXPECT_EQ(http::form_value(parameters, "iss"), kIssuer);
  EXPECT_EQ(http::form_value(parameters, "code"), "");
}

TEST_P(Flow, OnlyWhatWasAskedForCanBeGiven) {
  Secret request = asked(FlowHouse::request_of(client));
  Decision more{.approve = true, .scopes = Scopes{"openid", "notes:write"}, .credential_id = {}};
  EXPECT_EQ(await_now(house.flow.decide(request, "browser", house.session, more)).error().code,
            Code::invalid_argument);
  Decision less{.approve = true, .scopes = Scopes{"notes:read"}, .credential_id = {}};
  auto url = await_now(house.flow.decide(request, "browser", house.session, less));
  ASSERT_TRUE(url.ok());
  std::string code(http::form_value(FlowHouse::parameters_of(*url), "code"));
  EXPECT_EQ(join_scopes(house.must_redeem(client, code).scopes), "notes:read");
}

TEST_P(Flow, APushedRequestStandsForTheWholeAndOnce) {
  auto pushed = await_now(house.flow.push(FlowHouse::request_of(client), client.id));
  ASSERT_EQ(word_of(pushed), "");
  http::Form form{{"client_id", client.id},
                  {"request_uri", std::get<AuthorizationFlow::Pushed>(*pushed).request_uri},
                  {"scope", "notes:write"},
                  {"redirect_uri", "https://evil.example/"}};
  http::Form of_another = form;
  of_another.front().second = house.make_client().id;
  EXPECT_EQ(heard(form), "asked");
  EXPECT_EQ(heard(form), "page invalid_request_uri");
  EXPECT_EQ(heard(of_another), "page invalid_request_uri");
  EXPECT_EQ(word_of(await_now(house.flow.push(
                FlowHouse::request_of(client, {{"resource", "https://x.example"}}), client.id))),
            "invalid_target");
}

TEST_P(Flow, AWaitingRequestEnds) {
  Secret request = asked(FlowHouse::request_of(client));
  house.clock.advance(house.authority.options.request_lifetime);
  EXPECT_EQ(await_now(house.flow.ask(request, "browser", house.session)).error().code, Code::not_found);
}

ON_BOTH_ENGINES(Flow);

}  // namespace
}  // namespace valetkey::authorization
