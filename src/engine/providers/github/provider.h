// Copilot's API as the relay uses it (upstreams 3.3, 3.4).
#pragma once

#include "engine/providers/catalog.h"
#include "engine/providers/github/copilot_token.h"
#include "engine/providers/provider.h"

namespace valetkey::providers::github {

// The answer of GET /models. Listed are chat models that the picker shows, whose terms are accepted and that
// one of our two endpoints serves; the others stay in the catalog for the choice of the endpoint.
std::optional<Catalog> read_catalog(std::string_view body);

// Which endpoint a request takes. `known` null: the catalog does not have the model, or there is none.
// Nothing when the model is served by neither. Pure.
std::optional<dialects::UpstreamKind> choose_endpoint(dialects::Dialect dialect, const CatalogModel* known,
                                                      std::optional<dialects::UpstreamKind> excluded);

// Headers of a model call. `from_user` decides the billing: a premium request, or a step of an agent's own.
http::HeaderList call_headers(const GithubOptions& options, const CopilotToken& token, bool from_user,
                              bool has_images, std::string request_id);

// Thread-safe; one instance for the process.
class Github final : public Provider {
 public:
  Github(const GithubOptions& options, WorkerClients& clients, const Clock& clock, Random& random,
         CopilotTokens& copilot, Millis catalog_fresh)
      : options_(options),
        clients_(clients),
        clock_(clock),
        random_(random),
        copilot_(copilot),
        catalogs_(clock, catalog_fresh) {}

  ProviderId id() const override { return ProviderId::github; }
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
  using Fetched = std::variant<Catalog, NotModified, Failure>;
  Task<Fetched> fetch_catalog(Secret github_token, std::string etag);
  Task<Fetched> fetch_catalog_with(std::shared_ptr<const CopilotToken> token, std::string etag);

  const GithubOptions& options_;
  WorkerClients& clients_;
  const Clock& clock_;
  Random& random_;
  CopilotTokens& copilot_;
  CatalogCache catalogs_;
};

}  // namespace valetkey::providers::github
