#include "http_faults.h"

#include <ctime>

#include "foundation/base/strings.h"
#include "refusal.h"

namespace valetkey::emulator {
namespace {

constexpr std::string_view kCloudflare =
    "<!DOCTYPE html><html><head><title>Attention Required! | Cloudflare</title></head><body><h1>Sorry, you "
    "have been "
    "blocked</h1><p>You are unable to access chatgpt.com</p><p>Cloudflare Ray ID: 8f00</p></body></html>";
constexpr std::string_view kHtmlError =
    "<html><head><title>502 Bad Gateway</title></head><body><center><h1>Bad "
    "Gateway</h1></center></body></html>";

http::Response make_response(const Refusal& refusal) {
  http::Response response;
  response.status = refusal.status;
  response.headers.add("Content-Type",
                       refusal.body.starts_with('{') ? "application/json" : "text/plain; charset=utf-8");
  response.body = refusal.body;
  return response;
}

// "headers": {"retry-after": "5"} of the fault's parameters, and retry_after, retry_after_ms,
// retry_after_date_s.
void add_fault_headers(Call& call, http::Response& response) {
  const Json retry = call.fault->parameter("retry_after");
  if (retry.exists())
    response.headers.add("Retry-After",
                         retry.is_string() ? std::string(retry.string_or("")) : to_json(retry));
  if (auto ms = call.fault->parameter("retry_after_ms").integer())
    response.headers.add("retry-after-ms", std::to_string(*ms));
  if (auto offset = call.fault->parameter("retry_after_date_s").integer()) {
    response.headers.add("Retry-After", http_date(call.world.clock.now() + *offset * kSecond));
  }
  call.fault->parameter("headers").each_member([&response](std::string_view name, const Json& value) {
    response.headers.add(std::string(name),
                         value.is_string() ? std::string(value.string_or("")) : to_json(value));
  });
}

Refusal unauthorized(const Call& call, std::string_view code) {
  if (call.upstream == "copilot") return {401, "unauthorized: token expired\n"};
  if (call.upstream == "api.x" || call.upstream == "cli-proxy.x") {
    return flat_refusal(403, "unauthenticated:bad-credentials",
                        "The OAuth2 access token could not be validated.");
  }
  if (call.upstream == "api.github")
    return {
        401,
        R"({"message":"Bad credentials","documentation_url":"https://docs.github.com/rest","status":"401"})"};
  return envelope_refusal(
      401,
      code == "token_expired"
          ? "Provided authentication token is expired. Please try signing in again."
          : "Your authentication token has been invalidated. Please try signing in again.",
      "invalid_request_error", {}, code);
}

Refusal rate_limited(const Call& call) {
  if (call.upstream == "copilot")
    return {429, R"({"code":"rate_limited","message":"Sorry, you have exceeded your Copilot rate limit."})"};
  if (call.upstream == "api.x") return flat_refusal(429, "rate_limit", "too many requests");
  return envelope_refusal(429, "Rate limit reached. Please try again later.", "rate_limit_error", {},
                          "rate_limit_exceeded");
}

http::Response usage_limit(Call& call) {
  const int64_t now = call.world.clock.now_seconds();
  http::Response response;
  response.status = 429;
  response.headers.add("Content-Type", "application/json");
  JsonWriter json(response.body);
  json.begin_object().key("error").begin_object().member("type", "usage_limit_reached");
  json.member("message", "The usage limit has been reached")
      .member("plan_type", call.fault->text("plan_type", "plus"));
  if (auto at = call.fault->parameter("resets_at_offset").integer()) json.member("resets_at", now + *at);
  if (auto in = call.fault->parameter("resets_in_seconds").integer()) json.member("resets_in_seconds", *in);
  json.end_object().end_object();
  const std::string limit = call.fault->text("active_limit", "");
  if (!limit.empty()) {
    response.headers.add("x-codex-active-limit", limit);
    response.headers.add("x-" + limit + "-primary-used-percent", "100.0");
    response.headers.add("x-" + limit + "-primary-window-minutes", "300");
    response.headers.add("x-" + limit + "-primary-reset-at", std::to_string(now + 3600));
  }
  return response;
}

http::Response server_failure(const Call& call) {
  http::Response response;
  response.status = static_cast<int>(call.fault->integer("status", 500));
  const std::string body = call.fault->text("body", "json");
  if (body == "html") {
    response.headers.add("Content-Type", "text/html");
    response.body = kHtmlError;
  } else if (body != "empty") {
    response = make_response(envelope_refusal(response.status,
                                              "The server had an error while processing your request.",
                                              "server_error", {}, call.fault->text("code", "server_error")));
  }
  return response;
}

std::optional<http::Response> forbidden(Call& call) {
  if (call.struck_by("H3.cloudflare")) {
    http::Response response;
    response.status = 403;
    response.headers.add("Content-Type", "text/html; charset=UTF-8");
    response.headers.add("cf-ray", "8f00-TEST");
    response.body = kCloudflare;
    return response;
  }
  if (call.struck_by("H3.region")) {
    return make_response(envelope_refusal(403, "Country, region, or territory not supported",
                                          "request_forbidden", {}, "unsupported_country_region_territory"));
  }
  if (call.struck_by("H3.xai_bad_credentials")) {
    return make_response(flat_refusal(403, "unauthenticated:bad-credentials",
                                      "The OAuth2 access token could not be validated."));
  }
  if (call.struck_by("H3.xai_spending_limit")) {
    return make_response(flat_refusal(403, "personal-team-blocked:spending-limit",
                                      "You have run out of credits or need a Grok subscription."));
  }
  if (call.struck_by("H3.copilot_entitlement")) {
    Refusal refusal{403, {}};
    JsonWriter json(refusal.body);
    json.begin_object().member("can_signup_for_limited", false).key("error_details").begin_object();
    json.member("message", "No access to GitHub Copilot found for this account.");
    json.member("notification_id", call.fault->text("notification_id", "no_copilot_access"));
    json.member("title", "Sign up for GitHub Copilot")
        .member("url", "https://github.com/settings/copilot")
        .end_object();
    json.member("message", "Resource not accessible by integration").end_object();
    return make_response(refusal);
  }
  if (call.struck_by("H3.github_rate_limit")) {
    return make_response(
        {403,
         R"({"message":"API rate limit exceeded for user ID 1.","documentation_url":"https://docs.github.com/rest","status":"403"})"});
  }
  return std::nullopt;
}

std::optional<http::Response> plain_fault(Call& call) {
  if (call.struck_by("A8.token_expired")) return make_response(unauthorized(call, "token_expired"));
  if (call.struck_by("A8.token_invalidated")) return make_response(unauthorized(call, "token_invalidated"));
  if (call.struck_by("A8.detail")) return make_response(detail_refusal(401, "Unauthorized"));
  if (call.struck_by("H1.rate_limited")) return make_response(rate_limited(call));
  if (call.struck_by("H1.usage_limit")) return usage_limit(call);
  if (call.struck_by("H1.capacity")) {
    return make_response(envelope_refusal(429, "Selected model is at capacity. Please try a different model.",
                                          "rate_limit_error", {}, "model_at_capacity"));
  }
  if (call.struck_by("H1.copilot_quota")) {
    return make_response({402, R"({"error":{"message":"You have no quota","code":"quota_exceeded"}})"});
  }
  if (call.struck_by("H2.error")) return server_failure(call);
  if (call.struck_by("H4.redirect")) {
    http::Response response;
    response.status = static_cast<int>(call.fault->integer("status", 307));
    response.headers.add("Location", call.fault->text("location", "http://127.0.0.1:1/elsewhere"));
    return response;
  }
  if (call.struck_by("http.answer")) {
    http::Response response;
    response.status = static_cast<int>(call.fault->integer("status", 200));
    const Json body = call.fault->parameter("body");
    response.body = body.is_string() ? std::string(body.string_or("")) : body.exists() ? to_json(body) : "";
    return response;
  }
  return forbidden(call);
}

std::string echo(const Call& call) {
  std::string out;
  JsonWriter json(out);
  const http::Request& request = call.request();
  json.begin_object()
      .member("method", request.method)
      .member("path", call.path)
      .member("query", request.query);
  json.key("headers").begin_array();
  for (const auto& field : request.headers.fields())
    json.begin_array().string(field.name).string(field.value).end_array();
  json.end_array().member("body", request.body).end_object();
  return out;
}

}  // namespace

std::string http_date(Millis at) {
  const std::time_t seconds = at / kSecond;
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[64];
  const size_t size = std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts);
  return std::string(text, size);
}

Task<bool> answer_http_fault(Call& call) {
  if (!call.fault) co_return false;
  if (call.struck_by("S1.slow_headers")) co_return !co_await call.wait(call.fault->integer("ms", 61'000));
  if (call.struck_by("H4.accept_then_close") || call.struck_by("H4.reset")) {
    call.exchange.close_connection(call.fault->id() == "H4.reset");
    co_return true;
  }
  if (call.struck_by("http.raw")) {
    const std::string bytes = call.fault->text("bytes", "");
    (void)co_await call.exchange.write_raw(bytes);
    call.exchange.close_connection(call.fault->flag("reset", false));
    co_return true;
  }
  if (call.struck_by("H8.echo")) {
    std::string body = echo(call);
    co_await call.reply(200, std::move(body));
    co_return true;
  }
  if (call.struck_by("S8.json_body")) {
    const Refusal refusal =
        envelope_refusal(200, "The server had an error.", "server_error", {}, "server_error");
    co_await call.reply(200, refusal.body);
    co_return true;
  }
  if (call.struck_by("S8.html_body")) {
    co_await call.reply_html(200, std::string(kHtmlError));
    co_return true;
  }
  std::optional<http::Response> response = plain_fault(call);
  if (!response) co_return false;
  add_fault_headers(call, *response);
  co_await call.reply(std::move(*response));
  co_return true;
}

std::optional<RawStyle> raw_style_of(Call& call) {
  if (!call.fault || !call.fault->id().starts_with("H4.")) return std::nullopt;
  RawStyle style;
  if (call.struck_by("H4.continue_100")) {
    style.before_head = "HTTP/1.1 100 Continue\r\n\r\n";
  } else if (call.struck_by("H4.early_hints")) {
    style.before_head = "HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n";
  } else if (call.struck_by("H4.huge_headers")) {
    style.extra_lines =
        "x-huge: " + std::string(static_cast<size_t>(call.fault->integer("bytes", 70'000)), 'h') + "\r\n";
  } else if (call.struck_by("H4.folded_header")) {
    style.extra_lines = "x-folded: one\r\n two\r\n";
  } else if (call.struck_by("H4.two_lengths")) {
    style.extra_lines = "Content-Length: 3\r\nContent-Length: 5\r\n";
  } else if (call.struck_by("H4.chunk_extensions")) {
    style.chunk_extension = ";name=\"value\"";
  } else if (call.struck_by("H4.trailers")) {
    style.trailers = "x-checksum: 12345\r\nx-late: yes\r\n";
  } else {
    return std::nullopt;
  }
  return style;
}

}  // namespace valetkey::emulator
