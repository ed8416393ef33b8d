// ChatGPT's backend as the relay uses it (upstreams 2).
#pragma once

#include "engine/providers/catalog.h"
#include "engine/providers/provider.h"

namespace valetkey::providers::openai {

// Headers of POST /responses: who we are, whose account, and which conversation (never the client's own key:
// the backend keeps its cache by it, so it is bound to the person and hashed).
http::HeaderList call_headers(const OpenAiOptions& options, const OpenCredential& credential,
                              std::string_view conversation_key);
// A UUID that is the same for the same person and conversation, and tells nothing of either.
std::string conversation_id(const OpenCredential& credential, std::string_view conversation_key);
// The answer of GET /models: listed are those with visibility "list" that the API supports.
std::optional<Catalog> read_catalog(std::string_view body);

// Thread-safe; one instance for the process.
class OpenAi final : public Provider {
 public:
  OpenAi(const OpenAiOptions& options, WorkerClients& clients, const Clock& clock, Millis catalog_fresh)
      : options_(options), clients_(clients), clock_(clock), catalogs_(clock, catalog_fresh) {}

  ProviderId id() const override { return ProviderId::openai; }
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
  std::vector<Model> fallback() const;

  const OpenAiOptions& options_;
  WorkerClients& clients_;
  const Clock& clock_;
  const Result<http::Url> responses_ = http::parse_url(http::join_url(options_.backend, "responses"));
  const int64_t started_ = clock_.now_seconds();  // `created` of the configured models
  CatalogCache catalogs_;
};

}  // namespace valetkey::providers::openai
