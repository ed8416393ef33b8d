#include "app/authorization_parts.h"

#include <algorithm>
#include <thread>

#include "app/version.h"
#include "domain/accounts/accounts.h"
#include "domain/apps/client_authentication.h"
#include "domain/authorization/access_tokens.h"
#include "domain/authorization/dpop.h"
#include "domain/authorization/flow.h"
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

// A key for one purpose, the same on every instance that has the same JWT secrets.
Secret derived(const Config& config, std::string_view purpose) {
  return crypto::hkdf_sha256(config.secrets.jwt.front(), "", "valetkey " + std::string(purpose),
                             crypto::kAeadKeySize);
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
  options.seal_secrets = config.secrets.jwt;
  return options;
}

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

Result<std::vector<apps::Resource>> resources_of(const Config& config, const std::string& issuer) {
  std::vector<apps::Resource> resources = {own_resource(issuer)};
  for (const std::string& text : config.oauth.resources) {
    VK_TRY(apps::Resource resource, configured_resource(text));
    resources.push_back(std::move(resource));
  }
  return resources;
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
  return {.id = url.ok() ? url->host : std::string(), .origin = issuer, .name = config.portal.product_name};
}

// Why a stranger's document cannot be had is the log's business: it would tell what lies in our network.
Task<Result<apps::FetchedDocument>> fetch_document(http::GuardedFetcher& fetcher, std::string url,
                                                   size_t max_bytes) {
  auto fetched = co_await fetcher.fetch(url, max_bytes);
  if (fetched.ok()) co_return apps::FetchedDocument{std::move(fetched->body), fetched->fresh_for};
  log::warn("document_not_fetched", {{"url", url}, {"detail", fetched.error().detail}});
  co_return Error{Code::upstream, "The app's description could not be fetched from its address.", "fetch"};
}

Task<Result<std::string>> plan_of(Vault& vault, CredentialKey key) {
  CO_TRY(OpenCredential credential, co_await vault.open(key));
  co_return credential.tokens.plan;
}

// What a person's export holds besides the account: JSON members.
Task<Result<std::string>> export_of(sql::Database& database, std::string person_id) {
  std::vector<authorization::Connection> connections;
  std::vector<authorization::ConnectedAi> connected;
  auto look_up = [&](sql::Transaction& transaction) -> Result<void> {
    VK_TRY(connections, authorization::list_connections(transaction, person_id));
    VK_TRY(connected, authorization::list_connected_ai(transaction, person_id));
    return {};
  };
  CO_CHECK(co_await database.read(std::ref(look_up)));
  std::string members = "\"connections\":";
  JsonWriter list(members);
  list.begin_array();
  for (const auto& connection : connections) {
    list.begin_object()
        .member("client_id", connection.client_id)
        .member("resource", connection.resource)
        .member("scope", authorization::join_scopes(connection.scopes))
        .member("granted_at", connection.granted_at)
        .member("last_used_at", connection.last_used_at)
        .end_object();
  }
  list.end_array();
  members += ",\"ai\":";
  JsonWriter ais(members);
  ais.begin_array();
  for (const auto& ai : connected) {
    ais.begin_object()
        .member("id", ai.credential_id)
        .member("provider", to_string(ai.provider))
        .member("connected_at", ai.connected_at)
        .end_object();
  }
  ais.end_array();
  co_return members;
}

unsigned hashing_threads(const Config& config) {
  if (config.portal.hashing_threads != 0) return config.portal.hashing_threads;
  return std::max(1u, std::thread::hardware_concurrency() / 2);
}

}  // namespace

std::string issuer_of(const Config& config) {
  if (!config.oauth.issuer.empty()) return config.oauth.issuer;
  if (config.server.port == 0) return "";
  bool tls = !config.server.tls_certificate_file.empty();
  return (tls ? "https://localhost:" : "http://localhost:") + std::to_string(config.server.port);
}

struct AuthorizationParts::Parts {
  Parts(HouseParts given, std::string own_issuer, std::vector<apps::Resource> configured,
        std::shared_ptr<net::TlsContext> fetch_tls);

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
      totp(house.database, house.clock, house.random, derived(house.config, "totp"),
           house.config.portal.product_name),
      accounts(house.database, house.clock, house.random, hashing, *mailer, totp,
               {.issuer = issuer, .product_name = house.config.portal.product_name}),
      clients(house.database, house.clock, house.random,
              [this](std::string url, size_t max_bytes) {
                return fetch_document(fetcher, std::move(url), max_bytes);
              },
              {}),
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
                options_of(house.config, issuer)},
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

Result<std::unique_ptr<AuthorizationParts>> AuthorizationParts::build(HouseParts house) {
  std::string issuer = issuer_of(house.config);
  VK_TRY(auto resources, resources_of(house.config, issuer));
  VK_TRY(auto tls, net::TlsContext::client(house.config.oauth.fetch_ca_file));
  auto parts = std::make_unique<Parts>(house, issuer, std::move(resources), std::move(tls));
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
                                            .forget_person = authorization::forget_person,
                                            .export_more = [&parts](std::string person) {
                                              return export_of(parts.house.database, std::move(person));
                                            }});
  faces::add_portal_grant_routes(
      router,
      {.gate = parts.gate,
       .authority = parts.authority,
       .flow = parts.flow,
       .sign_ins = house.sign_ins,
       .ring = house.ring,
       .providers_enabled = house.providers.enabled(),
       .plan_of = [&parts](CredentialKey key) { return plan_of(parts.house.vault, std::move(key)); },
       .end_credential = [&parts](CredentialKey key) { return parts.house.vault.end(std::move(key)); }});
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
    deleted += seen;
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
