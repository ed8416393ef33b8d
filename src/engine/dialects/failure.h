// A failed call in neutral form, and its one wire form: the OpenAI error envelope.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "foundation/base/clock.h"
#include "foundation/http/message.h"

namespace valetkey {

struct Failure {
  enum class Kind {
    invalid_request,  // the client must change it; never retried
    reauthenticate,   // the upstream refused the access token: refresh once
    forbidden,        // account, region or plan
    not_found,
    quota,        // used up until a reset; retrying soon is no use
    rate_limit,   // brief
    overloaded,   // the upstream has no capacity now
    policy,       // content filter
    upstream,     // the upstream failed
    timeout,      // the upstream was silent
    disconnected  // the upstream cut the answer
  };
  Kind kind = Kind::upstream;
  int status = 502;  // what the client gets
  std::string message;
  std::string type;   // e.g. "invalid_request_error", "rate_limit_error", "provider_error"
  std::string code;   // empty: null
  std::string param;  // empty: null
  std::optional<Millis> retry_after;
  std::optional<bool> should_retry;  // x-should-retry
};

// {"error":{"message","type","param","code"}}: all four keys, always.
std::string error_envelope(const Failure& failure);
// Status, envelope, Retry-After (whole seconds, rounded up), retry-after-ms, x-should-retry.
http::Response error_response(const Failure& failure);

}  // namespace valetkey
