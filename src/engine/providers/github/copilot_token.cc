#include "engine/providers/github/copilot_token.h"

#include <utility>

#include "engine/providers/identity.h"
#include "foundation/crypto/crypto.h"

namespace valetkey::providers::github {

http::HeaderList editor_headers(const GithubOptions& options) {
  return {{"accept", "application/json"},
          {"copilot-integration-id", "vscode-chat"},
          {"editor-version", options.editor_version},
          {"editor-plugin-version", options.plugin_version},
          {"user-agent", std::string(kUserAgent)},
          {"x-github-api-version", options.api_version}};
}

Task<CopilotOutcome> CopilotTokens::get(Secret github_token) {
  std::string key = crypto::sha256(github_token.reveal());
  auto entry = entries_.get(key);
  if (entry && entry->token && clock_.now() < entry->token->use_until) co_return entry->token;
  std::function<Task<CopilotOutcome>()> work = [this, key, github_token] {
    return exchange(key, github_token);
  };
  auto outcome = co_await flights_.join(key, std::move(work), 2 * kAuthDeadline);
  if (outcome) co_return std::move(*outcome);
  Error late{Code::timeout, "exchange", "copilot_token"};
  co_return no_copilot_of_transport(late);
}

Task<CopilotOutcome> CopilotTokens::exchange(std::string key, Secret github_token) {
  http::ClientRequest request;
  auto url = http::parse_url(http::join_url(options_.api, "copilot_internal/v2/token"));
  if (!url.ok()) co_return no_copilot_of_transport(url.error());
  request.url = std::move(*url);
  request.headers = editor_headers(options_);
  request.headers.add("authorization", "token " + std::string(github_token.reveal()));
  auto reply = co_await fetch(clients_.here(), std::move(request));
  if (!reply.ok()) co_return no_copilot_of_transport(reply.error());
  CopilotOutcome outcome = read_exchange(*reply, options_, clock_.now());
  if (auto* token = std::get_if<std::shared_ptr<const CopilotToken>>(&outcome)) {
    Entry entry = entries_.get(key).value_or(Entry{});
    entry.token = *token;
    entries_.put(key, std::move(entry));
  }
  co_return outcome;
}

bool CopilotTokens::forget(const Secret& github_token) {
  Millis now = clock_.now();
  return entries_.update(crypto::sha256(github_token.reveal()), [&](Entry& entry) {
    bool is_echo = entry.rejected != 0 && now - entry.rejected < kRejectionEcho;
    if (is_echo) return true;  // a newer token is there or on its way
    bool had_token = entry.token != nullptr;
    entry.token = nullptr;
    entry.rejected = now;
    return had_token;
  });
}

}  // namespace valetkey::providers::github
