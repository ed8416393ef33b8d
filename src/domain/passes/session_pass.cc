#include "domain/passes/session_pass.h"

#include <algorithm>
#include <optional>

#include "foundation/base/json.h"
#include "foundation/base/strings.h"

namespace valetkey {
namespace {

constexpr size_t kMaxPassSize = 8192;
constexpr int64_t kIssuedVersion = 2;

Error refusal(const char* detail) {
  return Error{Code::unauthorized, detail, "session_pass"};
}

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\v' || c == '\f';
}

// As AuthAI reads it: the standard alphabet and white space are forgiven.
std::optional<Secret> read_record_key(std::string_view text) {
  if (auto bytes = jose::base64url_decode(text); bytes && bytes->size() == kRecordKeySize) {
    return Secret(std::move(*bytes));
  }
  std::string cleaned;
  for (char c : text) {
    if (is_space(c)) continue;
    cleaned.push_back(c == '+' ? '-' : c == '/' ? '_' : c);
  }
  auto bytes = jose::base64url_decode(cleaned);
  wipe_bytes(cleaned.data(), cleaned.size());
  if (!bytes || bytes->size() != kRecordKeySize) return std::nullopt;
  return Secret(std::move(*bytes));
}

// A time claim: a number when it is there.
Result<std::optional<double>> read_time(const Json& claims, std::string_view name) {
  Json claim = claims[name];
  if (!claim.exists()) return std::optional<double>();
  auto value = claim.number();
  if (!value) return refusal("time claim is not a number");
  return value;
}

int64_t whole_seconds(std::optional<double> time) {
  constexpr double kLatest = 9e15;  // far beyond any date, safe to convert
  return time ? static_cast<int64_t>(std::clamp(*time, -kLatest, kLatest)) : 0;
}

Result<CredentialKey> read_credential_key(const Json& claims) {
  auto version = claims["v"].integer();
  if (!version || (*version != 1 && *version != 2)) return refusal("unknown version");
  CredentialKey key;
  key.id = CredentialId(std::string(claims["rid"].string_or("")));
  if (key.id.empty()) return refusal("no record id");
  auto record_key = read_record_key(claims["k"].string_or(""));
  if (!record_key) return refusal("no record key");
  key.key = std::move(*record_key);
  if (claims["prov"].exists()) {
    auto provider = parse_provider(claims["prov"].string_or(""));
    if (!provider) return refusal("unknown provider");
    key.provider = *provider;
  }
  if (claims["app"].exists() && !claims["app"].is_string()) return refusal("app is not a string");
  key.app = claims["app"].string_or("");
  return key;
}

}  // namespace

std::string issue_session_pass(const jose::HmacKeyRing& ring, const CredentialKey& credential,
                               int64_t now_seconds) {
  std::string claims;
  claims.reserve(512);
  JsonWriter json(claims);
  json.begin_object()
      .member("v", kIssuedVersion)
      .member("rid", credential.id.value)
      .member("k", jose::base64url_encode(credential.key.reveal()))
      .member("prov", to_string(credential.provider));
  if (!credential.app.empty()) json.member("app", credential.app);
  json.member("iat", now_seconds).member("exp", now_seconds + kSessionSeconds).end_object();
  std::string jwt = ring.sign(claims);
  wipe_bytes(claims.data(), claims.size());
  return jwt;
}

Result<SessionPass> verify_session_pass(const jose::HmacKeyRing& ring, std::string_view jwt,
                                        int64_t now_seconds) {
  if (jwt.size() > kMaxPassSize) return refusal("too long");
  auto document = ring.verify(jwt);
  if (!document.ok()) return refusal("not signed by us");
  Json claims = document->root();
  if (!claims.is_object()) return refusal("claims are no object");

  const auto now = static_cast<double>(now_seconds);
  VK_TRY(std::optional<double> issued_at, read_time(claims, "iat"));
  VK_TRY(std::optional<double> not_before, read_time(claims, "nbf"));
  VK_TRY(std::optional<double> expires_at, read_time(claims, "exp"));
  if (not_before && *not_before > now) return refusal("not valid yet");
  if (expires_at && *expires_at <= now) return refusal("expired");

  SessionPass pass;
  VK_TRY(pass.credential, read_credential_key(claims));
  pass.issued_at = whole_seconds(issued_at);
  pass.expires_at = whole_seconds(expires_at);
  return pass;
}

std::string_view bearer_token(std::string_view authorization_header) {
  constexpr std::string_view kScheme = "Bearer";
  std::string_view header = trim(authorization_header);
  if (header.size() <= kScheme.size() || !iequals(header.substr(0, kScheme.size()), kScheme)) return {};
  std::string_view rest = header.substr(kScheme.size());
  if (rest.front() != ' ' && rest.front() != '\t') return {};
  return trim(rest);
}

}  // namespace valetkey
