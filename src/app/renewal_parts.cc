#include "app/renewal_parts.h"

#include "foundation/crypto/crypto.h"

namespace valetkey {

VaultOptions vault_options(const Config& config) {
  VaultOptions options;
  options.identity_secrets = config.secrets.identity;
  return options;
}

http::ClientLimits client_limits(const UpstreamConfig& config) {
  http::ClientLimits limits;
  limits.connect_timeout = config.connect_timeout;
  limits.head_timeout = config.head_timeout;
  limits.idle_timeout = config.idle_timeout;
  return limits;
}

RenewalParts::RenewalParts() : worker_(0) {}
RenewalParts::~RenewalParts() = default;

Result<std::unique_ptr<RenewalParts>> RenewalParts::build(const Config& config) {
  constexpr unsigned kConnections = 4;
  std::unique_ptr<RenewalParts> parts(new RenewalParts());
  VK_TRY(parts->database_, sql::open_database({.url = std::string(config.store.url.reveal()),
                                               .postgres_connections = kConnections}));
  VK_TRY(auto tls, net::TlsContext::client(config.upstream.ca_file));
  parts->clients_.add(0, std::make_unique<http::Client>(parts->worker_, tls, client_limits(config.upstream)));
  Random& random = crypto::system_random();
  parts->providers_ =
      std::make_unique<providers::Providers>(config.providers, parts->clients_, parts->clock_, random);
  parts->vault_ = std::make_unique<Vault>(*parts->database_, parts->clock_, random,
                                          parts->providers_->token_refresher(), vault_options(config));
  return parts;
}

}  // namespace valetkey
