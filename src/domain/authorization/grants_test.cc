#include "domain/authorization/grants.h"

#include "domain/authorization/authorization_test_support.h"

namespace valetkey::authorization {
namespace {

using namespace testing_support;

class GrantsTest : public AuthorizationTest {
 protected:
  Grant grant_of(const std::string& id, const std::string& person = "ada", const std::string& client = "app",
                 const Scopes& scopes = {"notes:read"}) {
    return {id,   person,     client, kNotes, scopes, R"([{"type":"ai_model_access"}])", kNow - kMinute,
            kNow, kNow + kDay};
  }
  void insert(const Grant& grant) {
    house.write([&](auto& transaction) { return insert_grant(transaction, grant); });
  }
  std::optional<Grant> use(const std::string& id, Millis now = kNow) {
    std::optional<Grant> found;
    house.write([&](sql::Transaction& transaction) -> Result<void> {
      VK_TRY(found, use_grant(transaction, id, now));
      return {};
    });
    return found;
  }
  std::optional<Consent> consent_of(const std::string& person, const std::string& client = "app") {
    std::optional<Consent> found;
    house.write([&](sql::Transaction& transaction) -> Result<void> {
      VK_TRY(found, find_consent(transaction, person, client, kNotes));
      return {};
    });
    return found;
  }
  void remember(const Grant& grant, const std::string& credential) {
    house.write([&](auto& transaction) { return remember_consent(transaction, grant, credential); });
  }
  std::vector<Connection> connections(const std::string& person) {
    std::vector<Connection> found;
    house.write([&](sql::Transaction& transaction) -> Result<void> {
      VK_TRY(found, list_connections(transaction, person));
      return {};
    });
    return found;
  }
};
ON_BOTH_ENGINES(GrantsTest);

TEST_P(GrantsTest, AGrantLivesUntilItsTimeOrItsEnd) {
  insert(grant_of("g1"));
  auto found = use("g1");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->person_id, "ada");
  EXPECT_EQ(found->resource, kNotes);
  EXPECT_EQ(found->scopes, Scopes{"notes:read"});
  EXPECT_EQ(found->authorization_details, R"([{"type":"ai_model_access"}])");
  EXPECT_EQ(found->authenticated_at, kNow - kMinute);
  EXPECT_TRUE(use("g1", kNow + kDay - 1));
  EXPECT_FALSE(use("g1", kNow + kDay));
  EXPECT_FALSE(use("unknown"));
  house.write([&](auto& transaction) { return revoke_grant(transaction, "g1", kNow); });
  EXPECT_FALSE(use("g1"));
}

TEST_P(GrantsTest, ConsentAddsUpAndKeepsTheLastAi) {
  EXPECT_FALSE(consent_of("ada"));
  remember(grant_of("g1"), "ai-1");
  remember(grant_of("g2", "ada", "app", {"openid", "notes:read"}), "");
  auto consent = consent_of("ada");
  ASSERT_TRUE(consent);
  EXPECT_EQ(consent->scopes, (Scopes{"notes:read", "openid"}));
  EXPECT_EQ(consent->credential_id, "ai-1");
  remember(grant_of("g3"), "ai-2");
  EXPECT_EQ(consent_of("ada")->credential_id, "ai-2");
  EXPECT_FALSE(consent_of("bob"));
  EXPECT_FALSE(consent_of("ada", "other"));
}

TEST_P(GrantsTest, DisconnectingEndsEveryGrantOfThatAppAndNoOther) {
  for (const char* id : {"g1", "g2"}) insert(grant_of(id));
  insert(grant_of("of bob", "bob"));
  insert(grant_of("of other", "ada", "other"));
  remember(grant_of("g1"), "");
  remember(grant_of("x", "bob"), "");
  use("g2", kNow + kMinute);
  ASSERT_EQ(connections("ada").size(), 1u);
  EXPECT_EQ(connections("ada")[0].client_id, "app");
  EXPECT_EQ(connections("ada")[0].last_used_at, kNow + kMinute);
  bool known = false;
  auto end = [&](sql::Transaction& transaction) -> Result<void> {
    VK_TRY(known, disconnect(transaction, "ada", "app", kNotes, kNow));
    return {};
  };
  house.write(end);
  EXPECT_TRUE(known);
  EXPECT_FALSE(use("g1"));
  EXPECT_FALSE(use("g2"));
  EXPECT_TRUE(use("of bob"));
  EXPECT_TRUE(use("of other"));
  EXPECT_TRUE(connections("ada").empty());
  EXPECT_EQ(connections("bob").size(), 1u);
  house.write(end);
  EXPECT_FALSE(known);
}

TEST_P(GrantsTest, APersonIsForgottenWhole) {
  auto app = proved_client("app", {"refresh_token"});
  auto issued = house.issue(app.client, {"notes:read"});
  remember(issued.grant, "");
  insert(grant_of("of bob", "bob"));
  house.write([&](auto& transaction) { return forget_person(transaction, "ada"); });
  EXPECT_FALSE(use(issued.grant.id));
  EXPECT_FALSE(house.is_live(issued.access_token));
  EXPECT_TRUE(connections("ada").empty());
  EXPECT_TRUE(use("of bob"));
}

TEST_P(GrantsTest, TheSweepTakesOnlyWhatIsOver) {
  insert(grant_of("g1"));
  int64_t deleted = -1;
  auto sweep = [&](Millis now) {
    house.write([&](sql::Transaction& transaction) -> Result<void> {
      VK_TRY(deleted, delete_expired(transaction, now));
      return {};
    });
    return deleted;
  };
  EXPECT_EQ(sweep(kNow + kDay), 0) << "kept a day longer";
  EXPECT_EQ(sweep(kNow + 2 * kDay - 1), 0);
  EXPECT_EQ(sweep(kNow + 2 * kDay), 1);
  EXPECT_FALSE(use("g1"));
}

}  // namespace
}  // namespace valetkey::authorization
