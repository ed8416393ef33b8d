#include "engine/providers/openai/provider.h"

#include <gtest/gtest.h>

#include "engine/providers/xai/provider.h"

namespace valetkey::providers::openai {
namespace {

OpenCredential credential() {
  OpenCredential out;
  out.id.value = "01CRED";
  out.user.value = "user-a";
  out.originator = "my_relay";
  out.tokens.access = Secret(std::string_view("access"));
  out.tokens.account_id = "acc";
  return out;
}

TEST(OpenAiHeaders, OurOwnNameAndTheirAccount) {
  OpenAiOptions options;
  auto headers = call_headers(options, credential(), "conversation");
  EXPECT_EQ(headers.get("authorization"), "Bearer access");
  EXPECT_EQ(headers.get("chatgpt-account-id"), "acc");
  EXPECT_EQ(headers.get("originator"), "my_relay");
  EXPECT_TRUE(headers.get("user-agent").starts_with("valetkey/"));
  EXPECT_EQ(headers.get("version"), options.client_version);
  EXPECT_EQ(headers.get("accept"), "text/event-stream");
  EXPECT_FALSE(headers.has("x-openai-fedramp"));
  auto government = credential();
  government.tokens.fedramp = true;
  EXPECT_EQ(call_headers(options, government, "c").get("x-openai-fedramp"), "true");
}

TEST(OpenAiHeaders, TheConversationIsStableHashedAndBoundToThePerson) {
  auto id = conversation_id(credential(), "my secret project");
  EXPECT_EQ(id, conversation_id(credential(), "my secret project"));
  EXPECT_EQ(id.size(), 36u);
  EXPECT_EQ(id[14], '8');
  EXPECT_NE(id, conversation_id(credential(), "another"));
  auto other = credential();
  other.user.value = "user-b";
  EXPECT_NE(id, conversation_id(other, "my secret project"));
  auto headers = call_headers({}, credential(), "my secret project");
  EXPECT_EQ(headers.get("session-id"), id);
  EXPECT_EQ(headers.get("thread-id"), id);
}

TEST(OpenAiCatalog, ListsWhatIsVisibleAndSupported) {
  auto catalog = read_catalog(R"({"models":[{"slug":"a","visibility":"list","supported_in_api":true},
      {"slug":"b","visibility":"hide"},{"slug":"c","visibility":"none"},{"slug":"d","supported_in_api":false},
      {"slug":"e","unknown_field":{}}, {"slug":"a"}, {"slug":7}]})");
  ASSERT_TRUE(catalog);
  auto listed = catalog->listed();
  ASSERT_EQ(listed.size(), 2u);
  EXPECT_EQ(listed[0].id, "a");
  EXPECT_EQ(listed[0].owned_by, "openai");
  EXPECT_EQ(listed[1].id, "e");
  EXPECT_FALSE(read_catalog("{}"));
  EXPECT_FALSE(read_catalog("<html>"));
  EXPECT_TRUE(read_catalog(R"({"models":[]})"));
}

TEST(XaiCatalog, CarriesCreatedAndOwner) {
  auto catalog = xai::read_catalog(
      R"({"object":"list","data":[{"id":"grok-4.7","created":1757000000,"owned_by":"xai"},{"id":"g"}]})");
  ASSERT_TRUE(catalog);
  EXPECT_EQ(catalog->models[0].model.created, 1757000000);
  EXPECT_EQ(catalog->models[1].model.owned_by, "xai");
}

}  // namespace
}  // namespace valetkey::providers::openai
