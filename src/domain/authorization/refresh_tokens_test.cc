#include <gtest/gtest.h>

#include <set>

#include "domain/authorization/flow_test_support.h"
#include "domain/authorization/revocation.h"

namespace valetkey::authorization {
namespace {

using namespace testing_support;

class RefreshTokens : public FlowTest {
 protected:
  apps::Client client = house.make_client();
  TokenAnswer first = house.must_redeem(client, house.code_for(client));
  std::string token = refresh_token_of(first);

  std::string must_refresh(const std::string& old) {
    auto answer = house.refresh(client, old);
    EXPECT_EQ(word_of(answer), "");
    return word_of(answer).empty() ? refresh_token_of(std::get<TokenAnswer>(*answer)) : std::string();
  }
  void revoke_all() {
    auto work = [&](sql::Transaction& transaction) -> Result<void> {
      VK_CHECK(revoke_grants(transaction, "ada", client.id, kDefaultResource, house.clock.now()));
      return {};
    };
    ASSERT_TRUE(house.store->write_now(work).ok());
  }
};

TEST_P(RefreshTokens, RotateAtEveryUse) {
  std::set<std::string> seen = {token};
  for (int i = 0; i < 5; ++i) {
    token = must_refresh(token);
    EXPECT_TRUE(seen.insert(token).second);
  }
}

// Processes that share a token store race: all get the same successor.
TEST_P(RefreshTokens, SixtyFourAtOnceGetOneSuccessor) {
  std::vector<Task<Result<Outcome<TokenAnswer>>>> tasks;
  for (int i = 0; i < 64; ++i) {
    tasks.push_back(rotate_refresh_token(house.authority, FlowHouse::refreshing(client, token)));
  }
  std::set<std::string> successors;
  for (auto& answer : await_all(std::move(tasks))) {
    ASSERT_EQ(word_of(answer), "");
    successors.insert(refresh_token_of(std::get<TokenAnswer>(*answer)));
  }
  EXPECT_EQ(successors.size(), 1u);
  must_refresh(*successors.begin());
}

// An answer that was lost: within the window byte for byte the same again, then never.
TEST_P(RefreshTokens, AreAnsweredTheSameWithinTheGraceWindow) {
  auto once = house.refresh(client, token);
  house.clock.advance(house.authority.options.refresh_grace - 1);
  auto again = house.refresh(client, token);
  ASSERT_EQ(word_of(again), "");
  EXPECT_EQ(write_token_answer(std::get<TokenAnswer>(*once)),
            write_token_answer(std::get<TokenAnswer>(*again)));
  house.clock.advance(1);
  EXPECT_EQ(word_of(house.refresh(client, token)), "invalid_grant");
}

TEST_P(RefreshTokens, ReuseAfterTheWindowEndsTheGrant) {
  std::string next = must_refresh(token);
  house.clock.advance(house.authority.options.refresh_grace);
  EXPECT_EQ(word_of(house.refresh(client, token)), "invalid_grant");
  EXPECT_EQ(word_of(house.refresh(client, next)), "invalid_grant");
  EXPECT_FALSE(house.is_live(first.access_token));
}

TEST_P(RefreshTokens, ReuseOnceTheSuccessorWasUsedEndsTheGrant) {
  std::string next = must_refresh(token);
  std::string after = must_refresh(next);
  EXPECT_EQ(word_of(house.refresh(client, token)), "invalid_grant");
  EXPECT_EQ(word_of(house.refresh(client, after)), "invalid_grant");
}

TEST_P(RefreshTokens, AreTheirClientsOnly) {
  apps::Client other = house.make_client();
  EXPECT_EQ(word_of(house.refresh(other, token)), "invalid_grant");
  must_refresh(token);  // and nothing ended by it
}

TEST_P(RefreshTokens, CannotWidenScopeOrChangeResource) {
  EXPECT_EQ(word_of(house.refresh(client, token, {{"scope", "openid notes:write"}})), "invalid_scope");
  EXPECT_EQ(word_of(house.refresh(client, token, {{"resource", kElsewhere}})), "invalid_target");
  EXPECT_EQ(word_of(house.refresh(client, token, {{"resource", "https://nobody.example"}})),
            "invalid_target");
  auto narrowed = house.refresh(client, token, {{"scope", "notes:read"}});
  ASSERT_EQ(word_of(narrowed), "");
  EXPECT_EQ(join_scopes(std::get<TokenAnswer>(*narrowed).scopes), "notes:read");
}

TEST_P(RefreshTokens, EndIdleAndAbsolutely) {
  house.clock.advance(house.authority.options.refresh_idle_lifetime);
  EXPECT_EQ(word_of(house.refresh(client, token)), "invalid_grant");

  token = refresh_token_of(house.must_redeem(client, house.code_for(client)));
  Millis step = house.authority.options.refresh_idle_lifetime - kDay;
  Millis left = house.authority.options.refresh_absolute_lifetime;
  for (; left > step; left -= step) {
    house.clock.advance(step);
    token = must_refresh(token);
  }
  house.clock.advance(left);
  EXPECT_EQ(word_of(house.refresh(client, token)), "invalid_grant");
}

TEST_P(RefreshTokens, ARevocationThatRacesLeavesNothingUsable) {
  for (int round = 0; round < 20; ++round) {
    TokenAnswer fresh = house.must_redeem(client, house.code_for(client));
    std::string racing = refresh_token_of(fresh);
    auto refreshed = std::make_shared<std::vector<Result<Outcome<TokenAnswer>>>>();
    std::vector<Task<Result<Outcome<TokenAnswer>>>> tasks;
    for (int i = 0; i < 4; ++i) {
      tasks.push_back(rotate_refresh_token(house.authority, FlowHouse::refreshing(client, racing)));
    }
    auto revoke = [](FlowHouse* house, std::string client_id) -> Task<Result<Outcome<TokenAnswer>>> {
      auto work = [&](sql::Transaction& transaction) -> Result<void> {
        VK_CHECK(revoke_grants(transaction, "ada", client_id, kDefaultResource, house->clock.now()));
        return {};
      };
      CO_CHECK(co_await house->store->write(std::ref(work)));
      co_return Refusal{};
    };
    tasks.push_back(revoke(&house, client.id));
    for (auto& answer : await_all(std::move(tasks))) {
      ASSERT_TRUE(answer.ok());
      auto* given = std::get_if<TokenAnswer>(&*answer);
      if (given == nullptr) continue;
      EXPECT_EQ(word_of(house.refresh(client, refresh_token_of(*given))), "invalid_grant");
      if (!given->access_token.empty()) EXPECT_FALSE(house.is_live(given->access_token));
    }
  }
}

// Split keys: what the database holds opens no AI.
TEST_P(RefreshTokens, CarryTheAiAlongAndTheStoreOpensNothing) {
  CredentialKey key{CredentialId("01HTESTCREDENTIAL"), Secret(std::string(32, '\x07')), ProviderId::openai,
                    ""};
  auto connect = [&](sql::Transaction& transaction) {
    return connect_ai(transaction, "ada", *house.session.vault_key, key, "plus", kNow,
                      house.authority.random);
  };
  ASSERT_TRUE(house.store->write_now(connect).ok());
  auto usable = [&](const std::optional<Secret>& vault_key) {
    size_t count = 0;
    auto look_up = [&](sql::Transaction& transaction) -> Result<void> {
      VK_TRY(auto list, list_usable_ai(transaction, "ada", vault_key));
      count = list.size();
      return {};
    };
    EXPECT_TRUE(house.store->write_now(look_up).ok());
    return count;
  };
  EXPECT_EQ(usable(house.session.vault_key), 1u);
  EXPECT_EQ(usable(Secret(std::string(32, 'W'))), 0u);  // the key of a password that was reset
  EXPECT_EQ(usable(std::nullopt), 0u);
  auto form = FlowHouse::request_of(client, {{"scope", "openid ai.use"}});
  Decision decision{.approve = true, .scopes = {}, .credential_id = key.id.value};
  auto parameters = house.approve(form, decision);
  TokenAnswer answer = house.must_redeem(client, std::string(http::form_value(parameters, "code")));
  for (int i = 0; i < 3; ++i) {
    auto read = await_now(house.tokens.read(std::string(answer.access_token.reveal())));
    ASSERT_TRUE(read.ok());
    ASSERT_EQ(read->ai.size(), 1u);
    EXPECT_TRUE(read->ai.front().key == key.key);
    auto next = house.refresh(client, refresh_token_of(answer));
    ASSERT_EQ(word_of(next), "");
    answer = std::get<TokenAnswer>(std::move(*next));
  }
  EXPECT_EQ(std::string(answer.access_token.reveal()).find(jose::base64url_encode(key.key.reveal())),
            std::string::npos);
}

ON_BOTH_ENGINES(RefreshTokens);

}  // namespace
}  // namespace valetkey::authorization
