// The relay: one model call from an opened pass to the last byte of the answer. The path in order: open the
// credential (vault), plan (provider), translate the request (dialects), send, classify a refusal, pump the
// stream back. One instance serves the process; a call runs on its connection's worker.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "domain/vault/vault.h"
#include "engine/dialects/translation.h"
#include "engine/providers/provider.h"
#include "engine/relay/relay_metrics.h"
#include "foundation/base/random.h"
#include "foundation/http/exchange.h"

namespace valetkey::relay {

class Heartbeat;

struct RelayOptions {
  Millis heartbeat = 15 * kSecond;  // a comment line when a stream's upstream is silent for so long; 0: off
};

// A request and the document it holds views into.
struct DecodedCall {
  JsonDocument document;
  std::unique_ptr<dialects::ClientRequest> request;
};

class Relay {
 public:
  Relay(Vault& vault, providers::Providers& providers, providers::WorkerClients& clients, const Clock& clock,
        Random& random, RelayMetrics& metrics, RelayOptions options);

  // Answers the exchange, always: with the model's answer or with an error envelope. Lets go of the request
  // before the answer is pumped, so that a waiting stream does not hold it.
  Task<void> answer(http::Exchange& exchange, CredentialKey key, DecodedCall call);

  Task<std::variant<std::vector<providers::Model>, Failure>> models(http::Exchange& exchange,
                                                                    CredentialKey key);

  // The credential behind a pass, fit for use, or the failure to answer with.
  // `key` must outlive the task.
  Task<std::variant<OpenCredential, Failure>> open(const CredentialKey& key);

 private:
  struct UpstreamCall;
  // `key` and `request` must outlive the task.
  Task<std::variant<UpstreamCall, Failure>> call_upstream(const CredentialKey& key,
                                                          const dialects::ClientRequest& request,
                                                          Cancellation& cancellation);
  std::optional<Failure> turned_off(ProviderId provider) const;
  dialects::StreamIdentity identity_of(const dialects::ClientRequest& request);
  http::HeaderList headers_of(const UpstreamCall& call, ProviderId provider, bool stream);
  // What an upstream that does not answer says.
  Task<Failure> refusal_in(http::ClientResponse& response, const providers::Provider& provider);
  // What was done about refusals in this call: each is worth one more try, once.
  struct Tried {
    std::optional<dialects::UpstreamKind> excluded;  // it did not know the model
    bool forgetting = false;                         // the access token was refused
    bool renewing = false;
  };
  // Nothing: `credential` may be tried again. Else the failure to answer with.
  Task<std::optional<Failure>> after_refusal(Failure refused, uint64_t token_serial, const CredentialKey& key,
                                             OpenCredential& credential, Tried& tried);
  // The same of an upstream that was called by `plan` and does not answer.
  Task<std::optional<Failure>> after_refused_call(http::ClientResponse& response,
                                                  const providers::CallPlan& plan, const CredentialKey& key,
                                                  OpenCredential& credential, Tried& tried);
  // Answers with a failure that came before the model's answer: in-band when a beat has begun one.
  Task<void> refuse(http::Exchange& exchange, Heartbeat& heartbeat, ProviderId provider,
                    const dialects::ClientRequest& request, const Failure& failure);
  // Counts and notes it, and answers with it unless the answer was begun.
  Task<void> fail(http::Exchange& exchange, ProviderId provider, const Failure& failure);

  Vault& vault_;
  providers::Providers& providers_;
  providers::WorkerClients& clients_;
  const Clock& clock_;
  Random& random_;
  RelayMetrics& metrics_;
  RelayOptions options_;
};

}  // namespace valetkey::relay
