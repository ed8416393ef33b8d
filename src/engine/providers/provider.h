// What the relay asks of a provider once a person is signed in: where a model call goes, what the models are,
// and what a refusal means. One file pair per provider; sign-in and refresh are in the same folder, behind
// the domain's interfaces DeviceFlow and TokenRefresher.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "domain/sign_in/sign_in.h"
#include "domain/vault/vault.h"
#include "engine/dialects/failure.h"
#include "engine/dialects/translation.h"
#include "engine/providers/options.h"
#include "foundation/http/client/client.h"

namespace valetkey::providers {

// The HTTP client of the running worker (net::Worker::current()). One instance for the process, filled by
// app/.
class WorkerClients {
 public:
  void add(unsigned worker_index, std::unique_ptr<http::Client> client);
  http::Client& here() const;

 private:
  std::vector<std::unique_ptr<http::Client>> clients_;
};

struct CallPlan {
  http::Url url;
  http::HeaderList headers;  // authorization included
  dialects::UpstreamKind upstream = dialects::UpstreamKind::codex;
  uint64_t token_serial = 0;  // of a token that the provider keeps itself; for forget_rejected()
};

struct Model {
  std::string id;
  int64_t created = 0;  // unix seconds; when the catalog does not say, when this server first saw the model
  std::string owned_by;
};

class Provider {
 public:
  virtual ~Provider() = default;
  virtual ProviderId id() const = 0;

  // Where this call goes. `excluded`: an upstream kind that refused the model (unsupported_api_for_model).
  virtual Task<std::variant<CallPlan, Failure>> plan(const OpenCredential& credential,
                                                     const dialects::ClientRequest& request,
                                                     std::optional<dialects::UpstreamKind> excluded,
                                                     Cancellation& cancellation) = 0;
  // From the upstream's catalog (cached per credential, ETag), or the configured list. A failed fetch with a
  // cached catalog answers from the cache.
  virtual Task<std::variant<std::vector<Model>, Failure>> models(const OpenCredential& credential,
                                                                 Cancellation& cancellation) = 0;
  // What a non-2xx answer (or a 200 that carries JSON in place of events) means. The message is the
  // upstream's own sentence where it is fit for the client, else ours. Never HTML.
  virtual Failure classify(int status, const http::Headers& headers, std::string_view body,
                           Millis now) const = 0;
  // The upstream refused the plan of that token_serial (401): forget that token (github: Copilot's) if it is
  // still the one kept. True when asking plan() again may help without a refresh of the credential.
  virtual bool forget_rejected(const OpenCredential& credential, uint64_t token_serial) = 0;
  // x-ratelimit-* for the client from the upstream's quota headers.
  virtual void map_quota_headers(const http::Headers& upstream, http::HeaderList& client,
                                 Millis now) const = 0;
};

// All providers, and the two interfaces the domain needs. One instance for the process.
class Providers {
 public:
  Providers(ProviderOptions options, WorkerClients& clients, const Clock& clock, Random& random);
  ~Providers();
  bool enabled(ProviderId id) const;
  const std::vector<ProviderId>& enabled() const;
  Provider& get(ProviderId id);
  DeviceFlow& device_flow();
  TokenRefresher& token_refresher();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace valetkey::providers
