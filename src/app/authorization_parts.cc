#include "app/authorization_parts.h"

#include <algorithm>
#include <thread>

#include "app/authorization_settings.h"
#include "app/person_rows.h"
#include "app/version.h"
#include "domain/accounts/accounts.h"
#include "domain/apps/client_authentication.h"
#include "domain/apps/guarded_documents.h"
#include "domain/authorization/access_tokens.h"
#include "domain/authorization/device_codes.h"
#include "domain/authorization/dpop.h"
#include "domain/authorization/flow.h"
#include "domain/authorization/jwt_bearer.h"
#include "faces/mcp/mcp.h"
#include "faces/mcp/relay_tools.h"
#include "faces/oauth/oauth.h"
#include "faces/oauth/registration_endpoint.h"
#include "faces/portal/apps_endpoint.h"
#include "faces/portal/authorization_endpoint.h"
#include "faces/portal/pages.h"
#include "faces/portal/portal.h"
#include "foundation/base/log.h"
#include "foundation/crypto/crypto.h"
#include "foundation/http/client/guarded_fetch.h"
#include "foundation/http/url.h"

namespace valetkey {
namespace {

Task<Result<std::string>> plan_of(Vault& vault, CredentialKey key) {
  CO_TRY(OpenCredential credential, co_await vault.open(key));
  co_return credential.tokens.plan;
}

// By the same fetcher and cache as the keys of clients.
Task<Result<jose::VerifyingKey>> find_key_at(apps::Clients& clients, std::string jwks_uri, std::string key_id,
                                             jose::Algorithm algorithm) {
  apps::Client publisher;
  publisher.jwks_uri = std::move(jwks_uri);
  co_return co_await clients.find_key(publisher, std::move(key_id), algorithm);
}

}  // namespace

struct AuthorizationParts::Parts {
  Parts(HouseParts given, std::string own_issuer, std::vector<apps::Resource> configured,
        std::shared_ptr<net::TlsContext> fetch_tls);

  void trust(std::vector<authorization::TrustedIssuer> issuers);

