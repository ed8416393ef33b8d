#include "engine/providers/openai/errors.h"

#include <algorithm>
#include <array>

#include "engine/providers/classification.h"
#include "engine/providers/openai/quota.h"
#include "engine/providers/retry_after.h"

namespace valetkey::providers::openai {
namespace {

using Kind = Failure::Kind;

constexpr std::string_view kName = "ChatGPT";
constexpr std::string_view kUsageLimit =
    "The usage limit of this ChatGPT plan has been reached. It becomes available again when the limit "
    "resets.";
constexpr std::string_view kNotIncluded =
    "This ChatGPT plan does not include the use of models in other apps.";
constexpr std::string_view kRegion =
    "ChatGPT is not available in the country or region this server connects from.";

constexpr auto kRules = std::to_array<CodeRule>({
    {"context_length_exceeded", Kind::invalid_request, 400},
    {"insufficient_quota", Kind::quota, 429},
    {"usage_limit_reached", Kind::quota, 429, kUsageLimit},
    {"usage_not_included", Kind::forbidden, 403, kNotIncluded},
    {"cyber_policy", Kind::policy, 400},
    {"bio_policy", Kind::policy, 400},
    {"invalid_prompt", Kind::policy, 400},
    {"server_is_overloaded", Kind::overloaded, 503},
    {"slow_down", Kind::overloaded, 503},
    {"rate_limit_exceeded", Kind::rate_limit, 429},
    {"server_error", Kind::upstream},
    {"previous_response_not_found", Kind::invalid_request, 400},
    {"invalid_encrypted_content", Kind::invalid_request, 400},
    {"unsupported_country_region_territory", Kind::forbidden, 403, kRegion},
    {"token_expired", Kind::reauthenticate, 401},
    {"token_invalidated", Kind::reauthenticate, 401},
    {"token_revoked", Kind::reauthenticate, 401},
});

// "Unsupported parameter: max_output_tokens"
std::string parameter_in(std::string_view message) {
  constexpr std::string_view kMark = "Unsupported parameter: ";
  size_t at = message.find(kMark);
  if (at == std::string_view::npos) return {};
  std::string_view rest = message.substr(at + kMark.size());
  return std::string(rest.substr(0, std::min(rest.find_first_of(" ,;'\""), kMaxErrorToken)));
}

// The backend explains some refusals in a sentence alone.
void read_sentence(const ErrorBody& body, Failure& failure) {
  if (std::string name = parameter_in(body.message); !name.empty()) {
    if (failure.param.empty()) failure.param = std::move(name);
    if (failure.code.empty()) failure.code = "unsupported_parameter";
  } else if (failure.code.empty() && body.message.find("model is not supported") != std::string::npos) {
    failure.code = "model_not_supported";
    failure.param = "model";
  }
}

// Retry-After, then the body's reset, then the header family of the limit that was hit, then the sentence.
std::optional<Millis> wait_of(const http::Headers& headers, const ErrorBody& body, Millis now) {
  if (auto wait = read_retry_after(headers, now)) return wait;
  auto within = [](int64_t seconds) { return std::min(seconds, kLongestWait / kSecond) * kSecond; };
  if (body.resets_at && *body.resets_at > now / kSecond) return within(*body.resets_at - now / kSecond);
  if (body.resets_in_seconds && *body.resets_in_seconds >= 0) return within(*body.resets_in_seconds);
  if (auto wait = exhausted_window_reset(headers, now)) return std::min(*wait, kLongestWait);
  return read_try_again(body.message);
}

}  // namespace

Failure classify(int status, const http::Headers& headers, std::string_view text, Millis now) {
  ErrorBody body = read_error_body(text);
  Refusal refusal{kName, status, body, {}};
  const CodeRule* rule = find_rule(kRules, body);
  bool may_wait = status == 429 || status >= 500 || rule != nullptr;
  if (may_wait) refusal.wait = wait_of(headers, body, now);
  if (rule != nullptr) return failure_by_rule(*rule, refusal);

  Failure failure = failure_by_status(refusal);
  if (failure.kind == Kind::reauthenticate) return failure;
  read_sentence(body, failure);
  if (status == 429 && body.message.find("at capacity") != std::string::npos) failure.kind = Kind::overloaded;
  return failure;
}

}  // namespace valetkey::providers::openai
