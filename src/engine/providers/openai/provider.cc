#include "engine/providers/openai/provider.h"

#include <utility>

#include "engine/providers/catalog_fetch.h"
#include "engine/providers/classification.h"
#include "engine/providers/identity.h"
#include "engine/providers/openai/errors.h"
#include "engine/providers/openai/quota.h"
#include "foundation/base/ids.h"
#include "foundation/crypto/crypto.h"

namespace valetkey::providers::openai {
namespace {

http::HeaderList account_headers(const OpenAiOptions& options, const OpenCredential& credential) {
  http::HeaderList headers;
  headers.add("authorization", "Bearer ", credential.tokens.access.reveal());
  headers.add("chatgpt-account-id", credential.tokens.account_id);
  headers.add("originator", credential.originator);
  headers.add("user-agent", kUserAgent);
  headers.add("version", options.client_version);
  if (credential.tokens.fedramp) headers.add("x-openai-fedramp", "true");
  return headers;
}

}  // namespace

std::string conversation_id(const OpenCredential& credential, std::string_view conversation_key) {
  std::string named("valetkey conversation\n");
  named.reserve(256);
  named.append(credential.user.value).append("\n").append(conversation_key);
  constexpr unsigned kOwnRule = 8;
  return spell_uuid(crypto::sha256(named), kOwnRule);
}

http::HeaderList call_headers(const OpenAiOptions& options, const OpenCredential& credential,
                              std::string_view conversation_key) {
  http::HeaderList headers = account_headers(options, credential);
  std::string conversation = conversation_id(credential, conversation_key);
  headers.add("session-id", conversation);
  headers.add("thread-id", conversation);
  headers.add("x-client-request-id", conversation);
  headers.add("content-type", "application/json");
  headers.add("accept", "text/event-stream");
  return headers;
}

std::optional<Catalog> read_catalog(std::string_view body) {
  auto document = JsonDocument::parse(body);
  if (!document.ok() || !document->root()["models"].is_array()) return std::nullopt;
  Catalog catalog;
  document->root()["models"].each_element([&](const Json& info) {
    CatalogModel entry;
    entry.model.id = std::string(info["slug"].string_or(""));
    entry.model.owned_by = "openai";
    entry.listed =
        info["visibility"].string_or("list") == "list" && info["supported_in_api"].boolean().value_or(true);
    add_model(catalog, std::move(entry));
  });
  return catalog;
}

Task<std::variant<CallPlan, Failure>> OpenAi::plan(const OpenCredential& credential,
                                                   const dialects::ClientRequest& request,
                                                   std::optional<dialects::UpstreamKind>, Cancellation&) {
  if (!responses_.ok()) co_return failure_of_transport(display_name(id()), responses_.error());
  CallPlan plan;
  plan.url = *responses_;
  plan.headers = call_headers(options_, credential, request.conversation_key());
  plan.upstream = dialects::UpstreamKind::codex;
  co_return plan;
}

Task<std::variant<Catalog, NotModified, Failure>> OpenAi::fetch_catalog(OpenCredential credential,
                                                                        std::string etag) {
  http::ClientRequest request;
  auto url = http::parse_url(http::join_url(options_.backend, "models") +
                             "?client_version=" + http::percent_encode(options_.client_version));
  if (!url.ok()) co_return failure_of_transport(display_name(id()), url.error());
  request.url = std::move(*url);
  request.headers = account_headers(options_, credential);
  CatalogSource source{display_name(id()), read_catalog, openai::classify};
  co_return co_await providers::fetch_catalog(clients_.here(), std::move(request), std::move(etag), source,
                                              clock_);
}

Task<std::variant<std::vector<Model>, Failure>> OpenAi::models(const OpenCredential& credential,
                                                               Cancellation& cancellation) {
  CatalogFetch fetch = [this, credential](std::string etag) {
    return fetch_catalog(credential, std::move(etag));
  };
  auto outcome = co_await catalogs_.get(credential.id.value, std::move(fetch), &cancellation);
  if (auto* failure = std::get_if<Failure>(&outcome)) {
    if (failure->kind == Failure::Kind::reauthenticate || options_.fallback_models.empty())
      co_return std::move(*failure);
    co_return fallback();
  }
  auto listed = std::get<CatalogPtr>(outcome)->listed();
  if (listed.empty()) co_return fallback();
  co_return listed;
}

std::vector<Model> OpenAi::fallback() const {
  std::vector<Model> out;
  for (const auto& name : options_.fallback_models) out.push_back({name, started_, "openai"});
  return out;
}

Failure OpenAi::classify(int status, const http::Headers& headers, std::string_view body, Millis now) const {
  return openai::classify(status, headers, body, now);
}

bool OpenAi::forget_rejected(const OpenCredential&, uint64_t) {
  return false;
}

void OpenAi::map_quota_headers(const http::Headers& upstream, http::HeaderList& client, Millis now) const {
  openai::map_quota_headers(upstream, client, now);
}

}  // namespace valetkey::providers::openai
