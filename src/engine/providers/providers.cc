// Who is who: dispatches the domain's two interfaces to the provider asked for, and owns all of them.
#include <algorithm>
#include <utility>

#include "engine/providers/device_poll.h"
#include "engine/providers/github/provider.h"
#include "engine/providers/github/sign_in.h"
#include "engine/providers/openai/provider.h"
#include "engine/providers/openai/sign_in.h"
#include "engine/providers/provider.h"
#include "engine/providers/refresh_outcome.h"
#include "engine/providers/xai/provider.h"
#include "engine/providers/xai/sign_in.h"
#include "foundation/net/worker.h"

namespace valetkey::providers {

void WorkerClients::add(unsigned worker_index, std::unique_ptr<http::Client> client) {
  if (clients_.size() <= worker_index) clients_.resize(worker_index + 1);
  clients_[worker_index] = std::move(client);
}

http::Client& WorkerClients::here() const {
  return *clients_[net::Worker::current()->index()];
}

struct Providers::State final : DeviceFlow, TokenRefresher {
  State(ProviderOptions given, WorkerClients& clients, const Clock& clock, Random& random)
      : options(std::move(given)),
        openai_sign_in(options.openai, clients, clock),
        xai_sign_in(options.xai, clients, clock),
        copilot(options.github, clients, clock),
        github_sign_in(options.github, clients, clock, copilot),
        openai(options.openai, clients, clock, options.catalog_fresh),
        xai(options.xai, clients, clock, options.catalog_fresh),
        github(options.github, clients, clock, random, copilot, options.catalog_fresh) {}

  bool enabled(ProviderId id) const {
    return std::find(options.enabled.begin(), options.enabled.end(), id) != options.enabled.end();
  }

  static std::string turned_off(ProviderId id) {
    return "Signing in with " + std::string(display_name(id)) + " is turned off on this server.";
  }

  Task<DeviceStart> start(ProviderId provider, std::string originator) override {
    if (!enabled(provider)) co_return DeviceStart{std::nullopt, turned_off(provider)};
    switch (provider) {
      case ProviderId::openai:
        co_return co_await openai_sign_in.start(std::move(originator));
      case ProviderId::xai:
        co_return co_await xai_sign_in.start();
      case ProviderId::github:
        co_return co_await github_sign_in.start();
    }
    co_return DeviceStart{};
  }

  Task<DevicePoll> poll(ProviderId provider, DeviceCode code, std::string originator) override {
    if (!enabled(provider)) co_return refused(turned_off(provider));
    switch (provider) {
      case ProviderId::openai:
        co_return co_await openai_sign_in.poll(std::move(code), std::move(originator));
      case ProviderId::xai:
        co_return co_await xai_sign_in.poll(std::move(code));
      case ProviderId::github:
        co_return co_await github_sign_in.poll(std::move(code));
    }
    co_return DevicePoll{};
  }

  bool can_refresh(ProviderId provider) const override { return provider != ProviderId::github; }

  Task<RefreshReply> refresh(ProviderId provider, ProviderTokens tokens, std::string originator) override {
    switch (provider) {
      case ProviderId::openai:
        co_return co_await openai_sign_in.refresh(std::move(tokens), std::move(originator));
      case ProviderId::xai:
        co_return co_await xai_sign_in.refresh(std::move(tokens));
      case ProviderId::github:
        break;  // its tokens are never renewed
    }
    co_return refresh_outcome(RefreshReply::Kind::permanent, "this provider has no refresh");
  }

  const ProviderOptions options;
  openai::SignIn openai_sign_in;
  xai::SignIn xai_sign_in;
  github::CopilotTokens copilot;
  github::SignIn github_sign_in;
  openai::OpenAi openai;
  xai::Xai xai;
  github::Github github;
};

Providers::Providers(ProviderOptions options, WorkerClients& clients, const Clock& clock, Random& random)
    : state_(std::make_unique<State>(std::move(options), clients, clock, random)) {}

Providers::~Providers() = default;

bool Providers::enabled(ProviderId id) const {
  return state_->enabled(id);
}

const std::vector<ProviderId>& Providers::enabled() const {
  return state_->options.enabled;
}

Provider& Providers::get(ProviderId id) {
  switch (id) {
    case ProviderId::openai:
      return state_->openai;
    case ProviderId::xai:
      return state_->xai;
    case ProviderId::github:
      return state_->github;
  }
  return state_->openai;
}

DeviceFlow& Providers::device_flow() {
  return *state_;
}

TokenRefresher& Providers::token_refresher() {
  return *state_;
}

}  // namespace valetkey::providers
