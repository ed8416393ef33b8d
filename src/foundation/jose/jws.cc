#include <algorithm>
#include <cstdlib>

#include "foundation/base/log.h"
#include "foundation/crypto/crypto.h"
#include "foundation/jose/jose.h"

namespace valetkey::jose {
namespace {

// {"alg":"HS256"}: what sign() writes, and so what nearly every verify() sees.
constexpr std::string_view kOwnHeader = "eyJhbGciOiJIUzI1NiJ9";

struct Parts {
  std::string_view header;
  std::string_view payload;
  std::string_view signature;
  std::string_view signed_text;  // header "." payload
};

// RFC 7515 section 7.1: exactly three parts.
std::optional<Parts> split(std::string_view jwt) {
  if (jwt.size() > kMaxJwtSize) return std::nullopt;
  const size_t first = jwt.find('.');
  if (first == std::string_view::npos) return std::nullopt;
  const size_t second = jwt.find('.', first + 1);
  if (second == std::string_view::npos || jwt.find('.', second + 1) != std::string_view::npos)
    return std::nullopt;
  return Parts{jwt.substr(0, first), jwt.substr(first + 1, second - first - 1), jwt.substr(second + 1),
               jwt.substr(0, second)};
}

// RFC 7515 section 2 allows no padding inside a JWS.
std::optional<std::string> decode_part(std::string_view part) {
  if (part.find('=') != std::string_view::npos) return std::nullopt;
  return base64url_decode(part);
}

// Exactly one alg, HS256; no crit, for we understand no extension (RFC 7515 section 4.1.11); no b64 (RFC
// 7797).
bool acceptable_header(std::string_view part) {
  if (part == kOwnHeader) return true;
  const auto text = decode_part(part);
  if (!text) return false;
  const auto document = JsonDocument::parse(*text);
  if (!document.ok() || !document->root().is_object()) return false;
  int algorithms = 0;
  bool acceptable = true;
  document->root().each_member([&](std::string_view name, const Json& value) {
    if (name == "alg") {
      ++algorithms;
      acceptable = acceptable && value.string() == "HS256";
    } else if (name == "crit" || name == "b64") {
      acceptable = false;
    }
  });
  return acceptable && algorithms == 1;
}

Error refused(const char* why) {
  return Error{Code::unauthorized, why, "jwt"};
}

std::string_view view_of(const std::array<unsigned char, crypto::kSha256Size>& mac) {
  return {reinterpret_cast<const char*>(mac.data()), mac.size()};
}

std::optional<JsonDocument> parse_object(std::string text) {
  auto document = JsonDocument::parse(text);
  wipe_bytes(text.data(), text.size());  // a session pass carries its record's key
  if (!document.ok() || !document->root().is_object()) return std::nullopt;
  return std::move(document).value();
}

}  // namespace

HmacKeyRing::HmacKeyRing(std::vector<Secret> keys) {
  if (keys.empty()) {
    log::error("key_ring_without_keys");
    std::abort();
  }
  for (const Secret& key : keys) keys_.emplace_back(key);
}

std::string HmacKeyRing::sign(std::string_view payload) const {
  std::string jwt(kOwnHeader);
  jwt.reserve(kOwnHeader.size() + payload.size() / 3 * 4 + 64);
  jwt.push_back('.');
  jwt += base64url_encode(payload);
  const auto mac = keys_.front().mac(jwt);
  jwt.push_back('.');
  jwt += base64url_encode(view_of(mac));
  return jwt;
}

Result<JsonDocument> HmacKeyRing::verify(std::string_view jwt) const {
  const auto parts = split(jwt);
  if (!parts) return refused("not three parts");
  if (!acceptable_header(parts->header)) return refused("header");
  const auto signature = decode_part(parts->signature);
  if (!signature) return refused("signature is not base64url");
  const bool genuine = std::any_of(keys_.begin(), keys_.end(), [&](const crypto::HmacSha256& key) {
    return crypto::equal(view_of(key.mac(parts->signed_text)), *signature);
  });
  if (!genuine) return refused("signature");
  auto payload = decode_part(parts->payload);
  if (!payload) return refused("payload is not base64url");
  auto document = parse_object(*std::move(payload));
  if (!document) return refused("payload is not a JSON object");
  return *std::move(document);
}

std::optional<JsonDocument> read_unverified(std::string_view jwt) {
  const auto parts = split(jwt);
  if (!parts) return std::nullopt;
  auto payload = base64url_decode(parts->payload);
  if (!payload) return std::nullopt;
  return parse_object(*std::move(payload));
}

}  // namespace valetkey::jose
