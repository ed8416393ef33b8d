// Where the providers are and what we say to them; ids, versions, scopes and URLs change on their side, so
// all of it is configuration.
#pragma once

#include <string>
#include <vector>

#include "domain/vault/credential.h"

namespace valetkey::providers {

constexpr Millis kCatalogFresh = 300 * kSecond;

struct OpenAiOptions {
  std::string client_id = "app_EMoamEEZ73f0CkXaXp7hrann";
  std::string issuer = "https://auth.openai.com";
  std::string backend = "https://chatgpt.com/backend-api/codex";
  std::string client_version = "0.154.0";
  std::vector<std::string> fallback_models;
};
struct XaiOptions {
  std::string client_id = "b1a00492-073a-47ea-816f-4c329264a828";
  std::string issuer = "https://auth.x.ai";
  std::string api = "https://api.x.ai/v1";
  std::string scope = "openid profile email offline_access grok-cli:access api:access";
  std::vector<std::string> trusted_hosts = {
      "x.ai"};  // and their subdomains, for endpoints found by discovery
};
struct GithubOptions {
  std::string client_id = "Iv1.b507a08c87ecfe98";
  std::string login = "https://github.com";
  std::string api = "https://api.github.com";
  std::string copilot = "https://api.githubcopilot.com";  // when the exchange names no endpoint
  std::vector<std::string> trusted_hosts = {"githubcopilot.com"};
  std::string editor_version = "vscode/1.107.0";
  std::string plugin_version = "copilot-chat/0.38.2";
  std::string api_version = "2025-10-01";
};
struct ProviderOptions {
  std::vector<ProviderId> enabled;
  Millis catalog_fresh = kCatalogFresh;  // for so long a catalog of models is used without asking again
  OpenAiOptions openai;
  XaiOptions xai;
  GithubOptions github;
};

}  // namespace valetkey::providers
