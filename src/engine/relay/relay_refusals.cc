// The part of the relay that looks at an upstream which does not answer, and decides whether to try again.
#include <utility>

#include "engine/relay/relay.h"
#include "engine/relay/relay_failures.h"

namespace valetkey::relay {
namespace {

constexpr size_t kMaxErrorBody = 256 * 1024;

}  // namespace

Task<Failure> Relay::refusal_in(http::ClientResponse& response, const providers::Provider& provider) {
  auto body = co_await response.read_all(kMaxErrorBody);
  if (!body.ok() && body.error().code == Code::cancelled) co_return failure_of(body.error());
  co_return provider.classify(response.status(), response.headers(), body.ok() ? *body : std::string(),
                              clock_.now());
}

Task<std::optional<Failure>> Relay::after_refusal(Failure refused, uint64_t token_serial,
                                                  const CredentialKey& key, OpenCredential& credential,
                                                  Tried& tried) {
  if (refused.kind != Failure::Kind::reauthenticate) co_return refused;
  if (!std::exchange(tried.forgetting, true) &&
      providers_.get(credential.provider).forget_rejected(credential, token_serial)) {
    co_return std::nullopt;
  }
  if (std::exchange(tried.renewing, true)) co_return refused;
  auto fresh = co_await vault_.renew_rejected(key, credential.version);
  if (!fresh.ok())
    co_return fresh.error().code == Code::unauthorized ? std::move(refused) : failure_of(fresh.error());
  metrics_.retried_after_refresh();
  credential = std::move(*fresh);
  co_return std::nullopt;
}

Task<std::optional<Failure>> Relay::after_refused_call(http::ClientResponse& response,
                                                       const providers::CallPlan& plan,
                                                       const CredentialKey& key, OpenCredential& credential,
                                                       Tried& tried) {
  Failure refused = co_await refusal_in(response, providers_.get(key.provider));
  if (refused.code == "unsupported_api_for_model" && !tried.excluded) {
    tried.excluded = plan.upstream;
    co_return std::nullopt;
  }
  co_return co_await after_refusal(std::move(refused), plan.token_serial, key, credential, tried);
}

}  // namespace valetkey::relay
