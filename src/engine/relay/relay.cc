#include "engine/relay/relay.h"

#include <utility>

#include "engine/relay/pump.h"
#include "foundation/base/ids.h"
#include "foundation/base/log.h"
#include "foundation/base/strings.h"
#include "foundation/net/turn.h"
#include "foundation/net/worker.h"

namespace valetkey::relay {
namespace {

constexpr size_t kMaxErrorBody = 256 * 1024;

// Cancelled with the exchange until detach(): then it may outlive it, for draining an answered upstream.
struct UpstreamCancellation {
  explicit UpstreamCancellation(Cancellation& exchange) {
    link.emplace(exchange, [this] { cancellation.request(); });
  }
  void detach() { link.reset(); }
  Cancellation cancellation;
  std::optional<OnCancel> link;
};

// Reads what is left after the terminal event, so that the connection goes back to the pool. A worker that
// ends destroys this frame where it waits, the last parameter first: the response before its cancellation.
Task<void> drain(std::shared_ptr<UpstreamCancellation> cancellation,
                 std::unique_ptr<http::ClientResponse> upstream) {
  constexpr size_t kMaxLeftover = 64 * 1024;
  size_t seen = 0;
  while (seen < kMaxLeftover) {
    auto bytes = co_await upstream->read(kSecond);
    if (!bytes.ok() || bytes->empty()) break;
    seen += bytes->size();
  }
  upstream.reset();
  (void)cancellation;
}

// An answer of 200 whose body is JSON or HTML in place of events is a failure in disguise.
bool looks_like_events(std::string_view content_type) {
  return content_type.empty() || to_lower(content_type).find("event-stream") != std::string::npos ||
         to_lower(content_type).find("octet-stream") != std::string::npos;
}

std::string joined(const std::vector<std::string>& names) {
  std::string out;
  for (const auto& name : names) out += (out.empty() ? "" : ", ") + name;
  return out;
}

}  // namespace

struct Relay::UpstreamCall {
  std::unique_ptr<http::ClientResponse> response;
  std::unique_ptr<dialects::AnswerTranslator> translator;
  std::vector<std::string> dropped;
};

Failure pass_refused() {
  Failure failure;
  failure.kind = Failure::Kind::reauthenticate;
  failure.status = 401;
  failure.message = "unauthorized";
  failure.type = "invalid_request_error";
  failure.code = "invalid_api_key";
  return failure;
}

Failure failure_of(const Error& error) {
  Failure failure;
  failure.type = "provider_error";
  switch (error.code) {
    case Code::unauthorized:
      return pass_refused();
    case Code::timeout:
      failure.kind = Failure::Kind::timeout;
      failure.status = 504;
      failure.message = "The provider did not answer in time.";
      failure.code = "upstream_timeout";
      break;
    case Code::disconnected:
      failure.kind = Failure::Kind::disconnected;
      failure.message = "The provider closed the connection before the answer was complete.";
      failure.code = "upstream_disconnected";
      break;
    case Code::protocol:
    case Code::too_large:
    case Code::upstream:
      failure.message = "The provider's answer could not be understood.";
      failure.code = "upstream_protocol_error";
      break;
    case Code::store:
    case Code::unavailable:
      failure.kind = Failure::Kind::overloaded;
      failure.status = 503;
      failure.message = "The server cannot serve this request right now. Please try again.";
      failure.type = "server_error";
      failure.code = "unavailable";
      failure.retry_after = kSecond;
      break;
    case Code::invalid_argument:
    case Code::forbidden:
    case Code::not_found:
    case Code::conflict:
    case Code::rate_limited:
    case Code::cancelled:
    case Code::internal:
      failure.status = 500;
      failure.message = "Internal server error.";
      failure.type = "server_error";
      break;
  }
  return failure;
}

Relay::Relay(Vault& vault, providers::Providers& providers, providers::WorkerClients& clients,
             const Clock& clock, Random& random, RelayMetrics& metrics, RelayOptions options)
    : vault_(vault),
      providers_(providers),
      clients_(clients),
      clock_(clock),
      random_(random),
      metrics_(metrics),
      options_(options) {}

Task<std::variant<OpenCredential, Failure>> Relay::open(const CredentialKey& key) {
  if (!providers_.enabled(key.provider)) {
    Failure failure;
    failure.kind = Failure::Kind::forbidden;
    failure.status = 403;
    failure.message =
        "Signing in with " + std::string(display_name(key.provider)) + " is turned off on this server.";
    failure.type = "provider_error";
    failure.code = "provider_disabled";
    co_return failure;
  }
  auto opened = co_await vault_.open_for_use(key);
  if (!opened.ok()) co_return failure_of(opened.error());
  co_return std::move(opened).value();
}

Task<std::variant<Relay::UpstreamCall, Failure>> Relay::call_upstream(OpenCredential credential,
                                                                      const CredentialKey& key,
                                                                      const dialects::ClientRequest& request,
                                                                      Cancellation& cancellation) {
  auto& provider = providers_.get(credential.provider);
  std::optional<dialects::UpstreamKind> excluded;
  Tried tried;
  if (net::in_company(net::Step::call)) co_await net::keep_step(net::Step::call);
  for (;;) {
    auto planned = co_await provider.plan(credential, request, excluded, cancellation);
    if (auto* failure = std::get_if<Failure>(&planned)) co_return std::move(*failure);
    auto& plan = std::get<providers::CallPlan>(planned);
    auto encoded = request.encode_for(plan.upstream);
    if (encoded.refused) co_return std::move(*encoded.refused);

    http::ClientRequest call;
    call.method = "POST";
    call.url = std::move(plan.url);
    call.headers = std::move(plan.headers);
    call.body = std::move(encoded.body);
    call.resend_on_stale = false;  // what an upstream may have begun may have been billed
    auto sent = co_await clients_.here().send(std::move(call), cancellation);
    if (!sent.ok()) co_return failure_of(sent.error());
    auto& response = **sent;
    if (response.status() == 200 && looks_like_events(response.header("content-type"))) {
      dialects::StreamIdentity identity;
      identity.id = "chatcmpl-" + make_ulid(clock_.now(), random_);
      identity.created = clock_.now_seconds();
      identity.model = request.model();
      UpstreamCall out;
      out.translator = request.translate_answer(plan.upstream, std::move(identity));
      out.response = std::move(*sent);
      out.dropped = std::move(encoded.dropped);
      co_return out;
    }

    auto body = co_await response.read_all(kMaxErrorBody);
    if (!body.ok() && body.error().code == Code::cancelled) co_return failure_of(body.error());
    Failure failure = provider.classify(response.status(), response.headers(),
                                        body.ok() ? *body : std::string(), clock_.now());
    if (failure.code == "unsupported_api_for_model" && !excluded) {
      excluded = plan.upstream;
      continue;
    }
    auto final_failure =
        co_await after_refusal(std::move(failure), plan.token_serial, key, credential, tried);
    if (final_failure) co_return std::move(*final_failure);
  }
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

Task<void> Relay::answer(http::Exchange& exchange, CredentialKey key, DecodedCall decoded) {
  const bool stream = decoded.request->stream();
  int64_t started = steady_micros();
  // Asked for first, so that a caller who leaves during a refresh costs no model call.
  auto cancellation = std::make_shared<UpstreamCancellation>(exchange.cancellation());
  ProviderId provider = key.provider;
  exchange.note("provider", to_string(provider));
  Heartbeat heartbeat(exchange, stream ? options_.heartbeat : 0);
  heartbeat.watch();  // opening may wait for a refresh
  std::variant<UpstreamCall, Failure> called;
  auto opened = co_await open(key);
  if (auto* refused = std::get_if<Failure>(&opened)) {
    called = std::move(*refused);
  } else {
    called = co_await call_upstream(std::get<OpenCredential>(std::move(opened)), key, *decoded.request,
                                    cancellation->cancellation);
  }
  co_await heartbeat.rest();
  if (exchange.cancellation().requested() && !exchange.draining()) co_return;

  std::optional<Failure> failure;
  if (auto* refused = std::get_if<Failure>(&called)) {
    failure = std::move(*refused);
    if (heartbeat.begun()) {
      // Beats have committed us to 200: the error goes in-band, in the client's dialect.
      auto translator = decoded.request->translate_answer(dialects::UpstreamKind::codex, {});
      std::string out;
      translator->status_sent();
      translator->on_failure(*failure, out);
      (void)co_await exchange.end(out);
    }
  } else {
    auto& call = std::get<UpstreamCall>(called);
    decoded = {};
    http::HeaderList headers =
        stream ? stream_headers() : http::HeaderList{{"content-type", "application/json"}};
    if (!call.dropped.empty()) headers.add("x-valetkey-dropped", joined(call.dropped));
    providers_.get(provider).map_quota_headers(call.response->headers(), headers, clock_.now());
    auto& translator = *call.translator;
    auto end = co_await pump({exchange, *call.response, translator, heartbeat, stream,
                              stream ? std::exchange(headers, {}) : http::HeaderList()});
    metrics_.first_event(steady_micros() - started);
    if (end == PumpEnd::client_left) co_return;
    failure = translator.failure();
    if (!failure) {
      if (!stream) {
        http::Response response;
        response.headers = std::move(headers);
        response.body = translator.aggregate();
        co_await exchange.send(std::move(response));
      }
      metrics_.answered(provider, translator.usage());
      if (call.response->has_more()) {
        cancellation->detach();
        exchange.worker().spawn(drain(cancellation, std::move(call.response)));
      }
      co_return;
    }
  }
  metrics_.failed(provider, failure->kind);
  exchange.note("failure",
                failure->code.empty() ? std::string_view(failure->type) : std::string_view(failure->code));
  if (!exchange.answered()) co_await exchange.send(error_response(*failure));
}

Task<std::variant<std::vector<providers::Model>, Failure>> Relay::models(http::Exchange& exchange,
                                                                         CredentialKey key) {
  auto opened = co_await open(key);
  if (auto* failure = std::get_if<Failure>(&opened)) co_return std::move(*failure);
  auto& credential = std::get<OpenCredential>(opened);
  auto& provider = providers_.get(credential.provider);
  Tried tried;
  for (;;) {
    auto listed = co_await provider.models(credential, exchange.cancellation());
    auto* refused = std::get_if<Failure>(&listed);
    if (refused == nullptr) co_return listed;
    auto final_failure = co_await after_refusal(std::move(*refused), 0, key, credential, tried);
    if (final_failure) co_return std::move(*final_failure);
  }
}

}  // namespace valetkey::relay
