#include "foundation/http/cors.h"

#include "foundation/http/h1_chars.h"

namespace valetkey::http {
namespace {

constexpr std::string_view kAllowMethods = "GET, POST, OPTIONS";
constexpr std::string_view kAllowHeaders =
    "Content-Type, Authorization, x-authai-secret, x-authai-publishable-key";
constexpr std::string_view kExposeHeaders =
    "Retry-After, x-request-id, x-should-retry, x-valetkey-dropped, WWW-Authenticate, DPoP-Nonce, "
    "x-ratelimit-limit-requests, x-ratelimit-limit-tokens, x-ratelimit-remaining-requests, "
    "x-ratelimit-remaining-tokens, x-ratelimit-reset-requests, x-ratelimit-reset-tokens";
constexpr std::string_view kMaxAge = "86400";

HeaderList fields_with(std::string methods, std::string_view allowed_headers) {
  return {{"access-control-allow-origin", "*"},
          {"access-control-allow-methods", std::move(methods)},
          {"access-control-allow-headers", std::string(allowed_headers)},
          {"access-control-max-age", std::string(kMaxAge)},
          {"access-control-expose-headers", std::string(kExposeHeaders)}};
}

// Nothing when one of the names is not a token or the list is unreasonably long.
bool is_token_list(std::string_view list) {
  constexpr size_t kMaxList = 4096;
  if (list.empty() || list.size() > kMaxList) return false;
  for (;;) {
    size_t comma = list.find(',');
    if (!h1::is_token(h1::trim_ows(list.substr(0, comma)))) return false;
    if (comma == std::string_view::npos) return true;
    list.remove_prefix(comma + 1);
  }
}

}  // namespace

std::string_view cors_lines() {
  static const std::string lines = [] {
    HeaderList fields = fields_with(std::string(kAllowMethods), kAllowHeaders);
    std::string text;
    for (const auto& [name, value] : fields.fields()) {
      text.append(name).append(": ").append(value).append("\r\n");
    }
    return text;
  }();
  return lines;
}

Response preflight_answer(const Request& request, std::string_view route_methods) {
  std::string methods(kAllowMethods);
  for (std::string_view more : {"PUT", "DELETE", "PATCH"}) {
    if (route_methods.find(more) != std::string_view::npos) methods.append(", ").append(more);
  }
  std::string_view requested = request.headers.get("access-control-request-headers");
  Response answer;
  answer.status = 204;
  answer.headers = fields_with(std::move(methods), is_token_list(requested) ? requested : kAllowHeaders);
  answer.headers.add("vary", "access-control-request-headers");
  return answer;
}

}  // namespace valetkey::http
