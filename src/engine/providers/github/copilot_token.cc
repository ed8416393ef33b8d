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

Task<CopilotOutcome> CopilotTokens::get(Secret github_token, Cancellation* cancellation) {
  std::string key = crypto::sha256(github_token.reveal());
  TokenPtr token = tokens_.get(key).value_or(nullptr);
  if (token && clock_.now() < token->use_until) co_return token;
  std::function<Task<CopilotOutcome>()> work = [this, key, github_token] {
    return exchange(key, github_token);
  };
  auto outcome = co_await flights_.join(key, std::move(work), 2 * kAuthDeadline, cancellation);
  if (outcome) co_return std::move(*outcome);
  Error late{ended_by(cancellation), "exchange", "copilot_token"};
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
  if (auto* token = std::get_if<TokenPtr>(&outcome)) {
    CopilotToken numbered = **token;
    numbered.serial = ++last_serial_;
    *token = std::make_shared<const CopilotToken>(std::move(numbered));
    tokens_.put(key, *token);
  }
  co_return outcome;
}

bool CopilotTokens::forget(const Secret& github_token, uint64_t serial) {
  if (serial == 0) return false;
  tokens_.update(crypto::sha256(github_token.reveal()), [&](TokenPtr& token) {
    if (token && token->serial == serial) token = nullptr;
  });
  return true;
}

}  // namespace valetkey::providers::github
