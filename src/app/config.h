// The configuration: plain data, read once at start-up and never changed. Every key, its names in the
// environment and its limits stand in the table of config_keys.cc; docs/configuration.md is checked against
// it.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "engine/providers/options.h"
#include "foundation/base/clock.h"
#include "foundation/base/result.h"
#include "foundation/base/secret.h"

namespace valetkey {

struct ServerConfig {
  std::string address = "127.0.0.1";
  uint16_t port = 3000;  // 0: any free one
  std::string admin_address = "127.0.0.1";
  uint16_t admin_port = 9464;                      // 0: any free one
  unsigned workers = 0;                            // 0: one per core
  std::string tls_certificate_file, tls_key_file;  // both or none; PEM; read again on SIGHUP
  std::vector<std::string> trusted_proxies;        // addresses or CIDR blocks
  size_t max_body_bytes = 32u << 20;
  Millis head_timeout = 10 * kSecond;
  Millis body_timeout = 60 * kSecond;
  Millis idle_timeout = 75 * kSecond;
  Millis write_timeout = 60 * kSecond;
  Millis total_timeout = 30 * kMinute;
  Millis drain_timeout = 20 * kSecond;
  Millis heartbeat = 15 * kSecond;  // 0: none
  // Per client address, in any 60 seconds; 0: no limit.
  unsigned rate_limit_per_minute = 0;      // /v1/*
  unsigned sign_in_start_per_minute = 20;  // POST /auth/start
  unsigned sign_in_poll_per_minute = 120;  // GET /auth/poll/*
  unsigned oauth_per_minute = 0;           // /oauth/token and its kin
  unsigned registration_per_minute = 20;   // POST /oauth/register
  unsigned portal_per_minute = 240;        // /portal/api/*
};

struct StoreConfig {
  std::string driver;                          // "sqlite", "postgres", or empty: the URL decides
  Secret url{std::string_view("./relay.db")};  // may hold the database password
  unsigned postgres_connections = 16;
};

struct SecretsConfig {
  std::vector<Secret> jwt;       // decoded bytes; the first signs, all verify
  std::vector<Secret> identity;  // decoded bytes; the first derives user ids, all recognise them
};

struct UpstreamConfig {
  Millis connect_timeout = 10 * kSecond;
  Millis head_timeout = 120 * kSecond;  // from the end of the request to the end of the response head
  Millis idle_timeout = 300 * kSecond;  // between two reads of a response body
  std::string ca_file;                  // PEM of extra roots; empty: the system's alone
};

struct OauthConfig {
  std::string issuer;  // empty: http://localhost and the port; with port 0: no authorization server at all
  std::string default_scope = "openid profile email";
  std::vector<std::string> resources;  // "URI scope scope": besides our own /mcp
  Millis access_token_lifetime = 10 * kMinute;
  Millis refresh_idle_lifetime = 30 * kDay;
  Millis refresh_absolute_lifetime = 365 * kDay;
  Millis refresh_grace = 30 * kSecond;
  bool dpop_nonce = false;                         // ask every DPoP client for a nonce of ours
  bool dynamic_client_credentials = false;         // client_credentials for clients no builder made
  std::vector<std::string> trusted_issuers;        // "ISSUER JWKS_URI [email]": their assertions are grants
  std::vector<std::string> introspection_clients;  // client ids that may look into every token
  std::string documentation_uri;
  std::string apps_challenge;         // what /.well-known/openai-apps-challenge says
  bool fetch_allow_loopback = false;  // for development: documents of clients on this machine
  std::string fetch_ca_file;          // PEM of extra roots for them
};

struct MailConfig {
  std::string smtp_url;  // smtp:// or smtps://; empty: no mail can be sent, so nobody can register
  std::string user;
  Secret password;
  std::string from = "Valetkey <no-reply@localhost>";
  bool require_tls = true;
  std::string ca_file;
  std::string sink_url;  // for development: where the mail can be read
};

struct PortalConfig {
  std::string product_name = "Valetkey";
  Millis session_idle = 14 * kDay;
  Millis session_absolute = 90 * kDay;
  unsigned hashing_threads = 0;  // for passwords; 0: one for two cores
};

struct LogConfig {
  std::string level = "info";
  bool access = true;  // one line per request
};

providers::ProviderOptions default_providers();

struct Config {
  std::string originator;  // who this relay says it is to the providers
  ServerConfig server;
  StoreConfig store;
  SecretsConfig secrets;
  providers::ProviderOptions providers = default_providers();  // none is on by itself
  UpstreamConfig upstream;
  OauthConfig oauth;
  MailConfig mail;
  PortalConfig portal;
  LogConfig log;
  // Where a value came from, by key: "valetkey.toml:12", "AUTH_AI_PORT", ".env:3 AUTH_AI_PORT". Absent: the
  // default.
  std::map<std::string, std::string> origins;
};

using Environment = std::map<std::string, std::string>;

struct ConfigSource {
  std::string file;         // TOML; empty: none. A named file that cannot be read is an error
  Environment environment;  // the process's; beats the .env file, which beats the TOML file
  std::string env_file;     // usually ".env"; empty or absent on disk: none
};

// Code::invalid_argument; the detail holds every problem found, one a line, each with its place and its key.
// No value of a secret is in it.
Result<Config> load_config(const ConfigSource& source);

Environment process_environment();

// Every key with its value and where that came from, in the order of the table, as TOML. Secrets and the
// database password are left out, so the text may be shown.
std::string describe(const Config& config);

// "postgres://u:pw@h/d" without its password, wherever in the URL it stands.
std::string without_password(std::string_view url);

// The table of docs/configuration.md in Markdown, made from the table of keys.
std::string configuration_reference();

}  // namespace valetkey
