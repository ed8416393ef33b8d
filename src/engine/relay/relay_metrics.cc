#include "engine/relay/relay_metrics.h"

namespace valetkey::relay {
namespace {

constexpr std::array<const char*, 10> kKinds = {
    "invalid_request", "reauthenticate", "forbidden", "not_found", "quota",
    "rate_limit",      "overloaded",     "policy",    "upstream",  "timeout"};

size_t index_of(Failure::Kind kind) {
  switch (kind) {
    case Failure::Kind::invalid_request:
      return 0;
    case Failure::Kind::reauthenticate:
      return 1;
    case Failure::Kind::forbidden:
      return 2;
    case Failure::Kind::not_found:
      return 3;
    case Failure::Kind::quota:
      return 4;
    case Failure::Kind::rate_limit:
      return 5;
    case Failure::Kind::overloaded:
      return 6;
    case Failure::Kind::policy:
      return 7;
    case Failure::Kind::upstream:
    case Failure::Kind::disconnected:
      return 8;
    case Failure::Kind::timeout:
      return 9;
  }
  return 8;
}

}  // namespace

RelayMetrics::RelayMetrics(metrics::Registry& registry)
    : first_event_(registry.histogram("valetkey_first_event_seconds",
                                      "From the request to the first event that means something.")),
      retries_(registry.counter("valetkey_retries_after_refresh_total",
                                "Calls sent again after the upstream refused the access token.")) {
  for (ProviderId id : kAllProviders) {
    auto& series = providers_[static_cast<size_t>(id)];
    std::string label = "provider=\"" + std::string(to_string(id)) + "\"";
    series.answered = &registry.counter("valetkey_answers_total", "Model calls answered to the end.", label);
    series.input_tokens =
        &registry.counter("valetkey_input_tokens_total", "Tokens read, as the upstream says.", label);
    series.output_tokens =
        &registry.counter("valetkey_output_tokens_total", "Tokens written, as the upstream says.", label);
    for (size_t kind = 0; kind < kKinds.size(); ++kind) {
      series.failed[kind] = &registry.counter("valetkey_failures_total", "Model calls that failed, by kind.",
                                              label + ",kind=\"" + kKinds[kind] + "\"");
    }
  }
}

void RelayMetrics::answered(ProviderId provider, const dialects::Usage& usage) {
  auto& series = providers_[static_cast<size_t>(provider)];
  series.answered->add();
  series.input_tokens->add(usage.input_tokens);
  series.output_tokens->add(usage.output_tokens);
}

void RelayMetrics::failed(ProviderId provider, Failure::Kind kind) {
  providers_[static_cast<size_t>(provider)].failed[index_of(kind)]->add();
}

}  // namespace valetkey::relay
