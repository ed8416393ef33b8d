#include "engine/providers/github/provider.h"

#include <utility>

#include "engine/providers/catalog_fetch.h"
#include "engine/providers/classification.h"
#include "engine/providers/durations.h"
#include "engine/providers/github/errors.h"
#include "foundation/base/ids.h"

namespace valetkey::providers::github {
namespace {

using dialects::UpstreamKind;

Failure not_served(const std::string& model) {
  Failure failure;
  failure.kind = Failure::Kind::invalid_request;
  failure.status = 400;
  failure.code = "model_not_supported";
  failure.param = "model";
  failure.message =
      "GitHub Copilot does not serve the model '" + model + "' over an endpoint this server can use.";
  settle(failure);
  return failure;
}

}  // namespace

http::HeaderList call_headers(const GithubOptions& options, const CopilotToken& token, bool from_user,
                              bool has_images, std::string request_id) {
  http::HeaderList headers = editor_headers(options);
  headers.set("accept", "text/event-stream");
  headers.add("content-type", "application/json");
  headers.add("authorization", "Bearer ", token.token.reveal());
  headers.add("openai-intent", from_user ? "conversation-panel" : "conversation-agent");
  headers.add("x-initiator", from_user ? "user" : "agent");
  headers.add("x-request-id", std::move(request_id));
  if (has_images) headers.add("copilot-vision-request", "true");
  return headers;
}

Task<std::variant<CallPlan, Failure>> Github::plan(const OpenCredential& credential,
                                                   const dialects::ClientRequest& request,
                                                   std::optional<UpstreamKind> excluded,
                                                   Cancellation& cancellation) {
  auto outcome = co_await copilot_.get(credential.tokens.access, &cancellation);
  if (auto* none = std::get_if<NoCopilot>(&outcome)) co_return std::move(none->failure);
  auto token = std::get<std::shared_ptr<const CopilotToken>>(outcome);

  CatalogFetch fetch = [this, github = credential.tokens.access](std::string etag) {
    return fetch_catalog(github, std::move(etag));
  };
  auto catalog = co_await catalogs_.get_at_once(credential.id.value, std::move(fetch), &cancellation);
  if (cancellation.requested())
    co_return failure_of_transport(display_name(id()), Error{Code::cancelled, "catalog", "github"});
  auto* known = std::get_if<CatalogPtr>(
      &catalog);  // without a catalog the call goes to chat, and is re-routed if refused
  auto kind = choose_endpoint(request.dialect(), known != nullptr ? (*known)->find(request.model()) : nullptr,
                              excluded);
  if (!kind) co_return not_served(request.model());

  bool chat = *kind == UpstreamKind::copilot_chat;
  auto url = http::parse_url(http::join_url(token->api, chat ? "chat/completions" : "responses"));
  if (!url.ok()) co_return failure_of_transport(display_name(id()), url.error());
  CallPlan plan;
  plan.url = std::move(*url);
  plan.headers =
      call_headers(options_, *token, request.last_turn_is_user(), request.has_images(), make_uuid(random_));
  plan.upstream = *kind;
  plan.token_serial = token->serial;
  co_return plan;
}

// A refused Copilot token is exchanged for another, once.
Task<Github::Fetched> Github::fetch_catalog(Secret github_token, std::string etag) {
  for (bool again = true;; again = false) {
    auto outcome = co_await copilot_.get(github_token);
    if (auto* none = std::get_if<NoCopilot>(&outcome)) co_return std::move(none->failure);
    auto token = std::get<std::shared_ptr<const CopilotToken>>(outcome);
    Fetched fetched = co_await fetch_catalog_with(token, etag);
    auto* failure = std::get_if<Failure>(&fetched);
    bool refused = failure != nullptr && failure->kind == Failure::Kind::reauthenticate;
    if (refused) copilot_.forget(github_token, token->serial);
    if (!refused || !again) co_return fetched;
  }
}

Task<Github::Fetched> Github::fetch_catalog_with(std::shared_ptr<const CopilotToken> token,
                                                 std::string etag) {
  http::ClientRequest request;
  auto url = http::parse_url(http::join_url(token->api, "models"));
  if (!url.ok()) co_return failure_of_transport(display_name(id()), url.error());
  request.url = std::move(*url);
  request.headers = editor_headers(options_);
  request.headers.add("authorization", "Bearer ", token->token.reveal());
  CatalogSource source{display_name(id()), read_catalog, github::classify};
  co_return co_await providers::fetch_catalog(clients_.here(), std::move(request), std::move(etag), source,
                                              clock_);
}

Task<std::variant<std::vector<Model>, Failure>> Github::models(const OpenCredential& credential,
                                                               Cancellation& cancellation) {
  CatalogFetch fetch = [this, github = credential.tokens.access](std::string etag) {
    return fetch_catalog(github, std::move(etag));
  };
  auto outcome = co_await catalogs_.get(credential.id.value, std::move(fetch), &cancellation);
  if (auto* failure = std::get_if<Failure>(&outcome)) co_return std::move(*failure);
  co_return std::get<CatalogPtr>(outcome)->listed();
}

Failure Github::classify(int status, const http::Headers& headers, std::string_view body, Millis now) const {
  return github::classify(status, headers, body, now);
}

bool Github::forget_rejected(const OpenCredential& credential, uint64_t token_serial) {
  return copilot_.forget(credential.tokens.access, token_serial);
}

void Github::map_quota_headers(const http::Headers& upstream, http::HeaderList& client, Millis) const {
  copy_rate_headers(upstream, client);
}

}  // namespace valetkey::providers::github
