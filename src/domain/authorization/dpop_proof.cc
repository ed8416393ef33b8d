#include "domain/authorization/dpop_proof.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "foundation/base/strings.h"
#include "foundation/http/url.h"
#include "foundation/jose/jwk.h"

namespace valetkey::authorization {
namespace {

Error refused(const char* description) {
  return Error{Code::invalid_argument, description, "dpop"};
}

bool is_unreserved(char c) {
  const char lower = ascii_lower(c);
  return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' ||
         c == '~';
}

// RFC 3986 sections 6.2.2.1 and 6.2.2.2: %7e and %7E are ~, %2f is %2F. Nothing for a broken triplet.
std::optional<std::string> normal_percents(std::string_view path) {
  std::string out;
  for (size_t i = 0; i < path.size(); ++i) {
    if (path[i] != '%') {
      out.push_back(path[i]);
      continue;
    }
    const auto byte = from_hex(path.substr(i + 1, 2));
    if (!byte || byte->size() != 1) return std::nullopt;
    out += is_unreserved(byte->front()) ? *byte : http::percent_encode(*byte);
    i += 2;
  }
  return out;
}

// RFC 3986 section 5.2.4, for a path that begins with a slash.
std::string without_dots(std::string_view path) {
  std::vector<std::string_view> segments;
  bool ends_open = false;  // "/a/.." is "/": the last segment is then empty
  while (!path.empty()) {
    path.remove_prefix(1);
    const size_t end = std::min(path.find('/'), path.size());
    const std::string_view segment = path.substr(0, end);
    path.remove_prefix(end);
    ends_open = segment == "." || segment == "..";
    if (segment == ".." && !segments.empty()) segments.pop_back();
    if (!ends_open) segments.push_back(segment);
  }
  if (ends_open) segments.emplace_back();
  std::string out;
  for (const std::string_view segment : segments) out.append("/").append(segment);
  return out.empty() ? "/" : out;
}

std::optional<std::string> normal_target(std::string_view text) {
  const auto url = http::parse_url(text.substr(0, text.find_first_of("?#")));
  if (!url.ok()) return std::nullopt;
  const auto path = normal_percents(url->target);
  if (!path) return std::nullopt;
  return url->origin() + without_dots(*path);
}

// Required, a string, not empty, at most `limit` long.
std::optional<std::string> text_claim(const JsonDocument& claims, const char* name, size_t limit) {
  const std::string_view text = claims[name].string_or("");
  if (text.empty() || text.size() > limit) return std::nullopt;
  return std::string(text);
}

Result<DpopProof> claims_of(const JsonDocument& claims, std::string thumbprint) {
  auto id = text_claim(claims, "jti", kMaxDpopIdSize);
  auto method = text_claim(claims, "htm", kMaxDpopProofSize),
       url = text_claim(claims, "htu", kMaxDpopProofSize);
  const auto issued_at = claims["iat"].number();
  const Json token_hash = claims["ath"], nonce = claims["nonce"];
  if (!id) return refused("The proof's jti is missing or longer than 256 bytes.");
  if (!method || !url || !issued_at) return refused("The proof needs htm, htu and iat.");
  if (token_hash.exists() && !token_hash.is_string()) return refused("The proof's ath is not a string.");
  if (nonce.exists() && !nonce.is_string()) return refused("The proof's nonce is not a string.");
  return DpopProof{std::move(thumbprint),
                   *std::move(id),
                   *std::move(method),
                   *std::move(url),
                   *issued_at,
                   std::string(token_hash.string_or("")),
                   std::string(nonce.string_or(""))};
}

}  // namespace

Result<DpopProof> read_dpop_proof(std::string_view text) {
  if (text.size() > kMaxDpopProofSize) return refused("The proof is longer than 8 KiB.");
  const auto header = jose::read_jws_header(text);
  if (!header.ok()) return refused("The proof is not one JWS signed with ES256, RS256 or EdDSA.");
  if (header->typ != "dpop+jwt") return refused("The proof's typ is not dpop+jwt.");
  const auto key = jose::VerifyingKey::parse(header->document["jwk"]);
  if (!key.ok()) return refused("The proof's jwk is not a public key that we accept.");
  const auto claims = jose::verify_jws(text, *key);
  if (!claims.ok()) return refused("The proof is not signed by the key in its header.");
  return claims_of(*claims, key->thumbprint());
}

bool is_same_target(std::string_view htu, std::string_view url) {
  const auto left = normal_target(htu), right = normal_target(url);
  return left && right && *left == *right;
}

}  // namespace valetkey::authorization
