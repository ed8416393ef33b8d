#include "faces/portal/portal_call.h"

#include <utility>

#include "foundation/crypto/crypto.h"
#include "foundation/http/url.h"
#include "foundation/jose/jose.h"

namespace valetkey::faces {
namespace {

bool changes_state(std::string_view method) {
  return method != "GET" && method != "HEAD";
}

bool comes_from_our_page(const PortalGate& gate, const http::Request& request, std::string_view browser,
                         const Secret& session_cookie) {
  auto issuer = http::parse_url(gate.issuer);
  if (!issuer.ok() || browser.empty()) return false;
  if (request.headers.count("origin") != 1 || request.headers.get("origin") != issuer->origin()) return false;
  if (request.headers.count("x-csrf-token") != 1) return false;
  return crypto::equal(request.headers.get("x-csrf-token"), csrf_token(gate, browser, session_cookie));
}

http::Response csrf_refusal() {
  return portal_error(403, "csrf", "This page is out of date. Reload it and try again.");
}

Result<JsonDocument> body_of(const http::Request& request) {
  const bool absent = request.body.empty() || !changes_state(request.method);
  auto document = JsonDocument::parse(absent ? std::string_view("{}") : request.body);
  if (!document.ok() || !document->root().is_object()) {
    return Error{Code::invalid_argument, "The request is not a JSON object.", "portal"};
  }
  return document;
}

std::optional<http::Response> refusal_for(const PortalGate& gate, Needs needs,
                                          const std::optional<accounts::BrowserSession>& session) {
  if (needs == Needs::nobody) return std::nullopt;
  if (!session) return portal_error(401, "sign_in_required", "Sign in first.");
  const bool fresh = session->authenticated_at + gate.sessions.limits().fresh > gate.clock.now();
  if (needs == Needs::fresh_person && !fresh) {
    return portal_error(403, "recent_sign_in_required", "Confirm that it is you, then try again.");
  }
  return std::nullopt;
}

}  // namespace

std::string csrf_token(const PortalGate& gate, std::string_view browser, const Secret& session_cookie) {
  std::string both = "valetkey csrf:";
  both.append(browser).append(".").append(session_cookie.reveal());
  return jose::base64url_encode(crypto::hmac_sha256(gate.csrf_key, both));
}

Task<std::optional<PortalCall>> enter(const PortalGate& gate, http::Exchange& exchange, Needs needs) {
  const http::Request& request = exchange.request();
  PortalCall call;
  Cookies cookies = read_cookies(request);
  call.browser = std::move(cookies.browser);
  call.session_cookie = std::move(cookies.session);
  if (changes_state(request.method) &&
      !comes_from_our_page(gate, request, call.browser, call.session_cookie)) {
    exchange.note("refused", "csrf");
    co_await exchange.send(csrf_refusal());
    co_return std::nullopt;
  }
  if (!call.session_cookie.empty()) {
    auto session = co_await gate.sessions.find(call.session_cookie);
    if (session.ok()) {
      call.session = std::move(*session);
    } else if (session.error().code != Code::unauthorized) {
      co_await exchange.send(portal_failure(session.error()));
      co_return std::nullopt;
    }
  }
  if (auto refusal = refusal_for(gate, needs, call.session)) {
    co_await exchange.send(std::move(*refusal));
    co_return std::nullopt;
  }
  auto body = body_of(request);
  if (!body.ok()) {
    co_await exchange.send(portal_failure(body.error()));
    co_return std::nullopt;
  }
  call.body = std::move(*body);
  co_return call;
}

http::Response portal_json(int status, std::string body) {
  return {status, {{"content-type", "application/json"}, {"cache-control", "no-store"}}, std::move(body)};
}

http::Response portal_error(int status, std::string_view word, std::string_view sentence,
                            Millis retry_after) {
  std::string body;
  JsonWriter(body).begin_object().member("error", word).member("message", sentence).end_object();
  http::Response response = portal_json(status, std::move(body));
  if (retry_after > 0) {
    response.headers.add("retry-after", std::to_string((retry_after + kSecond - 1) / kSecond));
  }
  return response;
}

http::Response portal_failure(const Error& error) {
  constexpr std::string_view kLater = "The server cannot do this right now. Try again in a moment.";
  switch (error.code) {
    case Code::invalid_argument:
      return portal_error(400, "invalid_request", error.detail);
    case Code::unauthorized:
      return portal_error(401, "sign_in_required", "Sign in first.");
    case Code::forbidden:
      return portal_error(403, "forbidden", "You may not do this.");
    case Code::not_found:
      return portal_error(404, "not_found", "There is no such thing, or it is gone.");
    case Code::conflict:
      return portal_error(409, "conflict",
                          "Something else changed this first. Reload the page and try again.");
    case Code::too_large:
      return portal_error(413, "invalid_request", "The request is too large.");
    case Code::rate_limited:
      return portal_error(429, "too_many_attempts", "Too many attempts. Wait a moment, then try again.");
    case Code::cancelled:
    case Code::timeout:
    case Code::disconnected:
    case Code::protocol:
    case Code::unavailable:
    case Code::upstream:
    case Code::store:
    case Code::internal:
      break;
  }
  return portal_error(503, "unavailable", kLater);
}

}  // namespace valetkey::faces
