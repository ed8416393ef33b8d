#include "engine/dialects/stream_failures.h"

#include <array>
#include <charconv>
#include <cmath>
#include <string>

#include "foundation/base/strings.h"

namespace valetkey::dialects {
namespace {

using Kind = Failure::Kind;

struct Row {
  std::string_view code;
  Kind kind;
  int status;
  std::string_view type;
};

constexpr std::string_view kInvalid = "invalid_request_error";
constexpr std::string_view kRate = "rate_limit_error";
constexpr std::string_view kProvider = "provider_error";

constexpr std::array kRows = {
    Row{"context_length_exceeded", Kind::invalid_request, 400, kInvalid},
    Row{"string_above_max_length", Kind::invalid_request, 400, kInvalid},
    Row{"previous_response_not_found", Kind::invalid_request, 400, kInvalid},
    Row{"invalid_encrypted_content", Kind::invalid_request, 400, kInvalid},
    Row{"invalid_request_body", Kind::invalid_request, 400, kInvalid},
    Row{"invalid_request_error", Kind::invalid_request, 400, kInvalid},
    Row{"unsupported_parameter", Kind::invalid_request, 400, kInvalid},
    Row{"unsupported_value", Kind::invalid_request, 400, kInvalid},
    Row{"vector_store_timeout", Kind::timeout, 504, kProvider},
    Row{"failed_to_download_image", Kind::invalid_request, 400, kInvalid},
    Row{"cyber_policy", Kind::policy, 400, kInvalid},
    Row{"bio_policy", Kind::policy, 400, kInvalid},
    Row{"invalid_prompt", Kind::policy, 400, kInvalid},
    Row{"image_content_policy_violation", Kind::policy, 400, kInvalid},
    Row{"content_policy_violation", Kind::policy, 400, kInvalid},
    Row{"content_filter", Kind::policy, 400, kInvalid},
    Row{"insufficient_quota", Kind::quota, 429, "insufficient_quota"},
    Row{"credit_balance_exhausted", Kind::quota, 429, "insufficient_quota"},
    Row{"usage_limit_reached", Kind::quota, 429, "insufficient_quota"},
    Row{"quota_exceeded", Kind::quota, 429, "insufficient_quota"},
    Row{"subscription:free-usage-exhausted", Kind::quota, 429, "insufficient_quota"},
    Row{"personal-team-blocked:spending-limit", Kind::quota, 429, "insufficient_quota"},
    Row{"usage_not_included", Kind::forbidden, 403, "permission_error"},
    Row{"permission_denied", Kind::forbidden, 403, "permission_error"},
    Row{"server_is_overloaded", Kind::overloaded, 503, "server_error"},
    Row{"slow_down", Kind::overloaded, 503, "server_error"},
    Row{"overloaded_error", Kind::overloaded, 503, "server_error"},
    Row{"model_overloaded", Kind::overloaded, 503, "server_error"},
    Row{"rate_limit_exceeded", Kind::rate_limit, 429, kRate},
    Row{"rate_limit_error", Kind::rate_limit, 429, kRate},
    Row{"rate_limit", Kind::rate_limit, 429, kRate},
    Row{"rate_limited", Kind::rate_limit, 429, kRate},
    Row{"user_model_rate_limited", Kind::rate_limit, 429, kRate},
    Row{"user_global_rate_limited", Kind::rate_limit, 429, kRate},
    Row{"user_weekly_rate_limited", Kind::quota, 429, "insufficient_quota"},
    Row{"integration_rate_limited", Kind::rate_limit, 429, kRate},
    Row{"agent_mode_limit_exceeded", Kind::rate_limit, 429, kRate},
    Row{"extension_blocked", Kind::rate_limit, 429, kRate},
    Row{"token_expired", Kind::reauthenticate, 401, kInvalid},
    Row{"token_invalidated", Kind::reauthenticate, 401, kInvalid},
    Row{"unauthenticated:bad-credentials", Kind::reauthenticate, 401, kInvalid},
    Row{"invalid_api_key", Kind::reauthenticate, 401, kInvalid},
    Row{"model_not_found", Kind::not_found, 404, kInvalid},
    Row{"model_not_supported", Kind::not_found, 404, kInvalid},
    Row{"server_error", Kind::upstream, 502, "server_error"},
};

const Row* row_of(std::string_view code) {
  for (const Row& row : kRows) {
    if (row.code == code) return &row;
  }
  // Copilot appends details after a colon.
  auto colon = code.find(':');
  return colon == std::string_view::npos ? nullptr : row_of(code.substr(0, colon));
}

Row row_of_status(int status) {
  if (status == 401) return {"", Kind::reauthenticate, 401, kInvalid};
  if (status == 402) return {"", Kind::quota, 429, "insufficient_quota"};
  if (status == 403) return {"", Kind::forbidden, 403, "permission_error"};
  if (status == 404) return {"", Kind::not_found, 404, kInvalid};
  if (status == 429) return {"", Kind::rate_limit, 429, kRate};
  if (status == 503) return {"", Kind::overloaded, 503, "server_error"};
  if (status == 504 || status == 408) return {"", Kind::timeout, 504, kProvider};
  if (status >= 400 && status < 500) return {"", Kind::invalid_request, 400, kInvalid};
  return {"", Kind::upstream, 502, kProvider};
}

Row decide(const UpstreamError& error) {
  if (const Row* row = row_of(error.code)) return *row;
  if (error.code.find("image") != std::string_view::npos) return {"", Kind::invalid_request, 400, kInvalid};
  if (error.status != 0) return row_of_status(error.status);
  if (const Row* row = row_of(error.type)) return *row;
  return row_of_status(0);
}

// Whether the SDK should try again by itself.
std::optional<bool> advice(Kind kind) {
  switch (kind) {
    case Kind::rate_limit:
    case Kind::overloaded:
    case Kind::upstream:
    case Kind::timeout:
    case Kind::disconnected:
      return std::nullopt;  // the status says it
    case Kind::invalid_request:
    case Kind::reauthenticate:
    case Kind::forbidden:
    case Kind::not_found:
    case Kind::quota:
    case Kind::policy:
      return false;
  }
  return std::nullopt;
}

std::string_view plain_message(std::string_view message) {
  constexpr size_t kLongest = 2000;
  message = trim(message);
  bool fit = message.size() <= kLongest && !message.starts_with('<') && !message.starts_with('{');
  return fit && is_valid_utf8(message) ? message : std::string_view();
}

}  // namespace

Failure classify_stream_error(const UpstreamError& error) {
  Row row = decide(error);
  Failure failure;
  failure.kind = row.kind;
  failure.status = row.status;
  failure.type = row.type;
  failure.code = error.code;
  failure.param = error.param;
  std::string_view message = plain_message(error.message);
  failure.message = message.empty() ? "the provider reported an error while answering" : std::string(message);
  failure.retry_after = error.retry_after;
  if (!failure.retry_after && row.kind == Kind::rate_limit) failure.retry_after = wait_in_message(message);
  failure.should_retry = advice(row.kind);
  return failure;
}

Failure classify_stream_error(const Json& outer) {
  Json inner = outer["error"].is_object() ? outer["error"] : outer;
  UpstreamError error;
  error.code = inner["code"].string_or("");
  error.type = inner["type"].string_or("");
  if (error.type == "error") error.type = {};
  error.message = inner["message"].string_or(
      inner["error"].string_or(outer["message"].string_or(outer["error"].string_or(""))));
  error.param = inner["param"].string_or("");
  int64_t status = outer["status"].integer().value_or(outer["status_code"].integer().value_or(
      inner["status"].integer().value_or(inner["code"].integer().value_or(0))));
  if (status >= 400 && status < 600) error.status = static_cast<int>(status);
  // usage_limit_reached and its like stand in `type`, with no code.
  if (error.code.empty() && row_of(error.type) && error.type != kInvalid && error.type != "server_error") {
    error.code = error.type;
  }
  if (auto seconds = inner["resets_in_seconds"].integer();
      seconds && *seconds >= 0 && *seconds < 366 * 86400) {
    error.retry_after = *seconds * kSecond;
  }
  return classify_stream_error(error);
}

std::optional<Millis> wait_in_message(std::string_view message) {
  constexpr std::string_view kBefore = "try again in ";
  std::string lower = to_lower(message);
  size_t at = lower.find(kBefore);
  if (at == std::string::npos) return std::nullopt;
  std::string_view rest = std::string_view(lower).substr(at + kBefore.size());
  size_t digits = std::min(rest.find_first_not_of("0123456789."), rest.size());
  double amount = 0;
  auto parsed = std::from_chars(rest.data(), rest.data() + digits, amount);
  if (parsed.ec != std::errc() || !std::isfinite(amount)) return std::nullopt;
  std::string_view unit = trim(rest.substr(digits));
  double scale = unit.starts_with("ms") || unit.starts_with("milli") ? 1
                 : unit.starts_with("h")                             ? static_cast<double>(kHour)
                 : unit.starts_with("m")                             ? static_cast<double>(kMinute)
                 : unit.starts_with("s")                             ? static_cast<double>(kSecond)
                                                                     : 0;
  double wait = std::ceil(amount * scale);
  if (scale == 0 || wait > static_cast<double>(366 * kDay)) return std::nullopt;
  return static_cast<Millis>(wait);
}

Failure stream_cut_failure() {
  Failure failure;
  failure.kind = Kind::disconnected;
  failure.status = 502;
  failure.type = kProvider;
  failure.code = "upstream_disconnected";
  failure.message = "the provider's stream ended before the answer was complete";
  return failure;
}

Failure malformed_event_failure() {
  Failure failure;
  failure.kind = Kind::upstream;
  failure.status = 502;
  failure.type = kProvider;
  failure.code = "upstream_malformed";
  failure.message = "the provider sent an event that could not be read";
  return failure;
}

}  // namespace valetkey::dialects
