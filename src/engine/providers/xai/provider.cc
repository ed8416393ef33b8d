#include "engine/providers/xai/provider.h"

#include <utility>

#include "engine/providers/catalog_fetch.h"
#include "engine/providers/classification.h"
#include "engine/providers/durations.h"
#include "engine/providers/identity.h"
#include "engine/providers/xai/errors.h"

namespace valetkey::providers::xai {
namespace {

http::HeaderList account_headers(const OpenCredential& credential) {
  http::HeaderList headers;
  headers.add("authorization", "Bearer ", credential.tokens.access.reveal());
  headers.add("user-agent", kUserAgent);
  return headers;
}

}  // namespace

std::optional<Catalog> read_catalog(std::string_view body) {
  auto document = JsonDocument::parse(body);
  if (!document.ok() || !document->root()["data"].is_array()) return std::nullopt;
  Catalog catalog;
  document->root()["data"].each_element([&](const Json& info) {
    CatalogModel entry;
    entry.model.id = std::string(info["id"].string_or(""));
    entry.model.created = info["created"].integer().value_or(0);
    entry.model.owned_by = std::string(info["owned_by"].string_or("xai"));
    add_model(catalog, std::move(entry));
  });
  return catalog;
}

Task<std::variant<CallPlan, Failure>> Xai::plan(const OpenCredential& credential,
                                                const dialects::ClientRequest& request,
                                                std::optional<dialects::UpstreamKind>, Cancellation&) {
  bool chat = request.dialect() == dialects::Dialect::chat;
  const auto& url = chat ? chat_ : responses_;
  if (!url.ok()) co_return failure_of_transport(display_name(id()), url.error());
  CallPlan plan;
  plan.url = *url;
  plan.headers = account_headers(credential);
  plan.headers.add("content-type", "application/json");
  plan.headers.add("accept", "text/event-stream");
  plan.upstream = chat ? dialects::UpstreamKind::xai_chat : dialects::UpstreamKind::xai_responses;
  co_return plan;
}

Task<std::variant<Catalog, NotModified, Failure>> Xai::fetch_catalog(OpenCredential credential,
                                                                     std::string etag) {
  http::ClientRequest request;
  auto url = http::parse_url(http::join_url(options_.api, "models"));
  if (!url.ok()) co_return failure_of_transport(display_name(id()), url.error());
  request.url = std::move(*url);
  request.headers = account_headers(credential);
  CatalogSource source{display_name(id()), read_catalog, xai::classify};
  co_return co_await providers::fetch_catalog(clients_.here(), std::move(request), std::move(etag), source,
                                              clock_);
}

Task<std::variant<std::vector<Model>, Failure>> Xai::models(const OpenCredential& credential,
                                                            Cancellation& cancellation) {
  CatalogFetch fetch = [this, credential](std::string etag) {
    return fetch_catalog(credential, std::move(etag));
  };
  auto outcome = co_await catalogs_.get(credential.id.value, std::move(fetch), &cancellation);
  if (auto* failure = std::get_if<Failure>(&outcome)) co_return std::move(*failure);
  co_return std::get<CatalogPtr>(outcome)->listed();
}

Failure Xai::classify(int status, const http::Headers& headers, std::string_view body, Millis now) const {
  return xai::classify(status, headers, body, now);
}

bool Xai::forget_rejected(const OpenCredential&, uint64_t) {
  return false;
}

void Xai::map_quota_headers(const http::Headers& upstream, http::HeaderList& client, Millis) const {
  copy_rate_headers(upstream, client);
}

}  // namespace valetkey::providers::xai
