#include "app/house.h"

#include <sys/resource.h>
#include <unistd.h>
#include <csignal>
#include <thread>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "app/authorization_parts.h"
#include "app/authorization_settings.h"
#include "app/migrations.h"
#include "app/pipeline_errors.h"
#include "app/rate_limits.h"
#include "app/refresh_keeper.h"
#include "app/renewal_parts.h"
#include "app/request_metrics.h"
#include "app/version.h"
#include "domain/sign_in/sign_in.h"
#include "engine/relay/relay.h"
#include "faces/admin/admin.h"
#include "faces/auth/auth.h"
#include "faces/portal/pages.h"
#include "faces/v1/v1.h"
#include "foundation/base/log.h"
#include "foundation/crypto/crypto.h"
#include "foundation/http/server.h"

namespace valetkey {
namespace {

// A finished pass is refused after 60 s by itself; the sweep is what removes it from the store.
constexpr Millis kSweepEvery = 15 * kSecond;

http::ServerLimits limits_of(const ServerConfig& config) {
  http::ServerLimits limits;
  limits.max_body = config.max_body_bytes;
  limits.head_timeout = config.head_timeout;
  limits.body_timeout = config.body_timeout;
  limits.idle_timeout = config.idle_timeout;
  limits.write_timeout = config.write_timeout;
  limits.total_timeout = config.total_timeout;
  limits.drain_timeout = config.drain_timeout;
  return limits;
}

void log_access(const http::AccessRecord& record) {
  log::info("request", {{"request_id", record.request_id},
                        {"method", record.method},
                        {"route", record.route},
                        {"status", record.status},
                        {"ms", record.micros / 1000},
                        {"us", record.micros},
                        {"bytes_in", record.bytes_in},
                        {"bytes_out", record.bytes_out},
                        {"client", record.client_address},
                        {"client_left", record.client_left},
                        {"note", record.note}});
}

Result<std::shared_ptr<net::TlsContext>> load_certificate(const ServerConfig& config) {
  if (config.tls_certificate_file.empty()) return std::shared_ptr<net::TlsContext>();
  return net::TlsContext::server(config.tls_certificate_file, config.tls_key_file);
}

// What subscription sign-in is, said at every start (product.md: where we stand on the providers' terms).
void log_providers(const std::vector<ProviderId>& enabled) {
  if (enabled.empty()) {
    log::warn("no_provider_enabled",
              {{"hint",
                "every sign-in provider is off; set VALETKEY_PROVIDERS=openai,xai,github to turn them on"}});
    return;
  }
  std::string names;
  for (ProviderId id : enabled) names += (names.empty() ? "" : ",") + std::string(to_string(id));
  log::warn(
      "subscription_providers_enabled",
      {{"providers", names},
       {"note",
        "these reuse OAuth clients that the vendors publish for their own tools; there is no public "
        "programme "
        "for it, it may break, and the vendors' terms may forbid it. A credential serves only the person who "
        "signed in."}});
}

}  // namespace

struct House::Parts {
  explicit Parts(const Config& given)
      : config(given),
        ring(given.secrets.jwt),
        clock(),
        random(crypto::system_random()),
        request_metrics(registry),
        relay_metrics(registry),
        rate_limits(given.server) {}

  Result<void> build();
  void build_routes();
  http::ServerOptions public_options();
  Task<void> watch_signals();
  Task<void> sweep();
  void begin_drain();
  Result<void> listen();

  Config config;
  jose::HmacKeyRing ring;
  SystemClock clock;
  Random& random;
  metrics::Registry registry;
  RequestMetrics request_metrics;
  relay::RelayMetrics relay_metrics;
  RateLimits rate_limits;

