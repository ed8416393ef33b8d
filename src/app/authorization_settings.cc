#include "app/authorization_settings.h"

#include <algorithm>
#include <thread>

#include "foundation/crypto/crypto.h"
#include "foundation/http/url.h"

namespace valetkey {
namespace {

apps::Resource own_resource(const std::string& issuer) {
  return {.uri = issuer + "/mcp",
          .name = "Valetkey",
          .owner = {},
          .scopes = {{authorization::kAiScope, "Use your AI: its calls go through on your account"}},
          .documentation_uri = {},
          .access_token_algorithm = jose::Algorithm::ES256,
          .dpop_required = false};
}

// "URI scope scope..." of the configuration.
Result<apps::Resource> configured_resource(const std::string& text) {
  auto words = authorization::parse_scopes(text);
  if (!words || words->empty()) return Error{Code::invalid_argument, "oauth.resources: " + text, "config"};
  apps::Resource resource;
  resource.uri = words->front();
  resource.name = words->front();
  for (size_t i = 1; i < words->size(); ++i) resource.scopes.push_back({(*words)[i], ""});
  VK_CHECK(apps::check_resource_uri(resource.uri));
  return resource;
}

}  // namespace

std::vector<Secret> derived_ring(const Config& config, std::string_view purpose) {
  std::vector<Secret> keys;
  for (const Secret& secret : config.secrets.jwt) {
    keys.push_back(crypto::hkdf_sha256(secret, "", "valetkey " + std::string(purpose), crypto::kAeadKeySize));
  }
  return keys;
}

Secret derived(const Config& config, std::string_view purpose) {
  return derived_ring(config, purpose).front();
}

authorization::Options options_of(const Config& config, const std::string& issuer) {
  authorization::Options options;
  options.issuer = issuer;
  options.default_scopes =
      authorization::parse_scopes(config.oauth.default_scope).value_or(authorization::Scopes{});
  options.access_token_lifetime = config.oauth.access_token_lifetime;
  options.refresh_idle_lifetime = config.oauth.refresh_idle_lifetime;
  options.refresh_absolute_lifetime = config.oauth.refresh_absolute_lifetime;
  options.refresh_grace = config.oauth.refresh_grace;
  options.dynamic_client_credentials = config.oauth.dynamic_client_credentials;
  options.seal_secrets = config.secrets.jwt;
  return options;
}

Result<std::vector<apps::Resource>> resources_of(const Config& config, const std::string& issuer) {
  std::vector<apps::Resource> resources = {own_resource(issuer)};
  for (const std::string& text : config.oauth.resources) {
    VK_TRY(apps::Resource resource, configured_resource(text));
    resources.push_back(std::move(resource));
  }
  return resources;
}

// "ISSUER JWKS_URI [email]" of the configuration.
Result<std::vector<authorization::TrustedIssuer>> trusted_issuers(const Config& config) {
  std::vector<authorization::TrustedIssuer> issuers;
  for (const std::string& text : config.oauth.trusted_issuers) {
    auto words = authorization::parse_scopes(text);
    bool fits = words && (words->size() == 2 || (words->size() == 3 && words->back() == "email"));
    if (!fits) return Error{Code::invalid_argument, "oauth.trusted_issuers: " + text, "config"};
    issuers.push_back({(*words)[0], (*words)[1], words->size() == 3});
  }
  return issuers;
}

mail::MailerOptions mailer_of(const Config& config) {
  return {.smtp_url = config.mail.smtp_url,
          .user = config.mail.user,
          .password = config.mail.password,
          .from = config.mail.from,
          .require_tls = config.mail.require_tls,
          .ca_file = config.mail.ca_file};
}

accounts::RelyingParty relying_party_of(const Config& config, const std::string& issuer) {
  auto url = http::parse_url(issuer);
  return {.id = url.ok() ? url->host : std::string(),
          .origin = url.ok() ? url->origin() : std::string(),
          .name = config.portal.product_name};
}

unsigned hashing_threads(const Config& config) {
  if (config.portal.hashing_threads != 0) return config.portal.hashing_threads;
  return std::max(1u, std::thread::hardware_concurrency() / 2);
}

std::string issuer_of(const Config& config) {
  if (!config.oauth.issuer.empty()) return config.oauth.issuer;
  if (config.server.port == 0) return "";
  bool tls = !config.server.tls_certificate_file.empty();
  return (tls ? "https://localhost:" : "http://localhost:") + std::to_string(config.server.port);
}

}  // namespace valetkey
