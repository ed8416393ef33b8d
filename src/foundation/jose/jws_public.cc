// Compact JWS under public keys: reading and verifying. Signing is jwk.cc's.
#include <array>

#include "foundation/base/strings.h"
#include "foundation/jose/jose.h"
#include "foundation/jose/jwk.h"
#include "foundation/jose/jwk_members.h"

namespace valetkey::jose {
namespace {

Error malformed(const char* why) {
  return Error{Code::invalid_argument, why, "jws"};
}
Error not_genuine(const char* why) {
  return Error{Code::unauthorized, why, "jws"};
}

struct Parts {
  std::string_view signed_text;  // header "." payload
  std::string header, payload, signature;
};

// RFC 7515 section 7.1: three parts, each in its one spelling.
std::optional<Parts> split(std::string_view jwt) {
  if (jwt.size() > kMaxJwtSize) return std::nullopt;
  const size_t first = jwt.find('.');
  const size_t second = first == std::string_view::npos ? first : jwt.find('.', first + 1);
  if (second == std::string_view::npos) return std::nullopt;
  auto header = canonical_bytes(jwt.substr(0, first));
  auto payload = canonical_bytes(jwt.substr(first + 1, second - first - 1));
  auto signature = canonical_bytes(jwt.substr(second + 1));  // a fourth part has a dot, which is no base64url
  if (!header || !payload || !signature) return std::nullopt;
  return Parts{jwt.substr(0, second), *std::move(header), *std::move(payload), *std::move(signature)};
}

// RFC 7515 section 4.1.9: "application/" may be left out when no other slash follows.
std::string media_type(std::string_view typ) {
  constexpr std::string_view kPrefix = "application/";
  std::string lower = to_lower(typ);
  if (lower.starts_with(kPrefix) && lower.find('/', kPrefix.size()) == std::string::npos) {
    lower.erase(0, kPrefix.size());
  }
  return lower;
}

Result<JwsHeader> header_of(std::string_view text) {
  VK_TRY(JsonDocument document, JsonDocument::parse(text));
  const Json root = document.root();
  if (!root.is_object() || repeats_a_member(root))
    return malformed("header is no object of distinct members");
  // We understand no extension (RFC 7515 section 4.1.11), b64 of RFC 7797 included.
  if (root["crit"].exists() || root["b64"].exists()) return malformed("header has crit or b64");
  const auto algorithm = parse_algorithm(root["alg"].string_or(""));
  if (!algorithm) return malformed("alg is none of ours");
  const Json key_id = root["kid"], typ = root["typ"];
  if ((key_id.exists() && !key_id.is_string()) || (typ.exists() && !typ.is_string()))
    return malformed("kid or typ");
  if (key_id.string_or("").size() > kMaxKeyIdSize) return malformed("kid is too long");
  JwsHeader header{*algorithm, std::string(key_id.string_or("")), media_type(typ.string_or("")), {}};
  header.document = std::move(document);
  return header;
}

}  // namespace

Result<JwsHeader> read_jws_header(std::string_view jwt) {
  const auto parts = split(jwt);
  if (!parts) return malformed("not three parts of base64url, or too long");
  return header_of(parts->header);
}

Result<JsonDocument> verify_jws(std::string_view jwt, const VerifyingKey& key) {
  auto parts = split(jwt);
  if (!parts) return not_genuine("not three parts of base64url, or too long");
  const auto header = header_of(parts->header);
  if (!header.ok()) return not_genuine("header");
  if (header->algorithm != key.algorithm()) return not_genuine("alg is not the key's");
  if (!key.verify(parts->signed_text, parts->signature)) return not_genuine("signature");
  auto payload = JsonDocument::parse(parts->payload);
  wipe_bytes(parts->payload.data(), parts->payload.size());  // an access token carries keys
  if (!payload.ok() || !payload->root().is_object() || repeats_a_member(payload->root())) {
    return not_genuine("payload is no object of distinct members");
  }
  return *std::move(payload);
}

}  // namespace valetkey::jose
