// xAI's API as the relay uses it (upstreams 4.5).
#pragma once

#include "engine/providers/catalog.h"
#include "engine/providers/provider.h"

namespace valetkey::providers::xai {

// The answer of GET /models: {"data":[{"id","created","owned_by"}]}.
std::optional<Catalog> read_catalog(std::string_view body);

// Thread-safe; one instance for the process.
class Xai final : public Provider {
 public:
  Xai(const XaiOptions& options, WorkerClients& clients, const Clock& clock, Millis catalog_fresh)
      : options_(options), clients_(clients), clock_(clock), catalogs_(clock, catalog_fresh) {}

  ProviderId id() const override { return ProviderId::xai; }
  Task<std::variant<CallPlan, Failure>> plan(const OpenCredential& credential,
                                             const dialects::ClientRequest& request,
                                             std::optional<dialects::UpstreamKind> excluded,
                                             Cancellation& cancellation) override;
  Task<std::variant<std::vector<Model>, Failure>> models(const OpenCredential& credential,
                                                         Cancellation& cancellation) override;
  Failure classify(int status, const http::Headers& headers, std::string_view body,
                   Millis now) const override;
  bool forget_rejected(const OpenCredential& credential, uint64_t token_serial) override;
  void map_quota_headers(const http::Headers& upstream, http::HeaderList& client, Millis now) const override;

 private:
  Task<std::variant<Catalog, NotModified, Failure>> fetch_catalog(OpenCredential credential,
                                                                  std::string etag);

  const XaiOptions& options_;
  WorkerClients& clients_;
  const Clock& clock_;
  const Result<http::Url> chat_ = http::parse_url(http::join_url(options_.api, "chat/completions"));
  const Result<http::Url> responses_ = http::parse_url(http::join_url(options_.api, "responses"));
  CatalogCache catalogs_;
};

}  // namespace valetkey::providers::xai
