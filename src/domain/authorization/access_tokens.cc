#include "domain/authorization/access_tokens.h"

#include "domain/apps/resources.h"
#include "domain/authorization/ai_keys.h"
#include "domain/authorization/scopes.h"
#include "domain/authorization/verified_tokens.h"
#include "foundation/crypto/crypto.h"
#include "foundation/jose/jose.h"

namespace valetkey::authorization {
namespace {

constexpr sql::Statement kRevoked{
    "SELECT (SELECT COUNT(*) FROM oauth_grants WHERE id = $1 AND revoked_at = 0),"
    " (SELECT COUNT(*) FROM oauth_revoked_tokens WHERE token_id = $2)"};

Error refused(const char* detail) {
  return Error{Code::unauthorized, detail, "access_tokens"};
}

AccessToken read_claims(const JsonDocument& claims) {
  auto text = [&](const char* name) { return std::string(claims[name].string_or("")); };
  AccessToken token;
  token.id = text("jti");
  token.subject = text("sub");
  token.client_id = text("client_id");
  token.grant_id = text("gid");
  token.of_person = !token.grant_id.empty();
  token.audience = text("aud");
  token.scopes = parse_scopes(text("scope")).value_or(Scopes{});
  if (claims["authorization_details"].is_array()) {
    token.authorization_details = to_json(claims["authorization_details"]);
  }
  token.email = text("email");
  token.dpop_thumbprint = claims["cnf"]["jkt"].string_or("");
  token.issued_at = claims["iat"].integer().value_or(0);
  token.expires_at = claims["exp"].integer().value_or(0);
  token.authenticated_at = claims["auth_time"].integer().value_or(0);
  if (claims["act"].is_object()) token.actor = to_json(claims["act"]);
  return token;
}

}  // namespace

bool AccessToken::has_scope(std::string_view scope) const {
  return contains(scopes, scope);
}

std::string mint_access_token(const KeySet& keys, jose::Algorithm algorithm, const std::string& issuer,
                              const Secret& seal_secret, const AccessToken& token, Random& random) {
  std::string claims;
  claims.reserve(512);
  JsonWriter json(claims);
  json.begin_object()
      .member("iss", issuer)
      .member("sub", token.subject)
      .member("aud", token.audience)
      .member("client_id", token.client_id)
      .member("azp", token.client_id)
      .member("iat", token.issued_at)
      .member("exp", token.expires_at)
      .member("jti", token.id)
      .member("scope", join_scopes(token.scopes));
  if (!token.grant_id.empty()) json.member("gid", token.grant_id);
  if (token.authenticated_at != 0) json.member("auth_time", token.authenticated_at);
  if (!token.email.empty()) json.member("email", token.email);
  if (!token.authorization_details.empty())
    json.key("authorization_details").raw(token.authorization_details);
  if (!token.dpop_thumbprint.empty()) {
    json.key("cnf").begin_object().member("jkt", token.dpop_thumbprint).end_object();
  }
  if (!token.actor.empty()) json.key("act").raw(token.actor);
  if (!token.ai.empty()) json.member("k", seal_claim(token.ai, seal_secret, token.id, random));
  json.end_object();
  return keys.signing_key(algorithm).sign_jwt("at+jwt", claims);
}

AccessTokens::AccessTokens(sql::Database& database, const Clock& clock, const SigningKeys& keys,
                           std::string issuer, std::vector<Secret> seal_secrets)
    : database_(database),
      clock_(clock),
      keys_(keys),
      issuer_(std::move(issuer)),
      seal_secrets_(std::move(seal_secrets)),
      verified_(std::make_shared<VerifiedTokens>()) {}

// Signature, type, issuer and time; what was found good before is looked up.
Result<std::shared_ptr<const VerifiedToken>> AccessTokens::check(const std::string& token) const {
  if (token.size() > jose::kMaxJwtSize) return refused("not an access token");
  auto keys = keys_.current();
  const std::string hash = crypto::sha256(token);
  auto known = verified_->find(hash);
  if (!known || keys->find(known->key_id) == nullptr) {
    auto header = jose::read_jws_header(token);
    if (!header.ok() || header->typ != "at+jwt") return refused("not an access token");
    const auto* key = keys->find(header->key_id);
    if (key == nullptr) return refused("unknown key");
    VK_TRY(JsonDocument claims, jose::verify_jws(token, *key));
    if (claims["iss"].string_or("") != issuer_) return refused("another issuer");
    known = std::make_shared<VerifiedToken>(
        VerifiedToken{read_claims(claims), std::string(claims["k"].string_or("")), header->key_id});
    if (known->token.expires_at > clock_.now_seconds()) verified_->remember(hash, known);
  }
  if (known->token.expires_at <= clock_.now_seconds()) return refused("expired");
  return known;
}

Task<Result<AccessToken>> AccessTokens::read(std::string token) const {
  CO_TRY(auto verified, check(token));
  AccessToken read = verified->token;
  CO_TRY(read.ai, open_claim(verified->sealed_ai, seal_secrets_, read.id));
  bool live = false;
  auto look_up = [&](sql::Transaction& transaction) -> Result<void> {
    VK_TRY(auto rows, transaction.run(kRevoked, {read.grant_id, read.id}));
    live = (read.grant_id.empty() || rows.front().integer(0) == 1) && rows.front().integer(1) == 0;
    return {};
  };
  CO_CHECK(co_await database_.read(std::ref(look_up)));
  if (!live) co_return refused("revoked");
  co_return read;
}

Task<Result<AccessToken>> AccessTokens::verify(std::string token, std::string resource) const {
  CO_TRY(AccessToken read_token, co_await read(std::move(token)));
  if (!apps::same_resource(read_token.audience, resource)) co_return refused("for another resource");
  co_return read_token;
}

}  // namespace valetkey::authorization
