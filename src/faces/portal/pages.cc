#include "faces/portal/pages.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <unordered_map>

namespace valetkey::faces {
namespace {

constexpr http::RoutePolicy kPolicy{.max_body = 0, .cors = false};

// web/src/app.tsx has the same list.
constexpr std::array kPages = {
    "/sign-in",
    "/register",
    "/verify-email",
    "/forgot-password",
    "/reset-password",
    "/consent",
    "/device",
    "/account",
    "/account/security",
    "/account/sessions",
    "/account/connections",
    "/account/ai",
    "/apps",
    "/apps/client",
    "/apps/resource",
    "/error",
};

constexpr std::string_view kContentSecurityPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'";
constexpr std::string_view kPermissions =
    "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), magnetometer=(), "
    "microphone=(), midi=(), payment=(), usb=()";

const PageFile* find_file(std::string_view path) {
  static const auto* const by_path = [] {
    auto* map = new std::unordered_map<std::string_view, const PageFile*>;
    for (const PageFile& file : page_files()) map->emplace(file.path, &file);
    return map;
  }();
  auto found = by_path->find(path);
  return found == by_path->end() ? nullptr : found->second;
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// The next element of a list, which loses it.
std::string_view take_element(std::string_view& list, char separator) {
  size_t end = std::min(list.find(separator), list.size());
  std::string_view element = trim(list.substr(0, end));
  list.remove_prefix(std::min(end + 1, list.size()));
  return element;
}

bool same_word(std::string_view a, std::string_view b) {
  auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [&](char x, char y) { return lower(x) == lower(y); });
}

// RFC 9110 section 12.4.2, in thousandths. Nothing when it is malformed.
std::optional<int> parse_quality(std::string_view text) {
  if (text.empty() || (text[0] != '0' && text[0] != '1') || text.size() > 5) return std::nullopt;
  int value = (text[0] - '0') * 1000;
  if (text.size() > 1 && text[1] != '.') return std::nullopt;
  int place = 100;
  for (char c : text.substr(std::min<size_t>(2, text.size()))) {
    if (c < '0' || c > '9') return std::nullopt;
    value += (c - '0') * place;
    place /= 10;
  }
  return value <= 1000 ? std::optional(value) : std::nullopt;
}

// "gzip;q=0.5" -> its word, and 500. Parameters other than q are read over; a malformed q is 0.
std::pair<std::string_view, int> parse_weighted(std::string_view element) {
  std::string_view word = take_element(element, ';');
  int quality = 1000;
  while (!element.empty()) {
    std::string_view parameter = take_element(element, ';');
    if (parameter.size() > 2 && same_word(parameter.substr(0, 2), "q=")) {
      quality = parse_quality(parameter.substr(2)).value_or(0);
    }
  }
  return {word, quality};
}

void add_page_headers(http::HeaderList& headers) {
  headers.add("content-security-policy", kContentSecurityPolicy);
  headers.add("x-frame-options", "DENY");
  headers.add("referrer-policy", "no-referrer");
  headers.add("permissions-policy", kPermissions);
  headers.add("cross-origin-opener-policy", "same-origin");
  headers.add("cross-origin-resource-policy", "same-origin");
}

// A representation's tag differs by its coding (RFC 9110 section 8.8.3.3).
std::string etag_of(const PageFile& file, Coding coding) {
  std::string etag(file.etag);
  if (coding == Coding::identity) return etag;
  etag.insert(etag.size() - 1, coding == Coding::br ? "-br" : "-gz");
  return etag;
}

http::Response answer_with(const PageFile& file, const http::Request& request, bool is_page) {
  Coding coding =
      choose_coding(request.headers.get("accept-encoding"), !file.brotli.empty(), !file.gzip.empty());
  std::string etag = etag_of(file, coding);
  http::Response response;
  // A page names the assets of its build, so it is asked for anew; an asset's name changes with its content.
  response.headers.add("cache-control", is_page ? "no-cache" : "public, max-age=31536000, immutable");
  response.headers.add("etag", etag);
  response.headers.add("vary", is_page ? "Accept-Encoding, Accept" : "Accept-Encoding");
  response.headers.add("x-content-type-options", "nosniff");
  if (is_page) add_page_headers(response.headers);
  if (etag_matches(request.headers.get("if-none-match"), etag)) {
    response.status = 304;
    return response;
  }
  response.headers.add("content-type", file.content_type);
  switch (coding) {
    case Coding::identity:
      response.body = file.plain;
      break;
    case Coding::gzip:
      response.headers.add("content-encoding", "gzip");
      response.body = file.gzip;
      break;
    case Coding::br:
      response.headers.add("content-encoding", "br");
      response.body = file.brotli;
      break;
  }
  return response;
}

http::Response not_found() {
  return {404,
          {{"content-type", "application/json"}, {"cache-control", "no-store"}},
          R"({"error":"not_found","message":"There is no such file."})"};
}

Task<void> serve_page(http::Exchange& exchange) {
  co_await exchange.send(home_page(exchange.request()));
}

Task<void> serve_asset(http::Exchange& exchange) {
  const http::Request& request = exchange.request();
  const PageFile* file = find_file(request.path);
  co_await exchange.send(file == nullptr ? not_found() : answer_with(*file, request, false));
}

}  // namespace

Coding choose_coding(std::string_view accept_encoding, bool has_brotli, bool has_gzip) {
  std::optional<int> br, gzip, any;
  std::optional<int> identity;
  while (!accept_encoding.empty()) {
    auto [word, quality] = parse_weighted(take_element(accept_encoding, ','));
    if (same_word(word, "br")) br = quality;
    if (same_word(word, "gzip") || same_word(word, "x-gzip")) gzip = quality;
    if (same_word(word, "identity")) identity = quality;
    if (word == "*") any = quality;
  }
  int for_br = has_brotli ? br.value_or(any.value_or(0)) : 0;
  int for_gzip = has_gzip ? gzip.value_or(any.value_or(0)) : 0;
  int for_identity = identity.value_or(0);  // taken, but not asked for: any coding is better
  if (for_br > 0 && for_br >= for_gzip && for_br >= for_identity) return Coding::br;
  if (for_gzip > 0 && for_gzip >= for_identity) return Coding::gzip;
  return Coding::identity;
}

bool etag_matches(std::string_view if_none_match, std::string_view etag) {
  while (!if_none_match.empty()) {
    std::string_view element = take_element(if_none_match, ',');
    if (element.starts_with("W/")) element.remove_prefix(2);
    if (element == etag || element == "*") return true;
  }
  return false;
}

bool wants_html(const http::Request& request) {
  std::string_view accept = request.headers.get("accept");
  while (!accept.empty()) {
    auto [word, quality] = parse_weighted(take_element(accept, ','));
    if (same_word(word, "text/html")) return quality > 0;
  }
  return false;
}

http::Response home_page(const http::Request& request) {
  return answer_with(*find_file("/index.html"), request, true);
}

void add_page_routes(http::Router& router) {
  for (const char* page : kPages) router.add({"GET", page, kPolicy, serve_page});
  router.add({"GET", "/assets/{file...}", kPolicy, serve_asset});
}

}  // namespace valetkey::faces
