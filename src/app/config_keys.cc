#include "app/config_keys.h"

namespace valetkey::config {
namespace {

constexpr int64_t kMaxPort = 65535;
constexpr int64_t kMaxWait = kDay;
constexpr int64_t kMaxRate = 1'000'000;

}  // namespace

// SLOT(server.port): the function that finds this member in a Config.
#define SLOT(member) [](Config& config) -> Slot { return &config.member; }
#define RING(member) [](Config& config) -> Slot { return SecretRing{&config.member}; }
#define HIDDEN(member) [](Config& config) -> Slot { return HiddenSecret{&config.member}; }

// NOLINTNEXTLINE(readability-function-size): a table
const std::vector<Key>& keys() {
  static const std::vector<Key> table = {
      {"originator", "AUTH_AI_ORIGINATOR", SLOT(originator),
       "Required. The name under which this relay calls the providers.", 0, 0, Check::header_text},

      {"server.address", "", SLOT(server.address),
       "Address to listen on. `0.0.0.0` or `::` for every interface: put TLS in front, or set the two files "
       "below.",
       0, 0, Check::address},
      {"server.port", "AUTH_AI_PORT", SLOT(server.port), "Port to listen on; 0 for any free one.", 0,
       kMaxPort},
      {"server.admin_address", "", SLOT(server.admin_address), "Address of the admin listener (`/metrics`).",
       0, 0, Check::address},
      {"server.admin_port", "", SLOT(server.admin_port), "Port of the admin listener; 0 for any free one.", 0,
       kMaxPort},
      {"server.workers", "", SLOT(server.workers), "Worker threads; 0 for one per core.", 0, 256},
      {"server.tls_certificate_file", "", SLOT(server.tls_certificate_file),
       "PEM chain. With the key file: TLS in the process. Read again on SIGHUP."},
      {"server.tls_key_file", "", SLOT(server.tls_key_file), "PEM private key."},
      {"server.trusted_proxies", "", SLOT(server.trusted_proxies),
       "Addresses or CIDR blocks whose `Forwarded` and `X-Forwarded-*` headers are believed.", 0, 0,
       Check::network},
      {"server.max_body_bytes", "", SLOT(server.max_body_bytes), "Largest request body; beyond it 413.", 1024,
       int64_t{1} << 30},
      {"server.head_timeout_ms", "", SLOT(server.head_timeout), "For a whole request head; then 408.", 10,
       kMaxWait},
      {"server.body_timeout_ms", "", SLOT(server.body_timeout), "For a whole request body; then 408.", 10,
       kMaxWait},
      {"server.idle_timeout_ms", "", SLOT(server.idle_timeout), "Between two requests of a connection.", 10,
       kMaxWait},
      {"server.write_timeout_ms", "", SLOT(server.write_timeout),
       "A client that takes nothing for so long is gone.", 10, kMaxWait},
      {"server.total_timeout_ms", "", SLOT(server.total_timeout), "For one request and its whole answer.", 10,
       kMaxWait},
      {"server.drain_timeout_ms", "", SLOT(server.drain_timeout),
       "After SIGTERM, for the streams that still run.", 0, kMaxWait},
      {"server.heartbeat_ms", "", SLOT(server.heartbeat),
       "A comment line into a stream whose upstream is silent for so long; 0 for none.", 0, kMaxWait},
      {"server.rate_limit_per_minute", "", SLOT(server.rate_limit_per_minute),
       "Requests to `/v1` per client address; 0 for no limit.", 0, kMaxRate},
      {"server.sign_in_start_per_minute", "", SLOT(server.sign_in_start_per_minute),
       "Sign-ins started per client address; 0 for no limit.", 0, kMaxRate},
      {"server.sign_in_poll_per_minute", "", SLOT(server.sign_in_poll_per_minute),
       "Sign-in polls per client address; 0 for no limit.", 0, kMaxRate},
      {"server.oauth_per_minute", "", SLOT(server.oauth_per_minute),
       "Requests to `/oauth/*` per client address; 0 for no limit.", 0, kMaxRate},
      {"server.registration_per_minute", "", SLOT(server.registration_per_minute),
       "Clients registered per client address; 0 for no limit.", 0, kMaxRate},
      {"server.portal_per_minute", "", SLOT(server.portal_per_minute),
       "Calls of the portal per client address; 0 for no limit.", 0, kMaxRate},

      {"store.driver", "AUTH_AI_DB_DRIVER", SLOT(store.driver),
       "`sqlite` or `postgres`; empty: the URL decides.", 0, 0, Check::word, "sqlite postgres"},
      {"store.url", "AUTH_AI_DB_URL", SLOT(store.url),
       "A path for SQLite, `postgres://user:password@host/database`."},
      {"store.postgres_connections", "", SLOT(store.postgres_connections), "Connections to PostgreSQL.", 1,
       1000},

      {"secrets.jwt", "AUTH_AI_JWT_SECRET", RING(secrets.jwt),
       "Required. Hex, at least 32 bytes. Several, separated by commas: the first signs, all verify."},
      {"secrets.identity", "AUTH_AI_IDENTITY_SECRET", RING(secrets.identity),
       "Required. Hex, at least 32 bytes, none equal to a JWT secret. Several: the first derives user ids, "
       "all recognise them."},

      {"providers.enabled", "VALETKEY_PROVIDERS", SLOT(providers.enabled),
       "Subscription providers that people may sign in with: `openai`, `xai`, `github`. Read the providers' "
       "terms first."},
      {"providers.catalog_fresh_ms", "", SLOT(providers.catalog_fresh),
       "For so long a catalog of models is used without asking its provider again.", 0, kMaxWait},
      {"providers.openai.client_id", "AUTH_AI_OPENAI_CODEX_CLIENT_ID", SLOT(providers.openai.client_id),
       "OAuth client.", 0, 0, Check::header_text},
      {"providers.openai.issuer", "", SLOT(providers.openai.issuer), "Where one signs in.", 0, 0, Check::url},
      {"providers.openai.backend", "", SLOT(providers.openai.backend), "Where model calls go.", 0, 0,
       Check::url},
      {"providers.openai.client_version", "", SLOT(providers.openai.client_version),
       "Asked of the model catalog as `client_version`.", 0, 0, Check::header_text},
      {"providers.openai.fallback_models", "", SLOT(providers.openai.fallback_models),
       "Listed while the catalog cannot be had.", 0, 0, Check::header_text},
      {"providers.xai.client_id", "AUTH_AI_XAI_CLIENT_ID", SLOT(providers.xai.client_id), "OAuth client.", 0,
       0, Check::header_text},
      {"providers.xai.issuer", "", SLOT(providers.xai.issuer), "Its discovery document names the endpoints.",
       0, 0, Check::url},
      {"providers.xai.api", "", SLOT(providers.xai.api), "Where model calls go.", 0, 0, Check::url},
      {"providers.xai.scope", "", SLOT(providers.xai.scope), "OAuth scope.", 0, 0, Check::header_text},
      {"providers.xai.trusted_hosts", "", SLOT(providers.xai.trusted_hosts),
       "Hosts, with their subdomains, where discovered endpoints may lie.", 0, 0, Check::host},
      {"providers.github.client_id", "AUTH_AI_GITHUB_CLIENT_ID", SLOT(providers.github.client_id),
       "OAuth client.", 0, 0, Check::header_text},
      {"providers.github.login", "", SLOT(providers.github.login), "Where one signs in.", 0, 0, Check::url},
      {"providers.github.api", "", SLOT(providers.github.api), "Where the Copilot token comes from.", 0, 0,
       Check::url},
      {"providers.github.copilot", "", SLOT(providers.github.copilot),
       "Where model calls go when the Copilot token names no place.", 0, 0, Check::url},
      {"providers.github.trusted_hosts", "", SLOT(providers.github.trusted_hosts),
       "Hosts, with their subdomains, that a Copilot token may name.", 0, 0, Check::host},
      {"providers.github.editor_version", "", SLOT(providers.github.editor_version),
       "Header `editor-version`.", 0, 0, Check::header_text},
      {"providers.github.plugin_version", "", SLOT(providers.github.plugin_version),
       "Header `editor-plugin-version`.", 0, 0, Check::header_text},
      {"providers.github.api_version", "", SLOT(providers.github.api_version),
       "Header `x-github-api-version`.", 0, 0, Check::header_text},

      {"upstream.connect_timeout_ms", "", SLOT(upstream.connect_timeout), "For a connection, TLS included.",
       10, kMaxWait},
      {"upstream.head_timeout_ms", "", SLOT(upstream.head_timeout),
       "Until an upstream's answer begins; then 504.", 10, kMaxWait},
      {"upstream.idle_timeout_ms", "", SLOT(upstream.idle_timeout),
       "An upstream stream that is silent for so long is "
       "broken.",
       10, kMaxWait},
      {"upstream.ca_file", "", SLOT(upstream.ca_file),
       "PEM of root certificates to trust besides the system's."},

      {"oauth.issuer", "", SLOT(oauth.issuer),
       "Who this authorization server says it is, byte for byte, in everything it emits: `https://host`, no "
       "path; "
       "`http` only for loopback. Empty: `http://localhost` and the port.",
       0, 0, Check::issuer},
      {"oauth.default_scope", "", SLOT(oauth.default_scope), "For a request that names no scope.", 0, 0,
       Check::header_text},
      {"oauth.resources", "", SLOT(oauth.resources),
       "Protected resources besides our own `/mcp`, each `URI scope scope...`. Builders add theirs in the "
       "portal.",
       0, 0, Check::header_text},
      {"oauth.access_token_lifetime_ms", "", SLOT(oauth.access_token_lifetime), "Of an access token.",
       kMinute, kDay},
      {"oauth.refresh_idle_lifetime_ms", "", SLOT(oauth.refresh_idle_lifetime),
       "A refresh token not used for so long is over.", kMinute, 400 * kDay},
      {"oauth.refresh_absolute_lifetime_ms", "", SLOT(oauth.refresh_absolute_lifetime),
       "After so long the person must come back, however often it was used.", kMinute, 4000 * kDay},
      {"oauth.refresh_grace_ms", "", SLOT(oauth.refresh_grace),
       "A refresh token that comes again so soon gets the same answer; later it counts as stolen.", 0,
       5 * kMinute},
      {"oauth.dpop_nonce", "", SLOT(oauth.dpop_nonce), "Ask DPoP clients for a nonce of ours (RFC 9449)."},
      {"oauth.dynamic_client_credentials", "", SLOT(oauth.dynamic_client_credentials),
       "Let clients that registered themselves or bring a metadata document use `client_credentials` too: "
       "then anybody can have a token, without a person."},
      {"oauth.trusted_issuers", "", SLOT(oauth.trusted_issuers),
       "Whose assertions are taken as grants, each `ISSUER JWKS_URI`, with ` email` when its verified "
       "addresses find "
       "the account.",
       0, 0, Check::header_text},
      {"oauth.introspection_clients", "", SLOT(oauth.introspection_clients),
       "Client ids that may introspect every token.", 0, 0, Check::header_text},
      {"oauth.documentation_uri", "", SLOT(oauth.documentation_uri), "`service_documentation`.", 0, 0,
       Check::url},
      {"oauth.apps_challenge", "", SLOT(oauth.apps_challenge),
       "Text of `/.well-known/openai-apps-challenge`."},
      {"oauth.fetch_allow_loopback", "", SLOT(oauth.fetch_allow_loopback),
       "For development only: client documents may lie on this machine."},
      {"oauth.fetch_ca_file", "", SLOT(oauth.fetch_ca_file),
       "PEM of root certificates to trust for client documents besides the system's."},

      {"mail.smtp_url", "", SLOT(mail.smtp_url),
       "`smtp://host:port` or `smtps://host:port`. Without it nobody can register or reset a password.", 0, 0,
       Check::smtp_url},
      {"mail.user", "", SLOT(mail.user), "SMTP user."},
      {"mail.password", "", HIDDEN(mail.password), "SMTP password."},
      {"mail.from", "", SLOT(mail.from), "Sender.", 0, 0, Check::header_text},
      {"mail.require_tls", "", SLOT(mail.require_tls), "Refuse to send over a connection without TLS."},
      {"mail.ca_file", "", SLOT(mail.ca_file), "PEM of root certificates to trust besides the system's."},
      {"mail.sink_url", "", SLOT(mail.sink_url),
       "For development only: where the mail can be read; the portal links to it.", 0, 0, Check::url},

      {"portal.product_name", "", SLOT(portal.product_name), "What the pages and mails call this server.", 0,
       0, Check::header_text},
      {"portal.session_idle_ms", "", SLOT(portal.session_idle), "A browser unused for so long is signed out.",
       kMinute, 400 * kDay},
      {"portal.session_absolute_ms", "", SLOT(portal.session_absolute), "And after so long in any case.",
       kMinute, 400 * kDay},
      {"portal.hashing_threads", "", SLOT(portal.hashing_threads),
       "Threads that hash passwords (19 MiB each while they do); 0 for one for two cores.", 0, 64},

      {"log.level", "", SLOT(log.level), "`debug`, `info`, `warn` or `error`.", 0, 0, Check::word,
       "debug info warn error"},
      {"log.access", "", SLOT(log.access), "One line per request."},
  };
  return table;
}

#undef SLOT
#undef RING
#undef HIDDEN

std::string environment_name(std::string_view key) {
  std::string out = "VALETKEY_";
  for (char c : key) {
    if (c == '.') {
      out.push_back('_');
    } else {
      out.push_back(c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c);
    }
  }
  return out;
}

bool is_secret(const Key& key) {
  Config probe;
  return is_hidden(key) || std::holds_alternative<Secret*>(key.slot(probe));
}

bool is_hidden(const Key& key) {
  Config probe;
  Slot slot = key.slot(probe);
  return std::holds_alternative<HiddenSecret>(slot) || std::holds_alternative<SecretRing>(slot);
}

}  // namespace valetkey::config
