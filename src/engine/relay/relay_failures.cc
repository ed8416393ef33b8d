#include "engine/relay/relay_failures.h"

namespace valetkey::relay {

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

}  // namespace valetkey::relay