  HouseParts house;
  std::string issuer;
  http::GuardedFetcher fetcher;
  net::BlockingPool hashing;
  std::unique_ptr<mail::Mailer> mailer;
  accounts::BrowserSessions sessions;
  accounts::Passkeys passkeys;
  accounts::Totp totp;
  accounts::Accounts accounts;
  apps::Clients clients;
  apps::Resources resources;
  apps::ClientAuthentication client_authentication;
  authorization::SigningKeys keys;
  authorization::AssertionRules assertions;
  authorization::Authority authority;
  authorization::AuthorizationFlow flow;
  authorization::AccessTokens tokens;
  authorization::DpopVerifier dpop;
  faces::PortalGate gate;
};

AuthorizationParts::Parts::Parts(HouseParts given, std::string own_issuer,
                                 std::vector<apps::Resource> configured,
                                 std::shared_ptr<net::TlsContext> fetch_tls)
    : house(given),
      issuer(std::move(own_issuer)),
      fetcher(std::move(fetch_tls), {.allow_loopback = house.config.oauth.fetch_allow_loopback}),
      hashing(hashing_threads(house.config), 64),
      mailer(mail::make_smtp_mailer(mailer_of(house.config))),
      sessions(house.database, house.clock, house.random,
               {.idle = house.config.portal.session_idle, .absolute = house.config.portal.session_absolute}),
      passkeys(house.database, house.clock, house.random, relying_party_of(house.config, issuer)),
      totp(house.database, house.clock, house.random, derived_ring(house.config, "totp"),
           house.config.portal.product_name),
      accounts(house.database, house.clock, house.random, hashing, *mailer, totp,
               {.issuer = issuer, .product_name = house.config.portal.product_name}),
      clients(house.database, house.clock, house.random, apps::fetch_documents_with(fetcher),
              {.dynamic_client_credentials = house.config.oauth.dynamic_client_credentials}),
      resources(house.database, house.clock, std::move(configured)),
      client_authentication(clients, house.database, house.clock, {issuer, issuer + "/oauth/token"}),
      keys(house.database, house.clock, house.random, {.seal_secrets = house.config.secrets.jwt}),
      authority{house.database,
                house.clock,
                house.random,
                keys,
                clients,
                resources,
                [this](std::string id) { return accounts.find(std::move(id)); },
                options_of(house.config, issuer),
                &assertions},
      flow(authority),
      tokens(house.database, house.clock, keys, issuer, house.config.secrets.jwt),
      dpop(house.database, house.clock, derived(house.config, "dpop nonce"), house.config.oauth.dpop_nonce),
      gate{sessions, house.clock, house.random, issuer, derived(house.config, "csrf")} {}

static faces::Mcp mcp_face(authorization::AccessTokens& tokens, authorization::DpopVerifier& dpop,
                           const std::string& issuer, relay::Relay& relay) {
  std::string resource = issuer + "/mcp";
  faces::Mcp face;
  face.verify_token = [&tokens, resource](std::string token) {
    return tokens.verify(std::move(token), resource);
  };
  face.verify_proof = [&dpop](authorization::DpopRequest request) { return dpop.verify(std::move(request)); };
  face.resource = resource;
  face.version = kVersion;
  faces::mcp::use_relay(face, relay);
  return face;
}

void AuthorizationParts::Parts::trust(std::vector<authorization::TrustedIssuer> issuers) {
  assertions.issuers = std::move(issuers);
  assertions.find_key = [this](std::string jwks_uri, std::string key_id, jose::Algorithm algorithm) {
    return find_key_at(clients, std::move(jwks_uri), std::move(key_id), algorithm);
  };
  assertions.find_person_by_email = [this](std::string email) {
    return accounts.find_by_email(std::move(email));
  };
}

Result<std::unique_ptr<AuthorizationParts>> AuthorizationParts::build(HouseParts house) {
  std::string issuer = issuer_of(house.config);
  VK_TRY(auto resources, resources_of(house.config, issuer));
  VK_TRY(auto tls, net::TlsContext::client(house.config.oauth.fetch_ca_file));
  VK_TRY(auto issuers, trusted_issuers(house.config));
  auto parts = std::make_unique<Parts>(house, issuer, std::move(resources), std::move(tls));
  parts->trust(std::move(issuers));
  VK_CHECK(parts->keys.start());
  if (house.config.mail.smtp_url.empty()) {
    log::warn("mail_is_off",
              {{"hint", "nobody can register or reset a password; set VALETKEY_MAIL_SMTP_URL"}});
  }
  log::info("authorization_server", {{"issuer", issuer}});
  return std::unique_ptr<AuthorizationParts>(new AuthorizationParts(std::move(parts)));
}

AuthorizationParts::AuthorizationParts(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
AuthorizationParts::~AuthorizationParts() = default;

void AuthorizationParts::add_routes(http::Router& router) {
  Parts& parts = *parts_;
  const HouseParts& house = parts.house;
  faces::add_oauth_routes(router, {parts.authority,
                                   parts.flow,
                                   parts.tokens,
                                   parts.dpop,
                                   parts.client_authentication,
                                   parts.sessions,
                                   house.config.oauth.documentation_uri,
                                   house.config.oauth.apps_challenge,
                                   {.trusted_clients = house.config.oauth.introspection_clients}});
  faces::add_registration_routes(router, {parts.clients, parts.resources, parts.issuer});
  faces::add_portal_account_routes(router, {.accounts = parts.accounts,
                                            .sessions = parts.sessions,
                                            .passkeys = parts.passkeys,
                                            .totp = parts.totp,
                                            .clock = house.clock,
                                            .random = house.random,
                                            .issuer = parts.issuer,
                                            .product_name = house.config.portal.product_name,
                                            .mail_sink = house.config.mail.sink_url,
                                            .csrf_key = parts.gate.csrf_key,
                                            .forget_person = forget_person,
                                            .export_more = [&parts](std::string person) {
                                              return export_of(parts.house.database, std::move(person));
                                            }});
  faces::add_portal_grant_routes(router, {.gate = parts.gate,
                                          .authority = parts.authority,
                                          .flow = parts.flow,
                                          .sign_ins = house.sign_ins,
                                          .ring = house.ring,
                                          .providers_enabled = house.providers.enabled(),
                                          .plan_of = [&parts](CredentialKey key) {
                                            return plan_of(parts.house.vault, std::move(key));
                                          }});
  faces::add_portal_apps_routes(router, {parts.gate, parts.clients, parts.resources, parts.issuer});
  faces::add_page_routes(router);
  faces::add_mcp_routes(router, mcp_face(parts.tokens, parts.dpop, parts.issuer, house.relay));
}

Task<Result<int64_t>> AuthorizationParts::sweep() {
  Parts& parts = *parts_;
  CO_CHECK(co_await parts.keys.rotate());
  int64_t deleted = 0;
  auto expired = [&](sql::Transaction& transaction) -> Result<void> {
    VK_TRY(deleted, authorization::delete_expired(transaction, parts.house.clock.now()));
    VK_TRY(int64_t seen, authorization::forget_seen(transaction, parts.house.clock.now()));
    VK_TRY(int64_t guesses, authorization::forget_wrong_guesses(transaction, parts.house.clock.now()));
    deleted += seen + guesses;
    return {};
  };
  CO_CHECK(co_await parts.house.database.write(std::ref(expired)));
  CO_TRY(int64_t sessions, co_await parts.sessions.delete_expired());
  CO_TRY(int64_t challenges, co_await parts.passkeys.delete_expired());
  CO_TRY(int64_t links, co_await parts.accounts.delete_expired());
  CO_TRY(int64_t unused, co_await parts.clients.delete_unused());
  co_return deleted + sessions + challenges + links + unused;
}

}  // namespace valetkey
