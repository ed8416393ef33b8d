#include <gtest/gtest.h>

#include "engine/providers/github/provider.h"

namespace valetkey::providers::github {
namespace {

using dialects::Dialect;
using dialects::UpstreamKind;

CatalogModel model(std::string members) {
  auto catalog = read_catalog(R"({"data":[{"id":"m")" + members + "}]}");
  return catalog && !catalog->models.empty() ? catalog->models.front() : CatalogModel{};
}

TEST(CopilotCatalog, EndpointsWithAndWithoutVersion) {
  EXPECT_TRUE(model("").chat);
  EXPECT_FALSE(model("").responses);
  auto both = model(R"(,"supported_endpoints":["/chat/completions","/responses","/v1/messages"])");
  EXPECT_TRUE(both.chat && both.responses && both.listed);
  auto versioned = model(R"(,"supported_endpoints":["/v1/responses"])");
  EXPECT_TRUE(!versioned.chat && versioned.responses && versioned.listed);
  auto neither = model(R"(,"supported_endpoints":["/v1/messages","ws:/responses"])");
  EXPECT_FALSE(neither.listed);
}

TEST(CopilotCatalog, WhatIsListed) {
  EXPECT_TRUE(
      model(R"(,"model_picker_enabled":true,"policy":{"state":"enabled"},"capabilities":{"type":"chat"})")
          .listed);
  EXPECT_FALSE(model(R"(,"model_picker_enabled":false)").listed);
  EXPECT_FALSE(model(R"(,"policy":{"state":"disabled"})").listed);
  EXPECT_FALSE(model(R"(,"policy":{"state":"unconfigured"})").listed);
  EXPECT_FALSE(model(R"(,"capabilities":{"type":"embeddings"})").listed);
}

TEST(CopilotCatalog, NamesOnceAndOwnedByTheirVendor) {
  auto catalog = read_catalog(
      R"({"data":[{"id":"a","vendor":"Anthropic"},{"id":"a"},{"id":""},{"name":"x"},{"id":"b"}]})");
  ASSERT_TRUE(catalog);
  ASSERT_EQ(catalog->models.size(), 2u);
  EXPECT_EQ(catalog->models[0].model.owned_by, "Anthropic");
  EXPECT_EQ(catalog->models[1].model.owned_by, "github-copilot");
  EXPECT_FALSE(read_catalog("<html>"));
  EXPECT_FALSE(read_catalog("{}"));
  EXPECT_TRUE(read_catalog(R"({"data":[]})"));
}

CatalogModel with(bool chat, bool responses) {
  CatalogModel entry;
  entry.chat = chat;
  entry.responses = responses;
  return entry;
}

TEST(CopilotEndpoint, TheRequestsOwnDialectWhereTheModelHasIt) {
  auto both = with(true, true);
  EXPECT_EQ(choose_endpoint(Dialect::chat, &both, {}), UpstreamKind::copilot_chat);
  EXPECT_EQ(choose_endpoint(Dialect::responses, &both, {}), UpstreamKind::copilot_responses);
  auto chat_only = with(true, false);
  EXPECT_EQ(choose_endpoint(Dialect::responses, &chat_only, {}), UpstreamKind::copilot_chat);
  auto responses_only = with(false, true);
  EXPECT_EQ(choose_endpoint(Dialect::chat, &responses_only, {}), UpstreamKind::copilot_responses);
  auto neither = with(false, false);
  EXPECT_EQ(choose_endpoint(Dialect::chat, &neither, {}), std::nullopt);
}

TEST(CopilotEndpoint, UnknownModelsGoToChatAndRefusalsToTheOther) {
  EXPECT_EQ(choose_endpoint(Dialect::chat, nullptr, {}), UpstreamKind::copilot_chat);
  EXPECT_EQ(choose_endpoint(Dialect::responses, nullptr, {}), UpstreamKind::copilot_chat);
  auto chat_only = with(true, false);
  EXPECT_EQ(choose_endpoint(Dialect::chat, &chat_only, UpstreamKind::copilot_chat),
            UpstreamKind::copilot_responses);
  EXPECT_EQ(choose_endpoint(Dialect::chat, nullptr, UpstreamKind::copilot_responses),
            UpstreamKind::copilot_chat);
}

TEST(CopilotHeaders, InitiatorAndVision) {
  GithubOptions options;
  CopilotToken token;
  token.token = Secret(std::string_view("tid=1"));
  auto person = call_headers(options, token, true, true, "id-1");
  EXPECT_EQ(person.get("authorization"), "Bearer tid=1");
  EXPECT_EQ(person.get("x-initiator"), "user");
  EXPECT_EQ(person.get("copilot-vision-request"), "true");
  EXPECT_EQ(person.get("editor-version"), options.editor_version);
  EXPECT_EQ(person.get("editor-plugin-version"), options.plugin_version);
  EXPECT_EQ(person.get("copilot-integration-id"), "vscode-chat");
  EXPECT_EQ(person.get("x-github-api-version"), options.api_version);
  EXPECT_EQ(person.get("accept"), "text/event-stream");
  auto agent = call_headers(options, token, false, false, "id-2");
  EXPECT_EQ(agent.get("x-initiator"), "agent");
  EXPECT_EQ(agent.get("openai-intent"), "conversation-agent");
  EXPECT_FALSE(agent.has("copilot-vision-request"));
}

}  // namespace
}  // namespace valetkey::providers::github