  std::unique_ptr<RefreshKeeper> keeper;
  std::vector<std::unique_ptr<net::Worker>> workers;
  std::unique_ptr<sql::Database> database;  // ends before the workers
  providers::WorkerClients clients;
  std::unique_ptr<providers::Providers> providers;
  std::unique_ptr<Vault> vault;
  std::unique_ptr<SignIns> sign_ins;
  std::unique_ptr<relay::Relay> relay;
  std::unique_ptr<AuthorizationParts> authorization;  // null without an issuer
  http::Router public_router;
  http::Router admin_router;
  std::unique_ptr<http::Server> public_server;
  std::unique_ptr<http::Server> admin_server;
  std::atomic<bool> draining = false;
};

Result<void> House::Parts::build() {
  VK_TRY(database, sql::open_database({.url = std::string(config.store.url.reveal()),
                                       .postgres_connections = config.store.postgres_connections}));
  VK_TRY(int applied, sql::migrate(*database, house_migrations(), clock.now()));
  if (applied > 0) log::info("migrated", {{"applied", applied}});

  unsigned count =
      config.server.workers != 0 ? config.server.workers : std::max(1u, std::thread::hardware_concurrency());
  VK_TRY(auto client_tls, net::TlsContext::client(config.upstream.ca_file));
  for (unsigned i = 0; i < count; ++i) {
    workers.push_back(std::make_unique<net::Worker>(i));
    clients.add(i,
                std::make_unique<http::Client>(*workers.back(), client_tls, client_limits(config.upstream)));
  }
  providers = std::make_unique<providers::Providers>(config.providers, clients, clock, random);
  vault =
      std::make_unique<Vault>(*database, clock, random, providers->token_refresher(), vault_options(config));
  vault->renew_through(*keeper);
  keeper->listen_on(*workers.front());
  sign_ins = std::make_unique<SignIns>(*database, clock, random, *vault, providers->device_flow(), ring,
                                       config.originator);
  relay = std::make_unique<relay::Relay>(*vault, *providers, clients, clock, random, relay_metrics,
                                         relay::RelayOptions{.heartbeat = config.server.heartbeat});
  if (!issuer_of(config).empty()) {
    VK_TRY(authorization, AuthorizationParts::build({config, *database, clock, random, ring, *vault,
                                                     *sign_ins, *providers, *relay}));
  }
  build_routes();

  VK_TRY(auto certificate, load_certificate(config.server));
  auto options = public_options();
  options.tls = std::move(certificate);
  public_server = std::make_unique<http::Server>(std::move(options), public_router);
  http::ServerOptions admin;
  admin.address = config.server.admin_address;
  admin.port = config.server.admin_port;
  admin.error_response = pipeline_error;
  admin.random = &random;
  admin_server = std::make_unique<http::Server>(std::move(admin), admin_router);
  registry.gauge("valetkey_connections", "Open client connections.",
                 [this] { return static_cast<int64_t>(public_server->connections()); });
  registry.gauge("valetkey_exchanges", "Requests being answered.",
                 [this] { return static_cast<int64_t>(public_server->exchanges()); });
  return {};
}

void House::Parts::build_routes() {
  faces::Admin admin;
  admin.metrics_text = [this] { return registry.text(); };
  admin.ready = [this]() -> Task<Result<void>> {
    if (draining) co_return Error{Code::unavailable, "draining", "house"};
    co_return co_await database->ping();
  };
  if (authorization) {
    admin.wants_page = faces::wants_html;
    admin.home_page = faces::home_page;
  }
  faces::add_public_health_routes(public_router, admin);
  faces::add_admin_routes(admin_router, admin);
  faces::add_auth_routes(public_router, {*sign_ins, *vault, *providers, ring, clock});
  faces::add_v1_routes(public_router, {*relay, ring, clock, config.server.max_body_bytes});
  if (authorization) authorization->add_routes(public_router);
}

http::ServerOptions House::Parts::public_options() {
  http::ServerOptions options;
  options.address = config.server.address;
  options.port = config.server.port;
  options.limits = limits_of(config.server);
  options.trusted_proxies = config.server.trusted_proxies;
  options.error_response = pipeline_error;
  options.random = &random;
  options.on_access = [this](const http::AccessRecord& record) {
    request_metrics.add(record);
    if (config.log.access) log_access(record);
  };
  options.rate_limit = [this](http::RateClass rate_class, const std::string& address) {
    return rate_limits.check(rate_class, address, clock.now());
  };
  return options;
}

Result<void> House::Parts::listen() {
  std::vector<net::Worker*> all;
  for (auto& worker : workers) all.push_back(worker.get());
  VK_CHECK(public_server->start(all));
  VK_CHECK(admin_server->start({all.front()}));
  log_providers(providers->enabled());
  log::info("listening", {{"address", config.server.address},
                          {"port", public_server->port()},
                          {"admin_port", admin_server->port()},
                          {"tls", !config.server.tls_certificate_file.empty()},
                          {"workers", workers.size()},
                          {"store", database->kind() == sql::Database::Kind::sqlite ? "sqlite" : "postgres"},
                          {"version", kVersion}});
  return {};
}

void House::Parts::begin_drain() {
  if (draining.exchange(true)) ::_exit(1);  // the second signal: now
  log::info("draining", {{"exchanges", public_server->exchanges()}});
  public_server->stop([this] {
    log::info("drained");
    admin_server->stop([] {});
    for (auto& worker : workers) worker->stop();
  });
}

Task<void> House::Parts::watch_signals() {
  asio::signal_set signals(workers.front()->context(), SIGTERM, SIGINT, SIGHUP);
  for (;;) {
    boost::system::error_code failure;
    int number =
        co_await signals.async_wait(asio::redirect_error(asio::use_awaitable_t<Executor>(), failure));
    if (failure) co_return;
    if (number != SIGHUP) {
      begin_drain();
      continue;
    }
    auto certificate = load_certificate(config.server);
    if (!certificate.ok()) {
      log::error("certificate_not_reloaded", {{"detail", certificate.error().detail}});
    } else if (*certificate != nullptr) {
      public_server->replace_tls(std::move(*certificate));
      log::info("certificate_reloaded");
    }
  }
}

Task<void> House::Parts::sweep() {
  for (;;) {
    (void)co_await net::sleep_for(kSweepEvery);
    auto credentials = co_await vault->delete_expired();
    auto pending = co_await sign_ins->delete_expired();
    Result<int64_t> authorized = int64_t{0};
    if (authorization) authorized = co_await authorization->sweep();
    if (!credentials.ok() || !pending.ok() || !authorized.ok()) {
      log::warn("sweep_failed");
    } else if (*credentials + *pending + *authorized > 0) {
      log::info("swept",
                {{"credentials", *credentials}, {"sign_ins", *pending}, {"authorization", *authorized}});
    }
  }
}

House::House(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
House::~House() = default;

Result<std::unique_ptr<House>> House::build(const Config& config) {
  auto parts = std::make_unique<Parts>(config);
  VK_TRY(parts->keeper, RefreshKeeper::start(config));  // forks: before any thread and any store
  VK_CHECK(parts->build());
  return std::unique_ptr<House>(new House(std::move(parts)));
}

// A stream takes two sockets, so as many as we may have.
static void raise_open_files() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  (void)::setrlimit(RLIMIT_NOFILE, &limit);
}

Result<void> House::serve() {
  std::signal(SIGPIPE, SIG_IGN);
  raise_open_files();
  VK_CHECK(parts_->listen());
  parts_->workers.front()->spawn(parts_->watch_signals());
  parts_->workers.front()->spawn(parts_->sweep());
  std::vector<std::thread> threads;
  for (size_t i = 1; i < parts_->workers.size(); ++i) {
    threads.emplace_back([worker = parts_->workers[i].get()] { worker->run(); });
  }
  parts_->workers.front()->run();
  for (auto& thread : threads) thread.join();
  log::info("stopped");
  return {};
}

}  // namespace valetkey
