#include "engine/relay/relay.h"

#include <utility>

#include "engine/relay/pump.h"
#include "engine/relay/relay_failures.h"
#include "foundation/base/ids.h"
#include "foundation/base/strings.h"
#include "foundation/net/turn.h"
#include "foundation/net/worker.h"

namespace valetkey::relay {
namespace {

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

bool is_answer(const http::ClientResponse& response) {
  return response.status() == 200 && looks_like_events(response.header("content-type"));
}

http::ClientRequest call_of(providers::CallPlan& plan, dialects::EncodedRequest& encoded) {
  http::ClientRequest call;
  call.method = "POST";
  call.url = std::move(plan.url);
  call.headers = std::move(plan.headers);
  call.body = std::move(encoded.body);
  call.resend_on_stale = false;  // what an upstream may have begun may have been billed
  return call;
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

Relay::Relay(Vault& vault, providers::Providers& providers, providers::WorkerClients& clients,
             const Clock& clock, Random& random, RelayMetrics& metrics, RelayOptions options)
    : vault_(vault),
      providers_(providers),
      clients_(clients),
      clock_(clock),
      random_(random),
      metrics_(metrics),
      options_(options) {}

std::optional<Failure> Relay::turned_off(ProviderId provider) const {
  if (providers_.enabled(provider)) return std::nullopt;
  Failure failure;
  failure.kind = Failure::Kind::forbidden;
  failure.status = 403;
  failure.message =
      "Signing in with " + std::string(display_name(provider)) + " is turned off on this server.";
  failure.type = "provider_error";
  failure.code = "provider_disabled";
  return failure;
}

Task<std::variant<OpenCredential, Failure>> Relay::open(const CredentialKey& key) {
  if (auto refused = turned_off(key.provider)) co_return std::move(*refused);
  auto opened = co_await vault_.open_for_use(key);
  if (!opened.ok()) co_return failure_of(opened.error());
  co_return std::move(opened).value();
}

// Everything the model's answer needs, or why there is none.
Task<std::variant<Relay::UpstreamCall, Failure>> Relay::call_upstream(const CredentialKey& key,
                                                                      const dialects::ClientRequest& request,
                                                                      Cancellation& cancellation) {
  if (auto refused = turned_off(key.provider)) co_return std::move(*refused);
  auto opened = co_await vault_.open_for_use(key);
  if (!opened.ok()) co_return failure_of(opened.error());
  auto& provider = providers_.get(key.provider);
  if (net::in_company(net::Step::call)) co_await net::keep_step(net::Step::call);
  for (Tried tried;;) {
    auto planned = co_await provider.plan(*opened, request, tried.excluded, cancellation);
    if (auto* failure = std::get_if<Failure>(&planned)) co_return std::move(*failure);
    auto& plan = std::get<providers::CallPlan>(planned);
    auto encoded = request.encode_for(plan.upstream);
    if (encoded.refused) co_return std::move(*encoded.refused);
    auto sent = co_await clients_.here().send(call_of(plan, encoded), cancellation);
    if (!sent.ok()) co_return failure_of(sent.error());
    if (is_answer(**sent)) {
      co_return UpstreamCall{std::move(*sent), request.translate_answer(plan.upstream, identity_of(request)),
                             std::move(encoded.dropped)};
    }
    auto failure = co_await after_refused_call(**sent, plan, key, *opened, tried);
    if (failure) co_return std::move(*failure);
  }
}

dialects::StreamIdentity Relay::identity_of(const dialects::ClientRequest& request) {
  dialects::StreamIdentity identity;
  identity.id = "chatcmpl-" + make_ulid(clock_.now(), random_);
  identity.created = clock_.now_seconds();
  identity.model = request.model();
  return identity;
}

Task<void> Relay::answer(http::Exchange& exchange, CredentialKey key, DecodedCall decoded) {
  const bool stream = decoded.request->stream();
  const int64_t started = steady_micros();
  // Asked for first, so that a caller who leaves during a refresh costs no model call.
  auto cancellation = std::make_shared<UpstreamCancellation>(exchange.cancellation());
  exchange.note("provider", to_string(key.provider));
  Heartbeat heartbeat(exchange, stream ? options_.heartbeat : 0);
  heartbeat.watch();  // opening may wait for a refresh
  auto called = co_await call_upstream(key, *decoded.request, cancellation->cancellation);
  if (!heartbeat.rest()) co_await heartbeat.last_beat();
  if (exchange.cancellation().requested() && !exchange.draining()) co_return;
  if (auto* refused = std::get_if<Failure>(&called)) {
    co_await refuse(exchange, heartbeat, key.provider, *decoded.request, *refused);
    co_return;
  }

  auto& call = std::get<UpstreamCall>(called);
  decoded = {};
  http::HeaderList headers = headers_of(call, key.provider, stream);
  auto& translator = *call.translator;
  auto end = co_await pump({exchange, *call.response, translator, heartbeat, stream,
                            stream ? std::exchange(headers, {}) : http::HeaderList()});
  metrics_.first_event(steady_micros() - started);
  if (end == PumpEnd::client_left) co_return;
  if (const auto& failure = translator.failure()) {
    co_await fail(exchange, key.provider, *failure);
    co_return;
  }
  if (!stream) {
    http::Response response;
    response.headers = std::move(headers);
    response.body = translator.aggregate();
    co_await exchange.send(std::move(response));
  }
  metrics_.answered(key.provider, translator.usage());
  if (call.response->has_more()) {
    cancellation->detach();
    exchange.worker().spawn(drain(cancellation, std::move(call.response)));
  }
}

http::HeaderList Relay::headers_of(const UpstreamCall& call, ProviderId provider, bool stream) {
  http::HeaderList headers =
      stream ? stream_headers() : http::HeaderList{{"content-type", "application/json"}};
  if (!call.dropped.empty()) headers.add("x-valetkey-dropped", joined(call.dropped));
  providers_.get(provider).map_quota_headers(call.response->headers(), headers, clock_.now());
  return headers;
}

Task<void> Relay::refuse(http::Exchange& exchange, Heartbeat& heartbeat, ProviderId provider,
                         const dialects::ClientRequest& request, const Failure& failure) {
  if (heartbeat.begun()) {
    // Beats have committed us to 200: the error goes in-band, in the client's dialect.
    auto translator = request.translate_answer(dialects::UpstreamKind::codex, {});
    std::string text;
    dialects::AnswerBytes out(text);
    translator->status_sent();
    translator->on_failure(failure, out);
    (void)co_await exchange.end(text);
  }
  co_await fail(exchange, provider, failure);
}

Task<void> Relay::fail(http::Exchange& exchange, ProviderId provider, const Failure& failure) {
  metrics_.failed(provider, failure.kind);
  exchange.note("failure", failure.code.empty() ? std::string_view(failure.type) : failure.code);
  if (!exchange.answered()) co_await exchange.send(error_response(failure));
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
    auto failure = co_await after_refusal(std::move(*refused), 0, key, credential, tried);
    if (failure) co_return std::move(*failure);
  }
}

}  // namespace valetkey::relay
