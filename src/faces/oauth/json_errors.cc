#include "faces/oauth/json_errors.h"

#include "foundation/base/json.h"

namespace valetkey::faces {
namespace {

constexpr size_t kMaxDescription = 500;

// RFC 6749 section 5.2: %x20-21 / %x23-5B / %x5D-7E.
std::string allowed_of(std::string_view description) {
  std::string out;
  for (char c : description.substr(0, kMaxDescription)) {
    if (c >= ' ' && c <= '~' && c != '"' && c != '\\') out.push_back(c);
  }
  return out;
}

http::Response unavailable() {
  http::Response response =
      oauth_error(503, "temporarily_unavailable", "The server cannot answer this right now. Try again.");
  response.headers.add("retry-after", "5");
  return response;
}

}  // namespace

http::Response oauth_json(int status, std::string body) {
  return {status,
          {{"content-type", "application/json"}, {"cache-control", "no-store"}, {"pragma", "no-cache"}},
          std::move(body)};
}

http::Response oauth_error(int status, std::string_view error, std::string_view description) {
  std::string body;
  JsonWriter json(body);
  json.begin_object().key("error").string(error);
  std::string shown = allowed_of(description);
  if (!shown.empty()) json.member("error_description", shown);
  json.end_object();
  return oauth_json(status, std::move(body));
}

http::Response oauth_failure(const Error& error) {
  switch (error.code) {
    case Code::invalid_argument:
      return oauth_error(400, "invalid_request", error.detail);
    case Code::upstream:  // a host of the client's, not ours: no 5xx, and no invalid_client, on which SDKs
                          // forget all
      return oauth_error(400, "temporarily_unavailable", error.detail);
    case Code::unauthorized:
      return oauth_error(401, "invalid_client", "Client authentication failed.");
    case Code::forbidden:
      return oauth_error(403, "access_denied");
    case Code::not_found:
      return oauth_error(404, "invalid_request", "There is no such thing.");
    case Code::conflict:
      return oauth_error(409, "invalid_request", "Somebody else changed it first.");
    case Code::too_large:
      return oauth_error(413, "invalid_request", "That is too large.");
    case Code::rate_limited: {
      http::Response response =
          oauth_error(429, "temporarily_unavailable", "Too many requests. Try again later.");
      response.headers.add("retry-after", "5");
      return response;
    }
    case Code::cancelled:
    case Code::timeout:
    case Code::disconnected:
    case Code::protocol:
    case Code::unavailable:
    case Code::store:
    case Code::internal:
      return unavailable();
  }
  return unavailable();
}

}  // namespace valetkey::faces
