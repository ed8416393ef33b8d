// RFC 8693, narrowing only.
#include "domain/authorization/authorization_test_support.h"

namespace valetkey::authorization {
namespace {

using namespace testing_support;

constexpr const char* kGrantType = "urn:ietf:params:oauth:grant-type:token-exchange";
constexpr const char* kAccessTokenType = "urn:ietf:params:oauth:token-type:access_token";

http::Form form_for(const Secret& subject, http::Form more = {}) {
  http::Form form{{"subject_token", std::string(subject.reveal())}, {"subject_token_type", kAccessTokenType}};
  form.insert(form.end(), more.begin(), more.end());
  return form;
}

class TokenExchangeTest : public AuthorizationTest {
 protected:
  Result<Outcome<TokenAnswer>> exchange(const apps::AuthenticatedClient& client, http::Form form,
                                        std::string thumbprint = "") {
    return await_now(
        exchange_token(house.authority, TokenRequest{std::move(form), client, std::move(thumbprint)}));
  }
  OauthCode refusal(const apps::AuthenticatedClient& client, http::Form form, std::string thumbprint = "") {
    return code_of(exchange(client, std::move(form), std::move(thumbprint)));
  }

  apps::AuthenticatedClient app = proved_client("app", {"authorization_code", kGrantType});
  apps::AuthenticatedClient server =
      House::builders("notes-server", "bea", {kGrantType, "client_credentials"});
  Issued issued = house.issue(app.client, {"openid", "notes:read", "notes:write"}, kNotes);
};
ON_BOTH_ENGINES(TokenExchangeTest);

TEST_P(TokenExchangeTest, ItsOwnClientNarrowsTheScope) {
  house.clock.advance(kMinute);
  auto answer = must(exchange(app, form_for(issued.access_token, {{"scope", "notes:read"}})));
  EXPECT_EQ(answer.issued_token_type, kAccessTokenType);
  EXPECT_TRUE(answer.refresh_token.empty());
  EXPECT_TRUE(answer.id_token.empty());
  EXPECT_EQ(answer.expires_in, 9 * 60) << "not later than the token it came of";
  auto token = house.read(answer.access_token);
  ASSERT_TRUE(token.ok());
  EXPECT_EQ(token->subject, "ada");
  EXPECT_EQ(token->scopes, Scopes{"notes:read"});
  EXPECT_EQ(token->audience, kNotes);
  EXPECT_EQ(token->grant_id, issued.grant.id);
  EXPECT_NE(write_token_answer(answer).reveal().find("\"issued_token_type\""), std::string_view::npos);
}

TEST_P(TokenExchangeTest, NothingIsEverWidened) {
  auto narrow = must(exchange(app, form_for(issued.access_token, {{"scope", "notes:read"}}))).access_token;
  EXPECT_EQ(refusal(app, form_for(narrow, {{"scope", "notes:read notes:write"}})), OauthCode::invalid_scope);
  EXPECT_EQ(refusal(app, form_for(narrow, {{"scope", "email"}})), OauthCode::invalid_scope);
  EXPECT_EQ(refusal(app, form_for(narrow, {{"scope", "\""}})), OauthCode::invalid_scope);
  EXPECT_EQ(must(exchange(app, form_for(narrow))).scopes, Scopes{"notes:read"});
  EXPECT_EQ(refusal(app, form_for(narrow, {{"authorization_details", R"([{"type":"ai_model_access"}])"}})),
            OauthCode::invalid_authorization_details);
}

TEST_P(TokenExchangeTest, OnlyTheOwnersServerReachesAnotherResourceAndOnlyOneOfTheSameOwner) {
  EXPECT_EQ(refusal(app, form_for(issued.access_token, {{"resource", kPhotos}})), OauthCode::invalid_target);
  auto answer = must(exchange(server, form_for(issued.access_token, {{"resource", kPhotos}})));
  auto token = house.read(answer.access_token);
  ASSERT_TRUE(token.ok());
  EXPECT_EQ(token->audience, kPhotos);
  EXPECT_EQ(token->client_id, "notes-server");
  EXPECT_EQ(token->subject, "ada");
  for (const char* uri : {kElsewhere, kDefaultResource, "https://unknown.test/"}) {
    EXPECT_EQ(refusal(server, form_for(issued.access_token, {{"resource", uri}})), OauthCode::invalid_target)
        << uri;
  }
  EXPECT_EQ(refusal(server, form_for(issued.access_token, {{"audience", "x"}})), OauthCode::invalid_target);
}

TEST_P(TokenExchangeTest, WhoHasNothingToDoWithTheTokenGetsNothing) {
  auto stranger = proved_client("stranger", {kGrantType});
  EXPECT_EQ(refusal(stranger, form_for(issued.access_token)), OauthCode::invalid_grant);
  EXPECT_EQ(refusal(House::builders("other", "cem", {kGrantType}), form_for(issued.access_token)),
            OauthCode::invalid_grant);
  app.method = apps::AuthMethod::none;
  EXPECT_EQ(refusal(app, form_for(issued.access_token)), OauthCode::unauthorized_client);
  EXPECT_EQ(refusal(proved_client("app", {"authorization_code"}), form_for(issued.access_token)),
            OauthCode::unauthorized_client);
}

TEST_P(TokenExchangeTest, ItDiesWithTheGrantAndWithTheTokenItCameOf) {
  auto answer = must(exchange(app, form_for(issued.access_token)));
  house.write([&](auto& transaction) { return revoke_grant(transaction, issued.grant.id, kNow); });
  EXPECT_FALSE(house.is_live(answer.access_token));
  EXPECT_EQ(refusal(app, form_for(issued.access_token)), OauthCode::invalid_grant);
  auto other = house.issue(app.client, {"notes:read"}, kNotes);
  house.clock.advance(10 * kMinute);
  EXPECT_EQ(refusal(app, form_for(other.access_token)), OauthCode::invalid_grant);
}

TEST_P(TokenExchangeTest, WhoActsIsWrittenDownOneInsideTheOther) {
  auto own = must(await_now(issue_client_credentials(house.authority, {{{"resource", kNotes}}, server, ""})));
  http::Form with_actor{{"actor_token", std::string(own.access_token.reveal())},
                        {"actor_token_type", kAccessTokenType}};
  auto first = must(exchange(server, form_for(issued.access_token, with_actor)));
  auto second = must(exchange(server, form_for(first.access_token, with_actor)));
  auto act = json_of(house.read(second.access_token)->actor);
  EXPECT_EQ(act["sub"].string(), "notes-server");
  EXPECT_EQ(act["act"]["sub"].string(), "notes-server");
  EXPECT_FALSE(act["act"]["act"].exists());
  auto without = must(exchange(server, form_for(second.access_token)));
  EXPECT_EQ(house.read(without.access_token)->actor, to_json(act.root())) << "the chain is kept";
  EXPECT_EQ(refusal(app, form_for(issued.access_token, with_actor)), OauthCode::invalid_grant)
      << "another app's actor";
}

TEST_P(TokenExchangeTest, TheChainOfActorsEnds) {
  auto own = must(await_now(issue_client_credentials(house.authority, {{{"resource", kNotes}}, server, ""})));
  Secret token = issued.access_token;
  for (int depth = 0; depth < 100; ++depth) {
    auto next = exchange(server, form_for(token, {{"actor_token", std::string(own.access_token.reveal())},
                                                  {"actor_token_type", kAccessTokenType}}));
    ASSERT_TRUE(next.ok());
    if (const Refusal* refused = refusal_of(*next)) {
      EXPECT_EQ(refused->code, OauthCode::invalid_request);
      EXPECT_GE(depth, 8);
      return;
    }
    token = std::get<TokenAnswer>(*next).access_token;
  }
  FAIL() << "it never ended";
}

TEST_P(TokenExchangeTest, ABoundTokenNeedsItsKey) {
  auto bound = house.issue(app.client, {"notes:read"}, kNotes, "a-thumbprint");
  EXPECT_EQ(refusal(app, form_for(bound.access_token)), OauthCode::invalid_grant);
  EXPECT_EQ(refusal(app, form_for(bound.access_token), "another"), OauthCode::invalid_grant);
  auto answer = must(exchange(app, form_for(bound.access_token), "a-thumbprint"));
  EXPECT_EQ(house.read(answer.access_token)->dpop_thumbprint, "a-thumbprint");
}

TEST_P(TokenExchangeTest, TheAiGoesAlongOnlyWithItsScope) {
  auto with_ai = house.issue(app.client, {"notes:read", kAiScope}, kDefaultResource, "", some_ai());
  auto kept = must(exchange(app, form_for(with_ai.access_token)));
  EXPECT_EQ(house.read(kept.access_token)->ai.size(), 1u);
  auto narrowed = must(exchange(app, form_for(with_ai.access_token, {{"scope", "notes:read"}})));
  EXPECT_TRUE(house.read(narrowed.access_token)->ai.empty());
}

TEST_P(TokenExchangeTest, OnlyAPersonsAccessTokensAreServed) {
  auto own = must(await_now(issue_client_credentials(house.authority, {{}, server, ""})));
  EXPECT_EQ(refusal(server, form_for(own.access_token)), OauthCode::invalid_grant);
  EXPECT_EQ(refusal(app, form_for(issued.refresh_token)), OauthCode::invalid_grant);
  EXPECT_EQ(refusal(app, form_for(Secret(std::string(16 * 1024 + 1, 'a')))), OauthCode::invalid_grant);
  const std::string token(issued.access_token.reveal());
  for (http::Form form :
       {http::Form{}, http::Form{{"subject_token", token}},
        http::Form{{"subject_token", token}, {"subject_token_type", "urn:ietf:params:oauth:token-type:jwt"}},
        form_for(issued.access_token,
                 {{"requested_token_type", "urn:ietf:params:oauth:token-type:id_token"}}),
        form_for(issued.access_token, {{"actor_token", token}}),
        form_for(issued.access_token, {{"actor_token_type", kAccessTokenType}}),
        form_for(issued.access_token, {{"actor_token", token}, {"actor_token_type", "x"}})}) {
    EXPECT_EQ(refusal(app, form), OauthCode::invalid_request) << http::encode_form(form).substr(0, 100);
  }
}

}  // namespace
}  // namespace valetkey::authorization
